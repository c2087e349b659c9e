import { CONDITIONS_BYTES } from '../conditions';
import { keepBuffer } from '../buffers';
import { abandonCommit, Commit, finishCommit, openCommit, progress, syncCommit, writeCommit } from '../commit';
import {
  ERRNO_CANCELED,
  ERRNO_SUCCESS,
  FLAG_SYNC_FILE,
  NONCE_BYTES,
  OP_WRITER_CLOSE,
  OP_WRITER_FLUSH,
  OP_WRITER_OPEN,
  OP_WRITER_WRITE,
  STATUS_MALFORMED,
  STATUS_NO_HANDLE,
} from '../layout';
import { DONE } from '../outcome';
import { Record } from '../record';
import { replyHandle, replyStat, replyTotal } from '../reply';
import { bufferAt, bufferBytes } from '../space';
import { Writer, findWriter, freeWriter, takeWriter, writerAt } from '../writer';

// The buffered write path: small writes are gathered in a pool buffer and leave in large calls.

/** Takes a handle and opens its file. */
export function openWriter(record: Record): i32 {
  if (record.writer == 0) {
    const taken = takeWriter();
    if (taken === null) {
      record.status = STATUS_NO_HANDLE;
      return DONE;
    }
    moveCommit(record.commit, taken.commit);
    hold(record, taken);
  }
  const writer = writerAt(record.writer - 1);
  const outcome = openCommit(writer.commit);
  if (outcome != DONE) return outcome;
  if (writer.commit.status != ERRNO_SUCCESS) return end(record, writer.commit.status);
  replyHandle(record, writer.handle);
  replyTotal(record, writer.commit.written);
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
  }
  const writer = writerAt(record.writer - 1);
  switch (record.op) {
    case OP_WRITER_WRITE: return writeWriter(record, writer);
    case OP_WRITER_FLUSH: return flushWriter(record, writer);
    case OP_WRITER_CLOSE: return closeWriter(record, writer);
    default: return end(record, ERRNO_SUCCESS);
  }
}

/** Lets go of the writer at the end of a request; one that ends takes its temporary file with it. May be parked. */
export function releaseWriter(record: Record): i32 {
  const writer = writerAt(record.writer - 1);
  if (record.cancelled || (record.op == OP_WRITER_OPEN && record.status != ERRNO_SUCCESS)) {
    // Nobody knows how much of a cancelled write was taken.
    writer.poison = ERRNO_CANCELED;
    if (record.op == OP_WRITER_OPEN || record.op == OP_WRITER_CLOSE) record.endsWriter = 1;
  }
  if (record.endsWriter) {
    const outcome = abandonCommit(writer.commit);
    if (outcome != DONE) return outcome;
    freeWriter(writer);
  } else {
    writer.busy = 0;
  }
  record.writer = 0;
  return DONE;
}

/** Gathers the payload, or writes it out when it is large or when there is no buffer to gather in. */
function writeWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
  if (record.state == 0) {
    if (writer.gather == 0) writer.gather = keepBuffer();
    const room: u32 = writer.gather == 0 ? 0 : bufferBytes - writer.gathered;
    if (record.dataBytes <= room) return gather(record, writer);
    record.state = 1;
  }
  if (record.state == 1) {
    const outcome = writeOut(record, writer);
    if (outcome != DONE) return outcome;
    if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
    if (writer.gather != 0 && record.dataBytes < bufferBytes) return gather(record, writer);
    record.state = 2;
    record.done = 0;
  }
  const outcome = writeCommit(writer.commit, record.payload, record.dataBytes, record.done);
  record.done = progress;
  return outcome == DONE ? settle(record, writer) : outcome;
}

/** What was gathered goes to the file, and to the disk if the writer is durable. */
function flushWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
  if (record.state == 0) {
    const outcome = writeOut(record, writer);
    if (outcome != DONE) return outcome;
    if (writer.poison != ERRNO_SUCCESS) return refuse(record, writer);
    record.state = 1;
  }
  if (writer.commit.flags & FLAG_SYNC_FILE) {
    const outcome = syncCommit(writer.commit);
    if (outcome != DONE) return outcome;
  }
  return settle(record, writer);
}

/** Writes out what is left and gives the content its name. The handle ends, also when this fails. */
function closeWriter(record: Record, writer: Writer): i32 {
  if (writer.poison != ERRNO_SUCCESS) return end(record, writer.poison);
  if (record.state == 0) {
    const outcome = writeOut(record, writer);
    if (outcome != DONE) return outcome;
    if (writer.poison != ERRNO_SUCCESS) return end(record, writer.poison);
    record.state = 1;
  }
  const outcome = finishCommit(writer.commit);
  if (outcome != DONE) return outcome;
  if (writer.commit.status == ERRNO_SUCCESS) replyStat(record, writer.commit.stat);
  return end(record, writer.commit.status);
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

function gather(record: Record, writer: Writer): i32 {
  memory.copy(bufferAt(writer.gather - 1) + writer.gathered, record.payload, record.dataBytes);
  writer.gathered += record.dataBytes;
  return DONE;
}

function writeOut(record: Record, writer: Writer): i32 {
  if (writer.gathered == 0) return DONE;
  const outcome = writeCommit(writer.commit, bufferAt(writer.gather - 1), writer.gathered, record.done);
  record.done = progress;
  if (outcome != DONE) return outcome;
  record.done = 0;
  writer.gathered = 0;
  writer.poison = writer.commit.status;
  return DONE;
}

function settle(record: Record, writer: Writer): i32 {
  writer.poison = writer.commit.status;
  record.status = writer.poison;
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
