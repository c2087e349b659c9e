import { dropBuffer, takeBuffer } from '../buffers';
import { makeParcel, openRead, read, readParcel, readWhole, result, result64, sizeOf } from '../calls';
import { checkConditions, hasConditions } from '../conditions';
import {
  ERRNO_AGAIN,
  ERRNO_FBIG,
  ERRNO_NOSYS,
  ERRNO_SUCCESS,
  FLAG_PARCEL,
  FLAG_SEQUENTIAL,
  FLAG_SUFFIX,
  STATUS_RANGE,
} from '../layout';
import { DONE, PARK, WAIT_BUFFER, YIELD } from '../outcome';
import { ReadAhead, beginReadAhead, findReadAhead, nextWindow } from '../read-ahead';
import { Record } from '../record';
import { postChunk, replyHandle, replyTotal, ringWithNext } from '../reply';
import { bufferAt, bufferBytes, slotDataBytes } from '../space';
import { fileKindError } from '../target';
import { fd_filestat_get, parcel_send } from '../wasi';

// Reading, in one call or from an open descriptor. What fits the slot's data is read there. The rest is read one chunk a turn, so
// that a small read behind a long one does not wait for it: into a parcel, if that was asked for and the host has one, else it
// travels to the host in pool buffers.

const BEGIN: i32 = 0;
const OPEN: i32 = 1;
const CHECK: i32 = 2;
const SIZE: i32 = 3;
const INLINE: i32 = 4;
const CHUNKS: i32 = 5;
const AHEAD: i32 = 6;
const PARCEL: i32 = 7;

const CHUNK_BYTES: u32 = 1 << 20;
/** So much of a parcel is not divided: the pieces of a stream that wait behind it would all end with it, instead of being read while it is taken. */
const WHOLE_BYTES: u64 = 2 << 20;
/** Less is copied in less time than a parcel takes on its way. */
const PARCEL_MIN_BYTES: u32 = 128 << 10;
/** `length` of a request that wants everything up to the end. */
const REST: u64 = u64.MAX_VALUE;

/** Opens, reads a range, closes. */
export function readFile(record: Record): i32 {
  while (true) {
    switch (record.state) {
      case BEGIN: {
        if (!wantsWhole(record)) {
          record.state = OPEN;
          break;
        }
        const errno = readWhole(record.root, record.path, record.pathBytes, record.slotData, slotDataBytes);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno == ERRNO_SUCCESS) return endWhole(record, result);
        if (errno == ERRNO_FBIG) opened(record);
        else if (errno == ERRNO_NOSYS) record.state = OPEN;
        else return fail(record, errno);
        break;
      }
      case OPEN: {
        const errno = openRead(record.root, record.path, record.pathBytes);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno != ERRNO_SUCCESS) return fail(record, errno);
        opened(record);
        break;
      }
      case CHECK: {
        const area = record.commit.stat;
        let errno = fd_filestat_get(record.fd, area);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno == ERRNO_SUCCESS) errno = fileKindError(area);
        if (errno == ERRNO_SUCCESS) errno = checkConditions(record.flags, record.commit.conditions, true, area);
        if (errno != ERRNO_SUCCESS) return fail(record, errno);
        record.state = SIZE;
        break;
      }
      case SIZE: {
        const errno = sizeOf(record.fd);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno != ERRNO_SUCCESS) return fail(record, errno);
        if (!chooseRange(record, result64)) return fail(record, STATUS_RANGE);
        beginTransfer(record);
        break;
      }
      default:
        return transfer(record);
    }
  }
}

/** Reads from an open descriptor; a count that is short, or nothing, says that the file ends there. */
export function readAt(record: Record): i32 {
  if (record.state == BEGIN) {
    record.position = record.offset;
    record.end = record.offset + min<u64>(record.length, u64(i64.MAX_VALUE) - min<u64>(record.offset, u64(i64.MAX_VALUE)));
    beginTransfer(record);
    const isSmall = record.end - record.position <= slotDataBytes;
    if (record.flags & FLAG_SEQUENTIAL && isSmall) record.state = AHEAD;
  }
  if (record.state == AHEAD) return readAhead(record);
  return transfer(record);
}

/** Everything, whatever it is: such a read can be one call. */
function wantsWhole(record: Record): bool {
  return record.length == REST && record.offset == 0 && !hasConditions(record.flags) && !(record.flags & FLAG_SUFFIX);
}

function endWhole(record: Record, bytes: u32): i32 {
  // A host that claims more than there was room for is not believed.
  record.resultBytes = min<u32>(bytes, slotDataBytes);
  replyTotal(record, record.resultBytes);
  // No parcel, though the slot may still say so of the request before.
  replyHandle(record, 0);
  return DONE;
}

function opened(record: Record): void {
  record.fd = i32(result);
  record.owned = 1;
  record.state = hasConditions(record.flags) ? CHECK : SIZE;
}

/** Offset past the end: nothing. A bounded range that does not lie within the file: false. */
function chooseRange(record: Record, size: u64): bool {
  if (record.flags & FLAG_SUFFIX) {
    record.position = record.offset >= size ? 0 : size - record.offset;
    record.end = size;
    return true;
  }
  if (record.length != REST && (record.offset > size || record.length > size - record.offset)) return false;
  record.position = min<u64>(record.offset, size);
  record.end = record.length == REST ? size : record.offset + record.length;
  return true;
}

function beginTransfer(record: Record): void {
  const bytes = record.end - record.position;
  replyTotal(record, bytes);
  record.done = 0;
  record.state = bytes <= slotDataBytes ? INLINE : CHUNKS;
  if ((record.flags & FLAG_PARCEL) == 0) return;
  replyHandle(record, 0);
  if (bytes >= PARCEL_MIN_BYTES) record.state = PARCEL;
}

function transfer(record: Record): i32 {
  switch (record.state) {
    case INLINE: return transferInline(record);
    case PARCEL: return transferParcel(record);
    default: return transferChunk(record);
  }
}

function transferInline(record: Record): i32 {
  while (record.position < record.end) {
    const bytes = u32(record.end - record.position);
    const errno = read(record.fd, record.slotData + record.done, bytes, record.position);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    // The file became shorter since its size was asked.
    if (result == 0) break;
    record.done += result;
    record.position += result;
  }
  record.resultBytes = record.done;
  return DONE;
}

function transferChunk(record: Record): i32 {
  if (record.buffer == 0) {
    record.buffer = takeBuffer();
    if (record.buffer == 0) return WAIT_BUFFER;
    record.done = 0;
  }
  const wanted = u32(min<u64>(record.end - record.position, min<u32>(CHUNK_BYTES, bufferBytes) - record.done));
  const errno = read(record.fd, bufferAt(record.buffer - 1) + record.done, wanted, record.position);
  if (errno == ERRNO_AGAIN) return PARK;
  if (errno != ERRNO_SUCCESS) return fail(record, errno);
  record.done += result;
  record.position += result;
  if (result != 0 && result < wanted) return YIELD;
  const atEnd = result == 0 || record.position == record.end;
  const buffer = record.buffer;
  record.buffer = 0;
  if (record.done == 0) dropBuffer(buffer);
  else postChunk(record, buffer, record.done);
  return atEnd ? DONE : YIELD;
}

function transferParcel(record: Record): i32 {
  if (record.parcel == 0) {
    const errno = makeParcel(record.end - record.position);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) {
      record.state = CHUNKS;
      return transferChunk(record);
    }
    record.parcel = result;
  }
  if (record.done == 0) {
    const left = record.end - record.position;
    const wanted = u32(left <= WHOLE_BYTES ? left : CHUNK_BYTES);
    const errno = readParcel(record.parcel, record.fd, wanted, record.position);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    record.position += result;
    if (result != 0 && record.position < record.end) return YIELD;
    record.done = 1;
    if (result >= CHUNK_BYTES) ringWithNext();
  }
  const errno = parcel_send(record.parcel);
  if (errno == ERRNO_AGAIN) return PARK;
  if (errno != ERRNO_SUCCESS) return fail(record, errno);
  replyHandle(record, record.parcel);
  record.parcel = 0;
  return DONE;
}

/** A small sequential read: out of the reader's window, which is refilled when it is used up. */
function readAhead(record: Record): i32 {
  let entry = findReadAhead(record.fd);
  if (entry === null) {
    entry = beginReadAhead(record.fd);
    if (entry === null) return withoutReadAhead(record);
  }
  if (entry.busy && record.done == 0) return withoutReadAhead(record);
  if (!isInside(entry, record.position)) {
    if (record.done == 0) record.done = nextWindow(entry, record.position);
    entry.busy = 1;
    const errno = read(record.fd, bufferAt(entry.buffer - 1), record.done, record.position);
    if (errno == ERRNO_AGAIN) return PARK;
    entry.busy = 0;
    entry.start = record.position;
    entry.filled = errno == ERRNO_SUCCESS ? result : 0;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
  }
  const skip = u32(record.position - entry.start);
  const bytes = u32(min<u64>(record.end - record.position, entry.filled - skip));
  memory.copy(record.slotData, bufferAt(entry.buffer - 1) + skip, bytes);
  record.resultBytes = bytes;
  return DONE;
}

/** A cancelled refill must not keep its window busy. */
export function endReadAt(record: Record): void {
  if (record.state != AHEAD || record.done == 0) return;
  const entry = findReadAhead(record.fd);
  if (entry !== null) entry.busy = 0;
}

function withoutReadAhead(record: Record): i32 {
  record.state = INLINE;
  return transferInline(record);
}

function isInside(entry: ReadAhead, position: u64): bool {
  return position >= entry.start && position < entry.start + entry.filled;
}

function fail(record: Record, status: i32): i32 {
  record.status = status;
  return DONE;
}
