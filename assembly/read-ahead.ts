import { dropKept, keepBuffer } from './buffers';
import { bufferBytes } from './space';

// Read-ahead of sequential readers: a pool buffer each, filled in large calls and served from in small pieces. An entry is a
// cache and nothing else: it is found by descriptor, and a reader that finds none goes on without.

/** So many readers can have one at a time, if there are buffers; beyond that the one used longest ago gives way. */
const ENTRIES: u32 = 64;
const ENTRY_BYTES: u32 = 40;
const FIRST_WINDOW_BYTES: u32 = 64 << 10;

const table = memory.data(64 * 40);

@unmanaged
export class ReadAhead {
  /** Position of the first byte in the buffer. */
  start: u64;
  used: u64;
  fd: i32;
  /** Index + 1; 0: the entry is free. */
  buffer: u32;
  filled: u32;
  /** How much the next refill asks for: it doubles with every one that goes on from the last, up to the buffer. */
  window: u32;
  /** 1 while a refill is parked in it. */
  busy: u32;
}

let clock: u64 = 0;

export function forgetReadAhead(): void {
  memory.fill(table, 0, ENTRIES * ENTRY_BYTES);
  clock = 0;
}

export function findReadAhead(fd: i32): ReadAhead | null {
  for (let index: u32 = 0; index < ENTRIES; index++) {
    const entry = entryAt(index);
    if (entry.buffer != 0 && entry.fd == fd) {
      entry.used = ++clock;
      return entry;
    }
  }
  return null;
}

/** An empty entry for a reader, or null when no buffer may be kept for it. */
export function beginReadAhead(fd: i32): ReadAhead | null {
  let free: ReadAhead | null = null;
  let oldest: ReadAhead | null = null;
  for (let index: u32 = 0; index < ENTRIES; index++) {
    const entry = entryAt(index);
    if (entry.buffer == 0) {
      if (free === null) free = entry;
    } else if (!entry.busy && (oldest === null || entry.used < oldest.used)) {
      oldest = entry;
    }
  }
  if (free !== null) {
    const buffer = keepBuffer();
    if (buffer != 0) {
      free.buffer = buffer;
      return begin(free, fd);
    }
  }
  // Its reader finds its entry gone and begins another one.
  return oldest === null ? null : begin(oldest, fd);
}

/** How much to read at `position`: more each time, as long as every refill begins where the one before it ended. */
export function nextWindow(entry: ReadAhead, position: u64): u32 {
  if (position != entry.start + entry.filled) entry.window = FIRST_WINDOW_BYTES;
  const window = entry.window;
  entry.window = min<u32>(window << 1, bufferBytes);
  return min<u32>(window, bufferBytes);
}

export function dropReadAhead(fd: i32): void {
  const entry = findReadAhead(fd);
  if (entry === null || entry.busy) return;
  dropKept(entry.buffer);
  entry.buffer = 0;
}

function begin(entry: ReadAhead, fd: i32): ReadAhead {
  entry.fd = fd;
  entry.start = 0;
  entry.filled = 0;
  entry.window = FIRST_WINDOW_BYTES;
  entry.busy = 0;
  entry.used = ++clock;
  return entry;
}

function entryAt(index: u32): ReadAhead {
  return changetype<ReadAhead>(table + index * ENTRY_BYTES);
}
