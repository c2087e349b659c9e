import {
  CONFIG_BUFFERS,
  CONFIG_BUFFER_BYTES,
  CONFIG_BUFFER_COUNT,
  CONFIG_BYTES,
  CONFIG_COMPLETIONS,
  CONFIG_COMPLETION_ENTRIES,
  CONFIG_CONTROL,
  CONFIG_END,
  CONFIG_ENTRIES,
  CONFIG_RECORDS,
  CONFIG_SLOTS,
  CONFIG_SLOT_DATA_BYTES,
  CONFIG_SUBMISSIONS,
  CONFIG_TEMP_PREFIX,
  CONFIG_TEMP_PREFIX_BYTES,
  CONFIG_VERSION,
  CONFIG_WRITERS,
  CONFIG_WRITER_COUNT,
  COMPLETION_BYTES,
  CONTROL_BYTES,
  ERRNO_SUCCESS,
  LAYOUT_VERSION,
  LINE_BYTES,
  RECORD_BYTES,
  SLOT_DATA,
  STATIC_BYTES,
  SUBMISSION_BYTES,
  WRITER_BYTES,
} from '../layout';
import { start } from '../index';
import { random_get } from './system';

// The layout that elsewhere the host works out (`host/ring/plan.ts`), for one request at a time. No thread looks at it from outside,
// so that nothing has to stand on a cache line of its own but what the layout demands.

const ENTRIES: u32 = 1;
const SLOT_DATA_ROOM: u32 = 16384;
const WRITERS: u32 = 64;
const BUFFERS: u32 = 8;
/** The most that one request carries, and what a writer gathers. */
export const BUFFER_BYTES: u32 = 1 << 18;
const COMPLETIONS: u32 = 16;

// ".holdfast-component-x": no name of a process looks like that, so that nobody takes this owner for a dead one.
const PREFIX = memory.data<u8>([
  46, 104, 111, 108, 100, 102, 97, 115, 116, 45, 99, 111, 109, 112, 111, 110, 101, 110, 116, 45, 120,
]);
const PREFIX_BYTES: u32 = 21;
const INSTANCE_BYTES: u32 = 8;
const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);
const DASH: u8 = 0x2d;

const random = memory.data(8);
let isPrepared: bool = false;

/** Lays the memory out, before the first request; the module begins with as much as this needs. */
export function prepare(): void {
  if (isPrepared) return;
  isPrepared = true;
  const config: u32 = STATIC_BYTES;
  const control = config + CONFIG_BYTES;
  const submissions = control + CONTROL_BYTES;
  const completions = submissions + LINE_BYTES * ((ENTRIES * SUBMISSION_BYTES + LINE_BYTES - 1) / LINE_BYTES);
  const slots = completions + COMPLETIONS * COMPLETION_BYTES;
  const records = slots + ENTRIES * (SLOT_DATA + SLOT_DATA_ROOM);
  const writers = records + ENTRIES * RECORD_BYTES;
  const buffers = writers + WRITERS * WRITER_BYTES;
  const end = buffers + BUFFERS * (LINE_BYTES + BUFFER_BYTES);
  store<u32>(config + CONFIG_VERSION, LAYOUT_VERSION);
  store<u32>(config + CONFIG_ENTRIES, ENTRIES);
  store<u32>(config + CONFIG_SLOT_DATA_BYTES, SLOT_DATA_ROOM);
  store<u32>(config + CONFIG_CONTROL, control);
  store<u32>(config + CONFIG_SUBMISSIONS, submissions);
  store<u32>(config + CONFIG_COMPLETIONS, completions);
  store<u32>(config + CONFIG_COMPLETION_ENTRIES, COMPLETIONS);
  store<u32>(config + CONFIG_SLOTS, slots);
  store<u32>(config + CONFIG_RECORDS, records);
  store<u32>(config + CONFIG_WRITERS, writers);
  store<u32>(config + CONFIG_WRITER_COUNT, WRITERS);
  store<u32>(config + CONFIG_BUFFERS, buffers);
  store<u32>(config + CONFIG_BUFFER_COUNT, BUFFERS);
  store<u32>(config + CONFIG_BUFFER_BYTES, BUFFER_BYTES);
  store<u32>(config + CONFIG_TEMP_PREFIX_BYTES, putPrefix(config + CONFIG_TEMP_PREFIX));
  store<u32>(config + CONFIG_END, end);
  assert(start(config) == ERRNO_SUCCESS, 'the layout does not hold together');
}

/** No two instances have the same. */
function putPrefix(at: usize): u32 {
  memory.copy(at, PREFIX, PREFIX_BYTES);
  assert(random_get(random, INSTANCE_BYTES) == ERRNO_SUCCESS, 'there are no random numbers');
  let end = at + PREFIX_BYTES;
  for (let i: u32 = 0; i < INSTANCE_BYTES; i++) {
    const byte = load<u8>(random + i);
    store<u8>(end, load<u8>(HEX + (byte >> 4)));
    store<u8>(end + 1, load<u8>(HEX + (byte & 15)));
    end += 2;
  }
  store<u8>(end, DASH);
  return u32(end + 1 - at);
}
