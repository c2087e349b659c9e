import { BUFFER_BYTES } from './memory';
import {
  ERRNO_SUCCESS,
  FLAG_APPEND,
  FLAG_DIRECTORY,
  FLAG_IF_NOT_EXISTS,
  FLAG_KEEP_TOP,
  FLAG_RECURSIVE,
  FLAG_STAT,
  FLAG_SUFFIX,
  FLAG_SYNC_FILE,
  OP_COPY,
  OP_CREATE_DIRECTORY,
  OP_DELETE,
  OP_OPEN,
  OP_READ,
  OP_RENAME,
  OP_STAT,
  OP_WRITE,
  OP_WRITER_ABORT,
  OP_WRITER_CLOSE,
  OP_WRITER_OPEN,
  OP_WRITER_WRITE,
  SLOT_FLAGS,
  SLOT_RESULT_FD,
  SLOT_RESULT_HANDLE,
  SLOT_STAT,
} from '../layout';
import { conditions } from './conditions';
import { pathBytes } from './paths';
import { begin, filePath, filePaths, handle, path, payload, range, resultAt, resultBytes, run } from './request';
import { NARROW, WIDE, answer, answerBytes, answerMetadata, area, putMetadata } from './results';

// The functions of the interface `store` in `wit/storage.wit`. Parameters arrive flattened, as the canonical ABI has it.

// @ts-ignore: decorator
@external('[export]holdfast:storage/store@0.1.0', '[resource-new]reader')
declare function newReader(fd: u32): u32;
// @ts-ignore: decorator
@external('[export]holdfast:storage/store@0.1.0', '[resource-new]directory')
declare function newDirectory(fd: u32): u32;
// @ts-ignore: decorator
@external('[export]holdfast:storage/store@0.1.0', '[resource-new]writer')
declare function newWriter(handle: u32): u32;

const RANGE_FROM: u32 = 1;
const RANGE_PART: u32 = 2;
const RANGE_SUFFIX: u32 = 3;
const MODE_CREATE: u32 = 1;
const MODE_APPEND: u32 = 2;
const DURABILITY_CONTENT: u32 = 1;

export function stat(name: usize, nameBytes: u32, list: usize, count: u32): usize {
  const slot = begin(OP_STAT, 0);
  path(slot, name, nameBytes);
  conditions(slot, list, count, false);
  return answerMetadata(slot, run(slot));
}

export function read(name: usize, nameBytes: u32, part: u32, first: u64, second: u64, list: usize, count: u32): usize {
  const slot = begin(OP_READ, part == RANGE_SUFFIX ? FLAG_SUFFIX : 0);
  filePath(slot, name, nameBytes);
  if (part != 0) range(slot, first, part == RANGE_PART ? second : u64.MAX_VALUE);
  conditions(slot, list, count, false);
  const status = run(slot);
  return answerBytes(slot, status, resultAt, resultBytes);
}

/** More than one buffer full goes through a writer, as it does elsewhere. */
export function write(
  name: usize,
  nameBytes: u32,
  content: usize,
  contentBytes: u32,
  mode: u32,
  durability: u32,
  list: usize,
  count: u32,
): usize {
  const isLarge = contentBytes > BUFFER_BYTES;
  const slot = beginWrite(isLarge ? OP_WRITER_OPEN : OP_WRITE, name, nameBytes, mode, durability, list, count);
  if (!isLarge) payload(slot, content, contentBytes);
  let status = run(slot);
  if (!isLarge || status != ERRNO_SUCCESS) return answerMetadata(slot, status);
  const writer = load<u32>(slot + SLOT_RESULT_HANDLE);
  for (let done: u32 = 0; done < contentBytes && status == ERRNO_SUCCESS; done += BUFFER_BYTES) {
    status = runWriter(OP_WRITER_WRITE, writer, content + done, min<u32>(contentBytes - done, BUFFER_BYTES));
  }
  if (status != ERRNO_SUCCESS) {
    answer(slot, status, WIDE);
    runWriter(OP_WRITER_ABORT, writer, 0, 0);
    return area;
  }
  status = runWriter(OP_WRITER_CLOSE, writer, 0, 0);
  return answerMetadata(slot, status);
}

export function createDirectory(name: usize, nameBytes: u32): usize {
  const slot = begin(OP_CREATE_DIRECTORY, 0);
  path(slot, name, nameBytes);
  store<u32>(slot + SLOT_FLAGS, load<u32>(slot + SLOT_FLAGS) | FLAG_DIRECTORY);
  return answer(slot, run(slot), NARROW);
}

export function remove(name: usize, nameBytes: u32, recursive: u32): usize {
  const slot = begin(OP_DELETE, recursive ? FLAG_RECURSIVE : 0);
  path(slot, name, nameBytes);
  if (recursive && pathBytes == 0) store<u32>(slot + SLOT_FLAGS, load<u32>(slot + SLOT_FLAGS) | FLAG_KEEP_TOP);
  return answer(slot, run(slot), NARROW);
}

export function copy(from: usize, fromBytes: u32, to: usize, toBytes: u32, isNew: u32, durability: u32): usize {
  return transfer(OP_COPY, contentSync(durability), from, fromBytes, to, toBytes, isNew);
}

export function rename(from: usize, fromBytes: u32, to: usize, toBytes: u32, isNew: u32): usize {
  return transfer(OP_RENAME, 0, from, fromBytes, to, toBytes, isNew);
}

export function openReader(name: usize, nameBytes: u32, list: usize, count: u32): usize {
  const slot = begin(OP_OPEN, FLAG_STAT);
  filePath(slot, name, nameBytes);
  conditions(slot, list, count, false);
  return answerOpened(slot, run(slot), false);
}

export function openDirectory(name: usize, nameBytes: u32): usize {
  const slot = begin(OP_OPEN, FLAG_STAT);
  path(slot, name, nameBytes);
  store<u32>(slot + SLOT_FLAGS, load<u32>(slot + SLOT_FLAGS) | FLAG_DIRECTORY);
  return answerOpened(slot, run(slot), true);
}

export function openWriter(
  name: usize,
  nameBytes: u32,
  mode: u32,
  durability: u32,
  list: usize,
  count: u32,
): usize {
  const slot = beginWrite(OP_WRITER_OPEN, name, nameBytes, mode, durability, list, count);
  const status = run(slot);
  answer(slot, status, NARROW);
  if (status == ERRNO_SUCCESS) store<u32>(area + NARROW, newWriter(load<u32>(slot + SLOT_RESULT_HANDLE)));
  return area;
}

/** Runs a request of an open writer. */
export function runWriter(op: u32, writer: u32, content: usize, contentBytes: u32): i32 {
  const slot = begin(op, 0);
  handle(slot, writer);
  payload(slot, content, contentBytes);
  return run(slot);
}

function beginWrite(op: u32, name: usize, nameBytes: u32, mode: u32, durability: u32, list: usize, count: u32): usize {
  const isNew = mode == MODE_CREATE ? FLAG_IF_NOT_EXISTS : 0;
  const appends = mode == MODE_APPEND ? FLAG_APPEND : 0;
  const slot = begin(op, contentSync(durability) | isNew | appends);
  filePath(slot, name, nameBytes);
  conditions(slot, list, count, true);
  return slot;
}

function transfer(op: u32, flags: u32, from: usize, fromBytes: u32, to: usize, toBytes: u32, isNew: u32): usize {
  const slot = begin(op, flags | (isNew ? FLAG_IF_NOT_EXISTS : 0));
  filePaths(slot, from, fromBytes, to, toBytes);
  return answer(slot, run(slot), NARROW);
}

function answerOpened(slot: usize, status: i32, directory: bool): usize {
  answer(slot, status, WIDE);
  if (status != ERRNO_SUCCESS) return area;
  const fd = load<u32>(slot + SLOT_RESULT_FD);
  putMetadata(area + WIDE + 8, slot + SLOT_STAT);
  store<u32>(area + WIDE, directory ? newDirectory(fd) : newReader(fd));
  return area;
}

function contentSync(durability: u32): u32 {
  return durability == DURABILITY_CONTENT ? FLAG_SYNC_FILE : 0;
}
