import { dropKept } from './buffers';
import { COMMIT_BYTES, Commit, clearCommit } from './commit-record';
import { WRITER_BYTES } from './layout';
import { Record } from './record';
import { writerCount, writers } from './space';

// Writer handles: a commit that stays open between requests, and a buffer in which small writes are gathered. A handle is
// `generation << 16 | index`, so that one that was closed finds nothing.

const FREE: u32 = 0;
const OPEN: u32 = 1;
const COMMIT: usize = 256;
const INDEX_MASK: u32 = 0xffff;

@unmanaged
export class Writer {
  index: u32;
  generation: u32;
  use: u32;
  /** 1 while a request works on it. The next one waits: the host sends one ahead at most, so that there is no order to keep. */
  busy: u32;
  /** FLAG_ bits that it was opened with. */
  flags: u32;
  /** 1 when something was written since the last flush. */
  dirty: u32;
  /** Buffer (index + 1) with gathered bytes, 0: none could be kept, and every write goes out by itself. */
  gather: u32;
  gathered: u32;
  /** First error: everything but abort answers with it from then on. */
  poison: i32;

  get commit(): Commit { return changetype<Commit>(changetype<usize>(this) + COMMIT); }
  get handle(): u32 { return (this.generation << 16) | this.index; }
}

let next: u32 = 0;
/** So many were ever taken: what is behind them was never written, and its memory takes no room yet. */
let made: u32 = 0;
/** Writers that a request let go of since the loop looked last. */
export let writersLeft: u32 = 0;

export function forgetWriters(): void {
  next = 0;
  made = 0;
  writersLeft = 0;
  assert(COMMIT + COMMIT_BYTES <= WRITER_BYTES, 'a writer does not fit its room');
}

/** A free writer, or null when all are in use. */
export function takeWriter(): Writer | null {
  for (let tries: u32 = 0; tries < writerCount; tries++) {
    if (next == made) makeWriter(made++);
    const writer = writerAt(next);
    next = next + 1 == writerCount ? 0 : next + 1;
    if (writer.use != FREE) continue;
    writer.use = OPEN;
    writer.generation = (writer.generation + 1) & INDEX_MASK;
    writer.busy = 0;
    writer.gather = 0;
    writer.gathered = 0;
    writer.poison = 0;
    writer.flags = 0;
    writer.dirty = 0;
    clearCommit(writer.commit);
    return writer;
  }
  return null;
}

/** The open writer behind a handle, or null when it is closed or unknown. */
export function findWriter(handle: u32): Writer | null {
  const index = handle & INDEX_MASK;
  if (index >= made) return null;
  const writer = writerAt(index);
  if (writer.use != OPEN || writer.generation != handle >> 16) return null;
  return writer;
}

/** The request that worked on it has ended. */
export function leaveWriter(writer: Writer): void {
  writer.busy = 0;
  writersLeft++;
}

export function forgetWritersLeft(): void {
  writersLeft = 0;
}

/** The commit must be finished or abandoned before. */
export function freeWriter(writer: Writer): void {
  leaveWriter(writer);
  if (writer.gather != 0) dropKept(writer.gather);
  writer.gather = 0;
  writer.use = FREE;
}

/** The commit that a request works on: its own, or that of the writer that it holds. */
export function commitOf(record: Record): Commit {
  return record.writer != 0 ? writerAt(record.writer - 1).commit : record.commit;
}

/** The memory may have been that of an instance before. */
function makeWriter(index: u32): void {
  const writer = writerAt(index);
  writer.index = index;
  writer.generation = 0;
  writer.use = FREE;
}

// @ts-ignore: decorator
@inline
export function writerAt(index: u32): Writer {
  return changetype<Writer>(writers + index * WRITER_BYTES);
}
