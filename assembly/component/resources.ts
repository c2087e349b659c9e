import {
  ERRNO_SUCCESS,
  FLAG_STAT,
  LIST_ENTRY_NAME,
  LIST_ENTRY_NAME_BYTES,
  LIST_ENTRY_STAT,
  OP_CLOSE,
  OP_LIST,
  OP_READ_AT,
  OP_WRITER_ABORT,
  OP_WRITER_CLOSE,
  OP_WRITER_FLUSH,
  OP_WRITER_WRITE,
  SLOT_RESULT_TOTAL,
} from '../layout';
import { slotAt } from '../space';
import { allocate } from './arena';
import { BUFFER_BYTES } from './memory';
import { RESULT_MAX_BYTES, begin, descriptor, range, resultAt, resultBytes, run } from './request';
import { METADATA_BYTES, NARROW, WIDE, answer, answerBytes, answerMetadata, area, putMetadata } from './results';
import { runWriter } from './store';

// Methods of the resources of `wit/storage.wit`. A reader and a directory are their descriptor, a writer is its handle.

/** Name (pointer and length), then metadata. */
const ENTRY_BYTES: u32 = 8 + METADATA_BYTES;

export function readReader(fd: u32, offset: u64, length: u64): usize {
  const slot = begin(OP_READ_AT, 0);
  descriptor(slot, fd);
  range(slot, offset, min<u64>(length, RESULT_MAX_BYTES));
  const status = run(slot);
  return answerBytes(slot, status, resultAt, resultBytes);
}

export function pageDirectory(fd: u32, cursor: u64): usize {
  const slot = begin(OP_LIST, FLAG_STAT);
  descriptor(slot, fd);
  range(slot, cursor, u64.MAX_VALUE);
  const status = run(slot);
  if (status != ERRNO_SUCCESS) return answer(slot, status, WIDE);
  const next = load<u64>(slot + SLOT_RESULT_TOTAL);
  const end = resultAt + resultBytes;
  let count: u32 = 0;
  for (let at = resultAt; at < end; at = after(at)) count++;
  const entries = allocate(count * ENTRY_BYTES, 8);
  let entry = entries;
  for (let at = resultAt; at < end; at = after(at)) {
    // The name stays where it is.
    store<u32>(entry, u32(at + LIST_ENTRY_NAME));
    store<u32>(entry + 4, load<u32>(at + LIST_ENTRY_NAME_BYTES));
    putMetadata(entry + 8, at + LIST_ENTRY_STAT);
    entry += ENTRY_BYTES;
  }
  answer(slot, status, WIDE);
  store<u32>(area + WIDE, u32(entries));
  store<u32>(area + WIDE + 4, count);
  store<u64>(area + WIDE + 8, next);
  return area;
}

export function closeReader(fd: u32): void {
  close(fd);
}

export function closeDirectory(fd: u32): void {
  close(fd);
}

/** A writer that was closed or aborted is dropped like any other: its handle finds nothing any more. */
export function dropWriter(writer: u32): void {
  abortWriter(writer);
}

function close(fd: u32): void {
  const slot = begin(OP_CLOSE, 0);
  descriptor(slot, fd);
  run(slot);
}

export function writeWriter(writer: u32, content: usize, contentBytes: u32): usize {
  let status: i32 = ERRNO_SUCCESS;
  for (let done: u32 = 0; done < contentBytes && status == ERRNO_SUCCESS; done += BUFFER_BYTES) {
    status = runWriter(OP_WRITER_WRITE, writer, content + done, min<u32>(contentBytes - done, BUFFER_BYTES));
  }
  return answer(slotAt(0), status, NARROW);
}

export function flushWriter(writer: u32): usize {
  const status = runWriter(OP_WRITER_FLUSH, writer, 0, 0);
  return answer(slotAt(0), status, NARROW);
}

export function closeWriter(writer: u32): usize {
  const status = runWriter(OP_WRITER_CLOSE, writer, 0, 0);
  return answerMetadata(slotAt(0), status);
}

export function abortWriter(writer: u32): void {
  runWriter(OP_WRITER_ABORT, writer, 0, 0);
}

function after(entry: usize): usize {
  return entry + ((LIST_ENTRY_NAME + load<u32>(entry + LIST_ENTRY_NAME_BYTES) + 7) & ~7);
}
