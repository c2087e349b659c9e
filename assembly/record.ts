import { loadWord } from './atomics';
import { Commit } from './commit-record';
import { PATH_AREA_BYTES, RECORD_BYTES, SLOT_CANCEL, SLOT_DATA } from './layout';
import { bufferAt, records, slotAt } from './space';

// The engine's own copy of a request, and the state of the machine that serves it. The slot is the host's to scribble on, so
// everything is copied here once and checked, and only the copy is used.

/** Where a request waits. */
export const IDLE: u32 = 0;
export const RUNNABLE: u32 = 1;
export const WAITING_BUFFER: u32 = 2;
export const WAITING_READY: u32 = 3;
export const WAITING_TIME: u32 = 4;
/** For the gate of a name, or for the fsync of a directory: other requests of this instance wake it. */
export const WAITING_GATE: u32 = 5;
export const WAITING_SYNC: u32 = 6;
/** For a writer that another request works on. */
export const WAITING_WRITER: u32 = 7;

// Bits of `unresolved`: the path of the record, and that of its commit.
export const UNRESOLVED_PATH: u32 = 1;
export const UNRESOLVED_TARGET: u32 = 2;

const PATH: usize = 256;
const COMMIT: usize = PATH + PATH_AREA_BYTES;

@unmanaged
export class Record {
  index: u32;
  tag: u32;
  op: u32;
  flags: u32;
  root: u32;
  pathBytes: u32;
  targetBytes: u32;
  dataBytes: u32;
  /** Buffer with the payload (index + 1, 0: none); freed when the request ends. */
  input: u32;
  handle: u32;
  offset: u64;
  length: u64;
  /** Time at which a sleeping request goes on, in nanoseconds. */
  deadline: u64;
  /** Position of the next byte of a transfer, and where it ends. */
  position: u64;
  end: u64;
  /** One of the places above. */
  place: u32;
  /** Next in the run queue: index + 1. */
  next: u32;
  state: i32;
  status: i32;
  /** Counts within one step that is done in pieces. */
  done: u32;
  /** Bytes of result in the slot's data. */
  resultBytes: u32;
  /** Descriptor that is read from; closed at the end when `owned`. */
  fd: i32;
  owned: u32;
  /** Working buffer (index + 1). */
  buffer: u32;
  /** Memory of the host that the result is read into (0: none); dropped at the end unless it was sent. */
  parcel: u32;
  /** 1 once the work is done: only releasing is left. */
  ending: u32;
  /** Writer that this request works on: index + 1, 0 for none. */
  writer: u32;
  /** 1: the writer ends with this request. */
  endsWriter: u32;
  /** 1 once the cancellation was seen. */
  cancelled: u32;
  /** UNRESOLVED_ bits: paths that may still lead through symlinks which are to be followed. */
  unresolved: u32;

  get slot(): usize { return slotAt(this.index); }
  get slotData(): usize { return slotAt(this.index) + SLOT_DATA; }
  get path(): usize { return changetype<usize>(this) + PATH; }
  get commit(): Commit { return changetype<Commit>(changetype<usize>(this) + COMMIT); }
  /** Room for raw directory entries: the paths of the commit, which a listing does not use. */
  get scratch(): usize { return this.commit.path; }
  get scratchBytes(): u32 { return 2 * PATH_AREA_BYTES; }
  /** Where the payload is. */
  get payload(): usize { return this.input != 0 ? bufferAt(this.input - 1) : this.slotData; }
}

/** Records below this were used. Behind them nothing waits, and nothing was written: that memory takes no room yet, or is what an instance before left. */
export let usedRecords: u32 = 0;

export function forgetRecords(): void {
  usedRecords = 0;
}

/** The record of a slot, which may be the first to be used of those up to it. */
export function useRecord(index: u32): Record {
  for (; usedRecords <= index; usedRecords++) {
    const record = recordAt(usedRecords);
    record.index = usedRecords;
    record.place = IDLE;
  }
  return recordAt(index);
}

// @ts-ignore: decorator
@inline
export function recordAt(index: u32): Record {
  return changetype<Record>(records + index * RECORD_BYTES);
}

/** Whether the host has taken the request back. */
export function isCancelled(record: Record): bool {
  return loadWord(record.slot + SLOT_CANCEL) == record.tag;
}
