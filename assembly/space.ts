import {
  CONFIG_BUFFERS,
  CONFIG_BUFFER_BYTES,
  CONFIG_BUFFER_COUNT,
  CONFIG_COMPLETIONS,
  CONFIG_COMPLETION_ENTRIES,
  CONFIG_CONTROL,
  CONFIG_END,
  CONFIG_ENTRIES,
  CONFIG_RECORDS,
  CONFIG_SLOTS,
  CONFIG_SLOT_DATA_BYTES,
  CONFIG_SPIN,
  CONFIG_SUBMISSIONS,
  CONFIG_TEMP_PREFIX,
  CONFIG_TEMP_PREFIX_BYTES,
  CONFIG_VERSION,
  CONFIG_WRITERS,
  CONFIG_WRITER_COUNT,
  COMPLETION_BYTES,
  CONTROL_BYTES,
  ERRNO_INVAL,
  ERRNO_SUCCESS,
  LAYOUT_VERSION,
  LINE_BYTES,
  RECORD_BYTES,
  SLOT_DATA,
  STATIC_BYTES,
  SUBMISSION_BYTES,
  TEMP_PREFIX_MAX_BYTES,
  WRITER_BYTES,
} from './layout';

// Where everything stands in linear memory: read once from the configuration block, checked, and constant afterwards.

export let entries: u32 = 0;
export let slotDataBytes: u32 = 0;
export let slotBytes: u32 = 0;
export let control: usize = 0;
export let submissions: usize = 0;
export let completions: usize = 0;
export let completionEntries: u32 = 0;
export let slots: usize = 0;
export let records: usize = 0;
export let writers: usize = 0;
export let writerCount: u32 = 0;
/** Owner words first, a line each, then the buffers themselves. */
export let bufferOwners: usize = 0;
export let buffers: usize = 0;
export let bufferCount: u32 = 0;
export let bufferBytes: u32 = 0;
export let spin: u32 = 0;
export let tempPrefix: usize = 0;
export let tempPrefixBytes: u32 = 0;

/** Takes the configuration over. ERRNO_INVAL when it does not hold together: the host's mistake, found before any harm. */
export function configure(config: usize): i32 {
  if (config != STATIC_BYTES || __heap_base > config) return ERRNO_INVAL;
  if (load<u32>(config + CONFIG_VERSION) != LAYOUT_VERSION) return ERRNO_INVAL;
  entries = load<u32>(config + CONFIG_ENTRIES);
  slotDataBytes = load<u32>(config + CONFIG_SLOT_DATA_BYTES);
  slotBytes = SLOT_DATA + slotDataBytes;
  submissions = load<u32>(config + CONFIG_SUBMISSIONS);
  completions = load<u32>(config + CONFIG_COMPLETIONS);
  completionEntries = load<u32>(config + CONFIG_COMPLETION_ENTRIES);
  slots = load<u32>(config + CONFIG_SLOTS);
  records = load<u32>(config + CONFIG_RECORDS);
  writers = load<u32>(config + CONFIG_WRITERS);
  writerCount = load<u32>(config + CONFIG_WRITER_COUNT);
  bufferOwners = load<u32>(config + CONFIG_BUFFERS);
  bufferCount = load<u32>(config + CONFIG_BUFFER_COUNT);
  bufferBytes = load<u32>(config + CONFIG_BUFFER_BYTES);
  buffers = bufferOwners + bufferCount * LINE_BYTES;
  spin = load<u32>(config + CONFIG_SPIN);
  tempPrefix = config + CONFIG_TEMP_PREFIX;
  tempPrefixBytes = load<u32>(config + CONFIG_TEMP_PREFIX_BYTES);

  const end = u64(load<u32>(config + CONFIG_END));
  const areas = load<u32>(config + CONFIG_CONTROL);
  if (!isPowerOfTwo(entries) || !isPowerOfTwo(completionEntries)) return ERRNO_INVAL;
  // Every slot can have one final completion and every buffer one chunk under way: the ring never overflows.
  if (completionEntries < entries + bufferCount) return ERRNO_INVAL;
  if (slotDataBytes < 4096 || (slotDataBytes & 63) != 0) return ERRNO_INVAL;
  if (writerCount == 0 || writerCount > 0xffff || bufferCount == 0) return ERRNO_INVAL;
  if (bufferBytes < slotDataBytes || tempPrefixBytes > TEMP_PREFIX_MAX_BYTES) return ERRNO_INVAL;
  if (areas < u32(config) || u64(areas) + CONTROL_BYTES > submissions) return ERRNO_INVAL;
  if (u64(submissions) + u64(entries) * SUBMISSION_BYTES > completions) return ERRNO_INVAL;
  if (u64(completions) + u64(completionEntries) * COMPLETION_BYTES > slots) return ERRNO_INVAL;
  if (u64(slots) + u64(entries) * slotBytes > records) return ERRNO_INVAL;
  if (u64(records) + u64(entries) * RECORD_BYTES > writers) return ERRNO_INVAL;
  if (u64(writers) + u64(writerCount) * WRITER_BYTES > bufferOwners) return ERRNO_INVAL;
  if (u64(buffers) + u64(bufferCount) * bufferBytes > end) return ERRNO_INVAL;
  if (end > u64(memory.size()) << 16) return ERRNO_INVAL;
  // Set last: a panic before this has nowhere to leave its words.
  control = areas;
  return ERRNO_SUCCESS;
}

// @ts-ignore: decorator
@inline
export function slotAt(index: u32): usize {
  return slots + index * slotBytes;
}

// @ts-ignore: decorator
@inline
export function bufferAt(index: u32): usize {
  return buffers + index * bufferBytes;
}

function isPowerOfTwo(value: u32): bool {
  return value != 0 && (value & (value - 1)) == 0;
}
