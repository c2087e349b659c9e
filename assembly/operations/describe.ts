import { ERRNO_AGAIN, ERRNO_SUCCESS, STATUS_MALFORMED } from '../layout';
import { DONE, PARK, YIELD } from '../outcome';
import { Record } from '../record';
import { directory_describe } from '../wasi';

// Fills in, where it stands, what stat says of each name of a page. The directory is found by its path and not by the descriptor that the page
// was read from: another thread reads on there, and may close it.
//
//   record.done      bytes of entries that are filled in

const BEGIN: i32 = 0;
const FILLED: i32 = 1;

const described = memory.data(4);

export function describe(record: Record): i32 {
  if (record.state == BEGIN) {
    // It is filled in where its entries were read into, and that is the slot.
    if (record.input != 0) return fail(record, STATUS_MALFORMED);
    record.done = 0;
    record.state = FILLED;
  }
  const left = record.dataBytes - record.done;
  if (left == 0) {
    record.resultBytes = record.dataBytes;
    return DONE;
  }
  const entries = record.slotData + record.done;
  const errno = directory_describe(record.root, record.path, record.pathBytes, record.offset, entries, left, described);
  if (errno == ERRNO_AGAIN) return PARK;
  if (errno != ERRNO_SUCCESS) return fail(record, errno);
  const filled = load<u32>(described);
  // None would be for ever.
  if (filled == 0 || filled > left) return fail(record, STATUS_MALFORMED);
  record.done += filled;
  return YIELD;
}

function fail(record: Record, status: i32): i32 {
  record.resultBytes = 0;
  record.status = status;
  return DONE;
}
