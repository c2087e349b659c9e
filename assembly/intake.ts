import { acceptBuffer } from './buffers';
import { clearCommit } from './commit-record';
import {
  ERRNO_SUCCESS,
  FLAG_ALL,
  FLAG_FOLLOW,
  NONCE_BYTES,
  OP_COPY,
  OP_CREATE_DIRECTORY,
  OP_DELETE,
  OP_LAST,
  OP_OPEN,
  OP_READ,
  OP_RENAME,
  OP_STAT,
  OP_TIDY,
  OP_WRITE,
  OP_WRITER_OPEN,
  PATH_MAX_BYTES,
  PHASE_BEFORE,
  SLOT_BUFFER,
  SLOT_DATA,
  SLOT_DATA_BYTES,
  SLOT_FD,
  SLOT_FLAGS,
  SLOT_HANDLE,
  SLOT_LENGTH,
  SLOT_MATCH_INODE,
  SLOT_NONCE,
  SLOT_OFFSET,
  SLOT_OP,
  SLOT_PATH,
  SLOT_PATH_BYTES,
  SLOT_PHASE,
  SLOT_ROOT,
  SLOT_TAG,
  SLOT_TARGET_BYTES,
  STATUS_MALFORMED,
} from './layout';
import { CONDITIONS_BYTES } from './conditions';
import { Record, UNRESOLVED_PATH, UNRESOLVED_TARGET } from './record';
import { bufferBytes, bufferCount, slotDataBytes } from './space';

/**
 * Copies a request out of its slot, once, and checks every value. STATUS_MALFORMED for nonsense; what the request
 * owns by then (its payload buffer) is released like that of any other request.
 */
export function takeIn(record: Record, slot: usize): i32 {
  record.tag = load<u32>(slot + SLOT_TAG);
  record.op = load<u32>(slot + SLOT_OP);
  record.flags = load<u32>(slot + SLOT_FLAGS);
  record.root = load<u32>(slot + SLOT_ROOT);
  record.pathBytes = load<u32>(slot + SLOT_PATH_BYTES);
  record.targetBytes = load<u32>(slot + SLOT_TARGET_BYTES);
  record.dataBytes = load<u32>(slot + SLOT_DATA_BYTES);
  record.offset = load<u64>(slot + SLOT_OFFSET);
  record.length = load<u64>(slot + SLOT_LENGTH);
  record.handle = load<u32>(slot + SLOT_HANDLE);
  record.fd = load<i32>(slot + SLOT_FD);
  record.owned = 0;
  record.input = 0;
  record.buffer = 0;
  record.parcel = 0;
  record.next = 0;
  record.state = 0;
  record.status = ERRNO_SUCCESS;
  record.done = 0;
  record.resultBytes = 0;
  record.ending = 0;
  record.cancelled = 0;
  record.writer = 0;
  record.endsWriter = 0;
  record.unresolved = 0;
  store<u32>(slot + SLOT_PHASE, PHASE_BEFORE);

  const commit = record.commit;
  clearCommit(commit);
  commit.root = record.root;
  commit.flags = record.flags;
  commit.slot = slot;
  commit.pathBytes = 0;

  const buffer = load<u32>(slot + SLOT_BUFFER);
  if (buffer != 0) {
    if (buffer > bufferCount || !acceptBuffer(buffer)) return STATUS_MALFORMED;
    record.input = buffer;
  }
  if (record.dataBytes > (buffer != 0 ? bufferBytes : slotDataBytes)) return STATUS_MALFORMED;
  if (record.op == 0 || record.op > OP_LAST || (record.flags & ~FLAG_ALL) != 0) return STATUS_MALFORMED;
  if (record.pathBytes > PATH_MAX_BYTES || record.targetBytes > PATH_MAX_BYTES) return STATUS_MALFORMED;
  memory.copy(commit.conditions, slot + SLOT_MATCH_INODE, CONDITIONS_BYTES);
  memory.copy(commit.nonce, slot + SLOT_NONCE, NONCE_BYTES);

  switch (record.op) {
    case OP_COPY:
    case OP_RENAME:
      memory.copy(record.path, slot + SLOT_PATH, record.pathBytes);
      memory.copy(commit.path, slot + SLOT_DATA, record.targetBytes);
      commit.pathBytes = record.targetBytes;
      break;
    case OP_WRITE:
    case OP_WRITER_OPEN:
    case OP_CREATE_DIRECTORY:
    case OP_DELETE:
    case OP_TIDY:
      memory.copy(commit.path, slot + SLOT_PATH, record.pathBytes);
      commit.pathBytes = record.pathBytes;
      break;
    default:
      memory.copy(record.path, slot + SLOT_PATH, record.pathBytes);
      break;
  }
  if (record.flags & FLAG_FOLLOW) record.unresolved = unresolvedOf(record.op);
  return ERRNO_SUCCESS;
}

/** Which paths an operation names: those that work on an open descriptor need none, and a lock is never behind a link. */
function unresolvedOf(op: u32): u32 {
  switch (op) {
    case OP_STAT:
    case OP_READ:
    case OP_OPEN:
      return UNRESOLVED_PATH;
    case OP_COPY:
    case OP_RENAME:
      return UNRESOLVED_PATH | UNRESOLVED_TARGET;
    case OP_WRITE:
    case OP_WRITER_OPEN:
    case OP_CREATE_DIRECTORY:
    case OP_DELETE:
      return UNRESOLVED_TARGET;
    default:
      return 0;
  }
}
