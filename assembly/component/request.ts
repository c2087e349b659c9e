import { handBuffer, takeBuffer } from '../buffers';
import {
  BUFFER_FREE,
  COMPLETION_BYTES,
  COMPLETION_CHUNK,
  COMPLETION_COUNT,
  COMPLETION_KIND,
  CONTROL_ATTENTION,
  CONTROL_COMPLETION_TAIL,
  CONTROL_SUBMISSION_TAIL,
  ERRNO_ISDIR,
  ERRNO_SUCCESS,
  FLAG_DIRECTORY,
  LINE_BYTES,
  NONCE_BYTES,
  PATH_MAX_BYTES,
  SLOT_BUFFER,
  SLOT_CANCEL,
  SLOT_DATA,
  SLOT_DATA_BYTES,
  SLOT_FD,
  SLOT_FLAGS,
  SLOT_HANDLE,
  SLOT_LENGTH,
  SLOT_NONCE,
  SLOT_OFFSET,
  SLOT_OP,
  SLOT_PATH,
  SLOT_PATH_BYTES,
  SLOT_READY,
  SLOT_RESULT_TOTAL,
  SLOT_ROOT,
  SLOT_STATUS,
  SLOT_TAG,
  SLOT_TARGET_BYTES,
} from '../layout';
import { openDirectory, result } from '../calls';
import { pollOnce } from '../loop';
import { bufferAt, bufferOwners, completionEntries, completions, control, slotAt, slotDataBytes } from '../space';
import { cabi_realloc } from './arena';
import { prepare } from './memory';
import { isDirectory, pathBytes, putPath } from './paths';
import { random_get, sleep } from './system';

// What elsewhere the host does: a request goes into the slot, the engine works until it has ended, and its result is collected.

/** The first directory that the component was given. */
const PREOPEN: u32 = 3;
/** A result stands in memory in one piece, and there may be no more than this of it. */
export const RESULT_MAX_BYTES: u64 = 64 << 20;
/** The path cannot be used; or the result would be too large. Beyond what the engine answers. */
export const STATUS_PATH: i32 = 300;
export const STATUS_TOO_LARGE: i32 = 301;
/** An import that was not ready is asked again after this. */
const AGAIN_MS: i32 = 1;


/** The result of the request that ended last. */
export let resultAt: usize = 0;
export let resultBytes: u32 = 0;

/** The same, opened: what a preopen itself can do differs from runtime to runtime. */
let root: u32 = 0;
let tag: u32 = 0;
let taken: u32 = 0;
let refused: i32 = ERRNO_SUCCESS;

/** The slot, with a new request without a path in it. */
export function begin(op: u32, flags: u32): usize {
  prepare();
  const slot = slotAt(0);
  refused = root == 0 ? openRoot() : ERRNO_SUCCESS;
  memory.fill(slot, 0, SLOT_PATH);
  store<u32>(slot + SLOT_OP, op);
  store<u32>(slot + SLOT_TAG, ++tag);
  store<u32>(slot + SLOT_FLAGS, flags);
  store<u32>(slot + SLOT_ROOT, root);
  store<u64>(slot + SLOT_LENGTH, u64.MAX_VALUE);
  return slot;
}

export function path(slot: usize, source: usize, bytes: u32): void {
  if (!putPath(slot + SLOT_PATH, PATH_MAX_BYTES, source, bytes)) refuse(STATUS_PATH);
  store<u32>(slot + SLOT_PATH_BYTES, pathBytes);
  if (isDirectory) store<u32>(slot + SLOT_FLAGS, load<u32>(slot + SLOT_FLAGS) | FLAG_DIRECTORY);
}

/** The path of a file: one that ends in a slash is a directory's. */
export function filePath(slot: usize, source: usize, bytes: u32): void {
  path(slot, source, bytes);
  if (isDirectory) refuse(ERRNO_ISDIR);
}

/** Both paths of copy and rename. What cannot be a path at all is said first, as elsewhere. */
export function filePaths(slot: usize, from: usize, fromBytes: u32, to: usize, toBytes: u32): void {
  path(slot, from, fromBytes);
  const isFromDirectory = isDirectory;
  if (!putPath(slot + SLOT_DATA, PATH_MAX_BYTES, to, toBytes)) refuse(STATUS_PATH);
  store<u32>(slot + SLOT_TARGET_BYTES, pathBytes);
  if (isFromDirectory || isDirectory) refuse(ERRNO_ISDIR);
}

/** At most a buffer full. A request that is refused takes no buffer: nobody would give it back. */
export function payload(slot: usize, source: usize, bytes: u32): void {
  if (refused != ERRNO_SUCCESS) return;
  store<u32>(slot + SLOT_DATA_BYTES, bytes);
  if (bytes <= slotDataBytes) {
    memory.copy(slot + SLOT_DATA, source, bytes);
    return;
  }
  const buffer = takeBuffer();
  // Between two requests only the quarter is in use that writers may keep.
  assert(buffer != 0, 'no buffer is free');
  memory.copy(bufferAt(buffer - 1), source, bytes);
  handBuffer(buffer);
  store<u32>(slot + SLOT_BUFFER, buffer);
}

export function range(slot: usize, offset: u64, length: u64): void {
  store<u64>(slot + SLOT_OFFSET, offset);
  store<u64>(slot + SLOT_LENGTH, length);
}

export function descriptor(slot: usize, fd: u32): void {
  store<u32>(slot + SLOT_FD, fd);
}

export function handle(slot: usize, writer: u32): void {
  store<u32>(slot + SLOT_HANDLE, writer);
}

/** Runs the request to its end: its status. */
export function run(slot: usize): i32 {
  resultAt = 0;
  resultBytes = 0;
  if (refused != ERRNO_SUCCESS) return refused;
  random_get(slot + SLOT_NONCE, NONCE_BYTES);
  // The ring has one place, and it holds the index of the one slot, 0.
  store<u32>(control + CONTROL_SUBMISSION_TAIL, load<u32>(control + CONTROL_SUBMISSION_TAIL) + 1);
  let tooLarge = false;
  while (true) {
    const milliseconds = pollOnce();
    while (load<u32>(control + CONTROL_COMPLETION_TAIL) != taken) {
      const entry = completions + (taken & (completionEntries - 1)) * COMPLETION_BYTES;
      const kind = load<u32>(entry + COMPLETION_KIND);
      const count = load<u32>(entry + COMPLETION_COUNT);
      taken++;
      if ((kind & 0xff) != COMPLETION_CHUNK) {
        if (count != 0) collect(slot + SLOT_DATA, count);
        return tooLarge ? STATUS_TOO_LARGE : load<i32>(slot + SLOT_STATUS);
      }
      if (!tooLarge && load<u64>(slot + SLOT_RESULT_TOTAL) > RESULT_MAX_BYTES) {
        tooLarge = true;
        cancel(slot);
      }
      if (!tooLarge) {
        collect(bufferAt((kind >> 8) - 1), count);
      }
      release(kind >> 8);
    }
    if (milliseconds >= 0) {
      sleep(milliseconds);
    } else {
      sleep(AGAIN_MS);
      store<u32>(slot + SLOT_READY, 1);
      attend();
    }
  }
}

/** What is refused first is what the caller hears. */
function refuse(status: i32): void {
  if (refused == ERRNO_SUCCESS) refused = status;
}

function openRoot(): i32 {
  const errno = openDirectory(PREOPEN, 0, 0);
  if (errno == ERRNO_SUCCESS) root = result;
  return errno;
}

function collect(source: usize, count: u32): void {
  resultAt = cabi_realloc(resultAt, resultBytes, 8, resultBytes + count);
  memory.copy(resultAt + resultBytes, source, count);
  resultBytes += count;
}

function cancel(slot: usize): void {
  store<u32>(slot + SLOT_CANCEL, tag);
  attend();
}

function attend(): void {
  store<u32>(control + CONTROL_ATTENTION, load<u32>(control + CONTROL_ATTENTION) + 1);
}

function release(buffer: u32): void {
  store<u32>(bufferOwners + (buffer - 1) * LINE_BYTES, BUFFER_FREE);
}
