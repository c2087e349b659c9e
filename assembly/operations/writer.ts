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
import {
  ERRNO_AGAIN,
  ERRNO_CANCELED,
  ERRNO_IO,
  ERRNO_SUCCESS,
  FLAG_APPEND,
  FLAG_IF_NOT_EXISTS,
  FLAG_MORE,
  FLAG_SYNC_DIRECTORY,
  FLAG_SYNC_FILE,
  NONCE_BYTES,
  OP_WRITER_CLOSE,
  OP_WRITER_FLUSH,
  OP_WRITER_OPEN,
  OP_WRITER_WRITE,
  STATUS_MALFORMED,
  STATUS_NO_HANDLE,
} from '../layout';
import { DONE, PARK, YIELD } from '../outcome';
import { Record } from '../record';
import { replyHandle, replyStat, replyTotal } from '../reply';
import { bufferAt, bufferBytes, slotDataBytes } from '../space';
import { Writer, findWriter, freeWriter, takeWriter, writerAt } from '../writer';

// The buffered write path: small writes are gathered in a pool buffer and leave in large calls. A writer of a whole file keeps
// its temporary file open until it is closed. One that appends opens, locks and closes the file each time it has something
// for it: never for less than a whole call of the user's, and never in the middle of somebody else's. A call that comes in
// several requests is spooled in a temporary file until all of it is there.
//
//   record.state     what stands before the payload, then the payload, then the end
//   record.position  within one piece of content: open, content, and further on for what was spooled

const GATHERED: i32 = 0;
const GATHER: i32 = 1;
const PAYLOAD: i32 = 2;
const FINISH: i32 = 3;

const PIECE_OPEN: u64 = 0;
const PIECE_CONTENT: u64 = 1;
const PIECE_FINISH: u64 = 2;
const SPOOL_APPEND: u64 = 3;
const SPOOL_READ: u64 = 4;
const SPOOL_WRITE: u64 = 5;
const SPOOL_FINISH: u64 = 6;
const SPOOL_DROP: u64 = 7;

/** So much is copied out of a spool in one turn. */
const SPOOL_TURN_BYTES: u64 = 512 << 10;

const SYNC_FLAGS: u32 = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;

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
  // What is made durable is for each write of an append to say.
  if (appends(writer)) commit.flags &= ~SYNC_FLAGS;
  replyHandle(record, writer.handle);
  replyTotal(record, commit.written);
  return DONE;
}

/** The writer that the request names, held until the request ends; an unknown or busy one is malformed. */
export function useWriter(record: Record): i32 {
  if (record.writer == 0) {
    const found = findWriter(record.handle);
    if (found === null) {
      record.status = STATUS_MALFORMED;
      return DONE;
    }
    hold(record, found);
    // The phase that the commit sets is that of the request at hand.
    found.commit.slot = record.slot;
    record.position = PIECE_OPEN;
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
  else writer.busy = 0;
  record.writer = 0;
  return DONE;
}

/** Gathers the payload, or writes it out when it is large or when there is no buffer to gather in. */
function writeWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
  // A part of an append's call is never gathered: with what stands before it, it would be somebody's half.
  const isPart = appends(writer) && (writer.partial || record.flags & FLAG_MORE) != 0;
  if (record.state == GATHERED) {
    writer.dirty = 1;
    if (writer.gather == 0) writer.gather = keepBuffer();
    const room: u32 = writer.gather == 0 ? 0 : bufferBytes - writer.gathered;
    if (!isPart && record.dataBytes <= room) return gather(record, writer);
    const outcome = writeGathered(record, writer, 0);
    if (outcome != DONE) return outcome;
    if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
    record.state = GATHER;
  }
  if (record.state == GATHER) {
    if (!isPart && writer.gather != 0 && record.dataBytes < bufferBytes) return gather(record, writer);
    record.state = PAYLOAD;
  }
  const outcome = isPart ? writePart(record, writer) : writePiece(record, writer, record.payload, record.dataBytes, 0);
  if (outcome != DONE) return outcome;
  writer.partial = isPart && record.flags & FLAG_MORE ? 1 : 0;
  record.status = writer.poison;
  return DONE;
}

/**
 * What was gathered goes to the file, and to the disk if the writer is durable. Of an append everybody sees it from then on; a
 * whole file gets its name when it is closed.
 */
function flushWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
  if (writer.partial) return malformed(record);
  if (!writer.dirty) return DONE;
  if (record.state == GATHERED) {
    const outcome = appends(writer) ? writeAppend(record, writer) : writeGathered(record, writer, 0);
    if (outcome != DONE) return outcome;
    if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
    record.state = FINISH;
  }
  if (!appends(writer) && writer.flags & FLAG_SYNC_FILE) {
    const outcome = syncCommit(writer.commit);
    if (outcome != DONE) return outcome;
    writer.poison = writer.commit.status;
  }
  if (writer.poison == ERRNO_SUCCESS) writer.dirty = 0;
  record.status = writer.poison;
  return DONE;
}

/** Writes out what is left and gives the content its name. The handle ends, also when this fails. */
function closeWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return end(record, writer.poison);
  if (writer.partial) return end(record, STATUS_MALFORMED);
  if (record.state == GATHERED) {
    const outcome = appends(writer) ? writeAppend(record, writer) : writeGathered(record, writer, 0);
    if (outcome != DONE) return outcome;
    if (writer.poison != ERRNO_SUCCESS) return end(record, writer.poison);
    record.state = FINISH;
  }
  if (!appends(writer)) {
    const outcome = finishCommit(writer.commit);
    if (outcome != DONE) return outcome;
    writer.poison = writer.commit.status;
  }
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

function writeGathered(record: Record, writer: Writer, syncFlags: u32): i32 {
  if (writer.gathered == 0) return DONE;
  const outcome = writePiece(record, writer, bufferAt(writer.gather - 1), writer.gathered, syncFlags);
  if (outcome == DONE) writer.gathered = 0;
  return outcome;
}

/** What was gathered, with the durability that the writer has; also nothing, since the file must exist and may not be synced. */
function writeAppend(record: Record, writer: Writer): i32 {
  const source: usize = writer.gather == 0 ? 0 : bufferAt(writer.gather - 1);
  const outcome = writePiece(record, writer, source, writer.gathered, writer.flags & SYNC_FLAGS);
  if (outcome == DONE) writer.gathered = 0;
  return outcome;
}

/** DONE, with the writer's poison if it failed. Each piece of an append is an append of its own. */
function writePiece(record: Record, writer: Writer, source: usize, bytes: u32, syncFlags: u32): i32 {
  const commit = writer.commit;
  if (record.position == PIECE_OPEN) {
    const outcome = appends(writer) ? openCommit(commit) : DONE;
    if (outcome != DONE) return outcome;
    record.done = 0;
    record.position = PIECE_CONTENT;
  }
  if (record.position == PIECE_CONTENT && commit.status == ERRNO_SUCCESS) {
    const outcome = writeCommit(commit, source, bytes, record.done);
    record.done = progress;
    if (outcome != DONE) return outcome;
    commit.flags |= syncFlags;
    record.position = PIECE_FINISH;
  }
  if (appends(writer) && commit.status == ERRNO_SUCCESS) {
    const outcome = finishCommit(commit);
    if (outcome != DONE) return outcome;
  }
  return endPiece(record, writer);
}

/** A part of a call: it goes to the spool, and the last one takes the whole spool to the file. Needs no buffer for that. */
function writePart(record: Record, writer: Writer): i32 {
  const commit = writer.commit;
  while (commit.status == ERRNO_SUCCESS) {
    let outcome = DONE;
    switch (record.position) {
      case PIECE_OPEN:
        if (!writer.partial) commit.flags &= ~FLAG_APPEND;
        writer.partial = 1;
        outcome = openCommit(commit);
        record.done = 0;
        break;
      case PIECE_CONTENT:
        outcome = writeCommit(commit, record.payload, record.dataBytes, record.done);
        record.done = progress;
        break;
      case PIECE_FINISH:
        if (record.flags & FLAG_MORE) {
          record.position = PIECE_OPEN;
          return DONE;
        }
        record.end = commit.written;
        record.offset = 0;
        beginSpooledAppend(commit, commit.flags | FLAG_APPEND);
        break;
      case SPOOL_APPEND:
        outcome = openCommit(commit);
        break;
      case SPOOL_READ: {
        const errno = read(commit.spool, record.slotData, u32(min<u64>(record.end - record.offset, slotDataBytes)), record.offset);
        if (errno == ERRNO_AGAIN) return PARK;
        // Nobody but us has the spool: an end before its end is a broken disk.
        if (errno != ERRNO_SUCCESS || result == 0) failCommit(commit, errno == ERRNO_SUCCESS ? ERRNO_IO : errno);
        record.dataBytes = result;
        record.done = 0;
        break;
      }
      case SPOOL_WRITE:
        outcome = writeCommit(commit, record.slotData, record.dataBytes, record.done);
        record.done = progress;
        if (outcome != DONE || commit.status != ERRNO_SUCCESS) break;
        record.offset += record.dataBytes;
        if (record.offset == record.end) break;
        record.position = SPOOL_READ;
        if (record.offset % SPOOL_TURN_BYTES == 0) return YIELD;
        continue;
      case SPOOL_FINISH:
        outcome = finishCommit(commit);
        break;
      default:
        outcome = dropSpool(commit);
        if (outcome == DONE) return endPiece(record, writer);
        break;
    }
    if (outcome != DONE) return outcome;
    record.position++;
  }
  return endPiece(record, writer);
}

function endPiece(record: Record, writer: Writer): i32 {
  const commit = writer.commit;
  record.position = PIECE_OPEN;
  writer.partial = 0;
  writer.poison = commit.status;
  if (appends(writer) && writer.poison == ERRNO_SUCCESS) {
    // Its conditions were about what was there before.
    beginNextAppend(commit, writer.flags & ~(SYNC_FLAGS | CONDITION_FLAGS | FLAG_IF_NOT_EXISTS));
  }
  return DONE;
}

function refuse(record: Record, writer: Writer): i32 {
  record.status = writer.poison;
  return DONE;
}

function malformed(record: Record): i32 {
  record.status = STATUS_MALFORMED;
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
