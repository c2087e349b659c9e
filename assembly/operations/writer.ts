import { CONDITIONS_BYTES, CONDITION_FLAGS } from '../conditions';
import { keepBuffer } from '../buffers';
import { read, result } from '../calls';
import {
  abandonCommit,
  beginNextAppend,
  beginSpooledAppend,
  dropSpool,
  finishCommit,
  openCommit,
  probeAppend,
  progress,
  syncCommit,
  writeCommit,
} from '../commit';
import { Commit, failCommit } from '../commit-record';
import { announceSync } from '../file-sync';
import {
  ERRNO_AGAIN,
  ERRNO_CANCELED,
  ERRNO_IO,
  ERRNO_SUCCESS,
  FLAG_APPEND,
  FLAG_IF_NOT_EXISTS,
  FLAG_SYNC_FILE,
  NONCE_BYTES,
  OP_WRITER_CLOSE,
  OP_WRITER_FLUSH,
  OP_WRITER_OPEN,
  OP_WRITER_WRITE,
  STATUS_MALFORMED,
  STATUS_NO_HANDLE,
} from '../layout';
import { DONE, PARK, WAIT_WRITER, YIELD } from '../outcome';
import { Record } from '../record';
import { replyHandle, replyStat, replyTotal } from '../reply';
import { bufferAt, bufferBytes, slotDataBytes } from '../space';
import { Writer, findWriter, freeWriter, leaveWriter, takeWriter, writerAt } from '../writer';

// The buffered write path: small writes are gathered in a pool buffer and leave in large calls, for a temporary file; large ones leave
// from where the host put them, which saves a copy. Closing the
// writer of a whole file gives that file its name. One that appends keeps everything to itself until it is flushed or closed, and
// then appends all of it at once: what fitted the buffer from there, more from the temporary file.
//
//   record.state     what stands before the payload, then the payload, then the end
//   record.position  within one append: begin, spool, open, [read, write ...], finish, drop

const GATHERED: i32 = 0;
const GATHER: i32 = 1;
const PAYLOAD: i32 = 2;
const FINISH: i32 = 3;
/** All that was gathered is written, and its fsync comes next. */
const ANNOUNCED: i32 = 4;

const APPEND_BEGIN: u64 = 0;
const APPEND_SPOOL: u64 = 1;
const APPEND_OPEN: u64 = 2;
const APPEND_READ: u64 = 3;
const APPEND_WRITE: u64 = 4;
const APPEND_FINISH: u64 = 5;
const APPEND_DROP: u64 = 6;

/** From so many bytes on a write is not gathered: to copy it would take longer than the call that it saves. */
const LARGE_BYTES: u32 = 64 << 10;

/** So much is copied out of a spool in one turn. */
const SPOOL_TURN_BYTES: u64 = 512 << 10;

/** Takes a handle and opens its file. */
export function openWriter(record: Record): i32 {
  if (record.writer == 0) {
    const taken = takeWriter();
    if (taken === null) {
      record.status = STATUS_NO_HANDLE;
      return DONE;
    }
    moveCommit(record.commit, taken.commit);
    taken.flags = record.flags;
    hold(record, taken);
  }
  const writer = writerAt(record.writer - 1);
  const commit = writer.commit;
  const outcome = appends(writer) ? probeAppend(commit) : openCommit(commit);
  if (outcome != DONE) return outcome;
  if (commit.status != ERRNO_SUCCESS) return end(record, commit.status);
  // Until there is something to append the commit is that of a temporary file.
  if (appends(writer)) commit.flags = 0;
  replyHandle(record, writer.handle);
  replyTotal(record, commit.written);
  return DONE;
}

/** The writer that the request names, held until the request ends; an unknown one is malformed, a busy one is waited for. */
export function useWriter(record: Record): i32 {
  if (record.writer == 0) {
    const found = findWriter(record.handle);
    if (found === null) {
      record.status = STATUS_MALFORMED;
      return DONE;
    }
    if (found.busy) return WAIT_WRITER;
    hold(record, found);
    // The phase that the commit sets is that of the request at hand.
    found.commit.slot = record.slot;
    record.position = APPEND_BEGIN;
  }
  const writer = writerAt(record.writer - 1);
  switch (record.op) {
    case OP_WRITER_WRITE: return writeWriter(record, writer);
    case OP_WRITER_FLUSH: return flushWriter(record, writer);
    case OP_WRITER_CLOSE: return closeWriter(record, writer);
    default: return end(record, ERRNO_SUCCESS);
  }
}

/** Lets go of the writer at the end of a request. A failed one leaves nothing behind, whether it ends or waits to be closed. */
export function releaseWriter(record: Record): i32 {
  const writer = writerAt(record.writer - 1);
  if (record.cancelled || (record.op == OP_WRITER_OPEN && record.status != ERRNO_SUCCESS)) {
    // Nobody knows how much of a cancelled write was taken.
    writer.poison = ERRNO_CANCELED;
    if (record.op == OP_WRITER_OPEN || record.op == OP_WRITER_CLOSE) record.endsWriter = 1;
  }
  if (record.endsWriter || writer.poison != ERRNO_SUCCESS) {
    const outcome = abandonCommit(writer.commit);
    if (outcome != DONE) return outcome;
  }
  if (record.endsWriter) freeWriter(writer);
  else leaveWriter(writer);
  record.writer = 0;
  return DONE;
}

/**
 * Gathers the payload, or writes it out when it is large or when there is no buffer to gather in. One that appends gathers whatever it
 * has room for: it has no file yet, and needs none as long as the buffer takes everything.
 */
function writeWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
  writer.dirty = 1;
  const gathers = appends(writer) || record.dataBytes < LARGE_BYTES;
  if (record.state == GATHERED) {
    if (gathers && writer.gather == 0) writer.gather = keepBuffer();
    const room: u32 = writer.gather == 0 ? 0 : bufferBytes - writer.gathered;
    if (gathers && record.dataBytes <= room) return gather(record, writer);
    const outcome = writeGathered(record, writer);
    if (outcome != DONE) return outcome;
    if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
    record.state = GATHER;
  }
  if (record.state == GATHER) {
    if (gathers && writer.gather != 0 && record.dataBytes < bufferBytes) return gather(record, writer);
    record.state = PAYLOAD;
    record.done = 0;
  }
  const outcome = writeOut(record, writer, record.payload, record.dataBytes);
  return outcome == DONE ? refuse(record, writer) : outcome;
}

/**
 * What was written goes to the file, and to the disk if the writer is durable. Of an append everybody sees it from then on; a
 * whole file gets its name when it is closed.
 */
function flushWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
  if (!writer.dirty) return DONE;
  const outcome = appends(writer) ? publish(record, writer) : flushFile(record, writer);
  if (outcome != DONE) return outcome;
  if (writer.poison == ERRNO_SUCCESS) writer.dirty = 0;
  return refuse(record, writer);
}

/** Writes out what is left and gives the content its name. The handle ends, also when this fails. */
function closeWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return end(record, writer.poison);
  const outcome = appends(writer) ? publish(record, writer) : closeFile(record, writer);
  if (outcome != DONE) return outcome;
  if (writer.poison == ERRNO_SUCCESS) replyStat(record, writer.commit.stat);
  return end(record, writer.poison);
}

/** The handle ends with this request. */
function end(record: Record, status: i32): i32 {
  record.status = status;
  record.endsWriter = 1;
  return DONE;
}

function hold(record: Record, writer: Writer): void {
  writer.busy = 1;
  record.writer = writer.index + 1;
}

function appends(writer: Writer): bool {
  return (writer.flags & FLAG_APPEND) != 0;
}

function gather(record: Record, writer: Writer): i32 {
  memory.copy(bufferAt(writer.gather - 1) + writer.gathered, record.payload, record.dataBytes);
  writer.gathered += record.dataBytes;
  return DONE;
}

function writeGathered(record: Record, writer: Writer): i32 {
  if (writer.gathered == 0) return DONE;
  const outcome = writeOut(record, writer, bufferAt(writer.gather - 1), writer.gathered);
  if (outcome == DONE) writer.gathered = 0;
  return outcome;
}

/** Into the temporary file, which one that appends does not have from the beginning. DONE with the writer's poison. */
function writeOut(record: Record, writer: Writer, source: usize, bytes: u32): i32 {
  const commit = writer.commit;
  let outcome = openCommit(commit);
  if (outcome == DONE && commit.status == ERRNO_SUCCESS) {
    outcome = writeCommit(commit, source, bytes, record.done);
    record.done = progress;
  }
  if (outcome != DONE) return outcome;
  record.done = 0;
  writer.poison = commit.status;
  return DONE;
}

function flushFile(record: Record, writer: Writer): i32 {
  if (record.state != ANNOUNCED) {
    const outcome = writeGathered(record, writer);
    if (outcome != DONE || writer.poison != ERRNO_SUCCESS || !(writer.flags & FLAG_SYNC_FILE)) return outcome;
    if (announceSync(writer.commit.fd) == ERRNO_AGAIN) return PARK;
    record.state = ANNOUNCED;
    return YIELD;
  }
  const outcome = syncCommit(writer.commit);
  if (outcome == DONE) writer.poison = writer.commit.status;
  return outcome;
}

function closeFile(record: Record, writer: Writer): i32 {
  let outcome = DONE;
  if (record.state != FINISH) {
    outcome = writeGathered(record, writer);
    if (outcome != DONE || writer.poison != ERRNO_SUCCESS) return outcome;
    record.state = FINISH;
  }
  outcome = finishCommit(writer.commit);
  if (outcome == DONE) writer.poison = writer.commit.status;
  return outcome;
}

/**
 * Appends whatever was written since the last time, at once; nothing too, because then the file must at least exist. Takes no
 * buffer: those who wait for the lock may hold them all. DONE with the writer's poison.
 */
function publish(record: Record, writer: Writer): i32 {
  const commit = writer.commit;
  while (commit.status == ERRNO_SUCCESS) {
    let outcome = DONE;
    switch (record.position) {
      case APPEND_BEGIN:
        // What is in the temporary file stands before what was gathered.
        if (!commit.named) {
          commit.flags = writer.flags;
          record.position = APPEND_OPEN;
          continue;
        }
        break;
      case APPEND_SPOOL:
        outcome = writeGathered(record, writer);
        if (outcome == DONE && commit.status == ERRNO_SUCCESS) {
          record.end = commit.written;
          record.offset = 0;
          beginSpooledAppend(commit, writer.flags);
        }
        break;
      case APPEND_OPEN:
        outcome = openCommit(commit);
        if (outcome == DONE && commit.spool < 0) record.position = APPEND_READ;
        break;
      case APPEND_READ: {
        const errno = read(commit.spool, record.slotData, u32(min<u64>(record.end - record.offset, slotDataBytes)), record.offset);
        if (errno == ERRNO_AGAIN) return PARK;
        // Nobody but us has it: an end before its end is a broken disk.
        if (errno != ERRNO_SUCCESS || result == 0) failCommit(commit, errno == ERRNO_SUCCESS ? ERRNO_IO : errno);
        record.dataBytes = result;
        break;
      }
      case APPEND_WRITE: {
        const source: usize = commit.spool >= 0 ? record.slotData : writer.gather == 0 ? 0 : bufferAt(writer.gather - 1);
        outcome = writeCommit(commit, source, commit.spool >= 0 ? record.dataBytes : writer.gathered, record.done);
        record.done = progress;
        if (outcome != DONE || commit.status != ERRNO_SUCCESS) break;
        record.done = 0;
        if (commit.spool < 0) break;
        record.offset += record.dataBytes;
        if (record.offset == record.end) break;
        record.position = APPEND_READ;
        if (record.offset % SPOOL_TURN_BYTES == 0) return YIELD;
        continue;
      }
      case APPEND_FINISH:
        outcome = finishCommit(commit);
        break;
      default:
        outcome = dropSpool(commit);
        if (outcome == DONE) return endAppend(record, writer);
        break;
    }
    if (outcome != DONE) return outcome;
    record.position++;
  }
  return endAppend(record, writer);
}

/** What comes next is another append: the conditions were about what was there before this one. */
function endAppend(record: Record, writer: Writer): i32 {
  record.position = APPEND_BEGIN;
  writer.poison = writer.commit.status;
  if (writer.poison != ERRNO_SUCCESS) return DONE;
  writer.gathered = 0;
  writer.flags &= ~(CONDITION_FLAGS | FLAG_IF_NOT_EXISTS);
  beginNextAppend(writer.commit);
  return DONE;
}

function refuse(record: Record, writer: Writer): i32 {
  record.status = writer.poison;
  return DONE;
}

/** The request's commit becomes the writer's: flags, conditions and path are all it has so far. */
function moveCommit(source: Commit, target: Commit): void {
  target.root = source.root;
  target.flags = source.flags;
  target.slot = source.slot;
  target.pathBytes = source.pathBytes;
  memory.copy(target.conditions, source.conditions, CONDITIONS_BYTES);
  memory.copy(target.nonce, source.nonce, NONCE_BYTES);
  memory.copy(target.path, source.path, source.pathBytes);
}
