import { addWord, loadWord, notifyWord, storeWord } from './atomics';
import { handBuffer } from './buffers';
import {
  COMPLETION_BYTES,
  COMPLETION_CHUNK,
  COMPLETION_COUNT,
  COMPLETION_DONE,
  COMPLETION_KIND,
  COMPLETION_SLOT,
  COMPLETION_TAG,
  CONTROL_ARMED,
  CONTROL_BELL,
  CONTROL_COMPLETION_TAIL,
  ERRNO_SUCCESS,
  FILESTAT_BYTES,
  SLOT_MEANING,
  SLOT_OP,
  SLOT_RESULT_FD,
  SLOT_RESULT_HANDLE,
  SLOT_RESULT_TOTAL,
  SLOT_STAT,
  SLOT_STATUS,
} from './layout';
import { meaningOf } from './meanings';
import { Record } from './record';
import { completionEntries, completions, control } from './space';

// The way back to the host: results in the slot, completions in the ring, the bell.

/** Completions that are rung for at once while a long batch is still running. */
const RING_AFTER: u32 = 16;

let tail: u32 = 0;
let silent: u32 = 0;

export function forgetReplies(): void {
  tail = 0;
  silent = 0;
}

export function replyStat(record: Record, stat: usize): void {
  memory.copy(record.slot + SLOT_STAT, stat, FILESTAT_BYTES);
}

export function replyTotal(record: Record, total: u64): void {
  store<u64>(record.slot + SLOT_RESULT_TOTAL, total);
}

export function replyDescriptor(record: Record, fd: u32): void {
  store<u32>(record.slot + SLOT_RESULT_FD, fd);
}

export function replyHandle(record: Record, handle: u32): void {
  store<u32>(record.slot + SLOT_RESULT_HANDLE, handle);
}

/** The next `count` bytes of the result are in a buffer, which is the host's from now on. */
export function postChunk(record: Record, buffer: u32, count: u32): void {
  handBuffer(buffer);
  post(record.index, record.tag, COMPLETION_CHUNK | (buffer << 8), count);
}

export function postDone(record: Record): void {
  storeStatus(record.slot, record.status);
  post(record.index, record.tag, COMPLETION_DONE, record.resultBytes);
}

export function postMalformed(index: u32, tag: u32, slot: usize, status: i32): void {
  storeStatus(slot, status);
  post(index, tag, COMPLETION_DONE, 0);
}

/** A host that has no words for a status finds them here. */
function storeStatus(slot: usize, status: i32): void {
  store<u32>(slot + SLOT_STATUS, status);
  if (status != ERRNO_SUCCESS) store<usize>(slot + SLOT_MEANING, changetype<usize>(meaningOf(status, load<u32>(slot + SLOT_OP))));
}

function post(index: u32, tag: u32, kind: u32, count: u32): void {
  const entry = completions + (tail & (completionEntries - 1)) * COMPLETION_BYTES;
  store<u32>(entry + COMPLETION_SLOT, index);
  store<u32>(entry + COMPLETION_TAG, tag);
  store<u32>(entry + COMPLETION_KIND, kind);
  store<u32>(entry + COMPLETION_COUNT, count);
  tail++;
  // The tail is stored last: whoever sees it sees the entry and the result.
  storeWord(control + CONTROL_COMPLETION_TAIL, tail);
  silent++;
  if (silent >= RING_AFTER) ringBell();
}

/** The completion that is posted next took so long that the host hears of it at once, while others are at work. */
export function ringWithNext(): void {
  silent = RING_AFTER;
}

/** Wakes the host if it waits. It arms itself and looks once more before it trusts the bell, so no wake-up is lost. */
export function ringBell(): void {
  if (silent == 0) return;
  silent = 0;
  if (loadWord(control + CONTROL_ARMED) == 0) return;
  storeWord(control + CONTROL_ARMED, 0);
  addWord(control + CONTROL_BELL, 1);
  notifyWord(control + CONTROL_BELL);
}
