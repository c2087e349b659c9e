import {
  ERRNO_ACCES,
  ERRNO_BADF,
  ERRNO_DQUOT,
  ERRNO_EXIST,
  ERRNO_FBIG,
  ERRNO_ILSEQ,
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_MFILE,
  ERRNO_NAMETOOLONG,
  ERRNO_NFILE,
  ERRNO_NOENT,
  ERRNO_NOMEM,
  ERRNO_NOSPC,
  ERRNO_NOSYS,
  ERRNO_NOTCAPABLE,
  ERRNO_NOTDIR,
  ERRNO_NOTEMPTY,
  ERRNO_NOTSUP,
  ERRNO_NXIO,
  ERRNO_PERM,
  ERRNO_ROFS,
  ERRNO_SUCCESS,
  ERRNO_XDEV,
  FILESTAT_FILETYPE,
  FILESTAT_INODE,
  FILESTAT_MTIME,
  FILESTAT_SIZE,
  FILETYPE_DIRECTORY,
  OP_DELETE,
  OP_LIST,
  OP_OPEN,
  OP_READ,
  OP_READ_AT,
  OP_STAT,
  PHASE_BEFORE,
  SLOT_OP,
  SLOT_PHASE,
  SLOT_STAT,
  STATUS_CONDITION,
  STATUS_LOCKED,
  STATUS_NO_HANDLE,
  STATUS_POISONED,
  STATUS_RANGE,
  STATUS_SAME_FILE,
  STATUS_SPECIAL,
  STATUS_SYMLINK,
} from '../layout';
import { endCall } from './arena';
import { STATUS_PATH, STATUS_TOO_LARGE } from './request';

// Results as the canonical ABI lays them out: a case, then the value or the failure where the more demanding of both may stand.
//
//   narrow (nothing, a handle, bytes)      wide (whatever has 64 bits in it)
//   0      4                               0      8
//   | case | value or failure |            | case | value or failure |

export const NARROW: u32 = 4;
export const WIDE: u32 = 8;
/** Kind, size, time, inode. */
export const METADATA_BYTES: u32 = 32;

/** The one result there is at a time. */
export const area = memory.data(64, 8);

const NOT_FOUND: u8 = 0;
const INVALID_PATH: u8 = 1;
const PERMISSION_DENIED: u8 = 2;
const ALREADY_EXISTS: u8 = 3;
const IS_A_DIRECTORY: u8 = 4;
const NOT_A_DIRECTORY: u8 = 5;
const NOT_EMPTY: u8 = 6;
const IS_SAME_FILE: u8 = 7;
const CONDITION_NOT_MATCH: u8 = 8;
const RANGE_NOT_SATISFIED: u8 = 9;
const STORAGE_FULL: u8 = 10;
const UNSUPPORTED: u8 = 11;
const RATE_LIMITED: u8 = 12;
const TIMEOUT: u8 = 13;
const CLOSED: u8 = 14;
const UNEXPECTED: u8 = 15;

/** Success, or the failure behind a status. What a success carries is added by whoever knows it. */
export function answer(slot: usize, status: i32, width: u32): usize {
  endCall();
  store<u8>(area, status == ERRNO_SUCCESS ? 0 : 1);
  if (status != ERRNO_SUCCESS) {
    const failure = area + width;
    store<u8>(failure, codeOf(status, load<u32>(slot + SLOT_OP)));
    store<u32>(failure + 4, status);
    store<u8>(failure + 8, load<u32>(slot + SLOT_PHASE) == PHASE_BEFORE ? 0 : 1);
  }
  return area;
}

/** A result that is bytes. */
export function answerBytes(slot: usize, status: i32, at: usize, bytes: u32): usize {
  answer(slot, status, NARROW);
  if (status != ERRNO_SUCCESS) return area;
  store<u32>(area + NARROW, u32(at));
  store<u32>(area + NARROW + 4, bytes);
  return area;
}

/** A result that is the metadata in the slot. */
export function answerMetadata(slot: usize, status: i32): usize {
  answer(slot, status, WIDE);
  if (status == ERRNO_SUCCESS) putMetadata(area + WIDE, slot + SLOT_STAT);
  return area;
}

/** What `metadata` shows of a filestat. */
export function putMetadata(target: usize, filestat: usize): void {
  store<u8>(target, load<u8>(filestat + FILESTAT_FILETYPE) == FILETYPE_DIRECTORY ? 1 : 0);
  store<u64>(target + 8, load<u64>(filestat + FILESTAT_SIZE));
  store<u64>(target + 16, load<u64>(filestat + FILESTAT_MTIME));
  store<u64>(target + 24, load<u64>(filestat + FILESTAT_INODE));
}

/** The `error-code` of a status; `host/pool/status-error.ts` has the same for callers in JavaScript, and a test compares the two. */
function codeOf(status: i32, op: u32): u8 {
  switch (status) {
    case ERRNO_NOENT: return NOT_FOUND;
    case ERRNO_NOTDIR: return looks(op) ? NOT_FOUND : NOT_A_DIRECTORY;
    case ERRNO_EXIST: return ALREADY_EXISTS;
    case ERRNO_ISDIR: return IS_A_DIRECTORY;
    case ERRNO_NOTEMPTY: return NOT_EMPTY;
    case ERRNO_ACCES:
    case ERRNO_PERM:
    case ERRNO_ROFS:
      return PERMISSION_DENIED;
    case ERRNO_NOTCAPABLE:
    case ERRNO_LOOP:
    case ERRNO_NXIO:
    case ERRNO_ILSEQ:
    case ERRNO_NAMETOOLONG:
    case STATUS_SYMLINK:
    case STATUS_SPECIAL:
    case STATUS_PATH:
      return INVALID_PATH;
    case ERRNO_NOSPC:
    case ERRNO_DQUOT:
    case ERRNO_FBIG:
      return STORAGE_FULL;
    case ERRNO_MFILE:
    case ERRNO_NFILE:
    case ERRNO_NOMEM:
    case STATUS_NO_HANDLE:
      return RATE_LIMITED;
    case STATUS_CONDITION: return CONDITION_NOT_MATCH;
    case STATUS_RANGE: return RANGE_NOT_SATISFIED;
    case STATUS_SAME_FILE: return IS_SAME_FILE;
    case STATUS_LOCKED: return TIMEOUT;
    case STATUS_POISONED:
    case ERRNO_BADF:
      return CLOSED;
    case ERRNO_NOSYS:
    case ERRNO_NOTSUP:
    case ERRNO_XDEV:
    case STATUS_TOO_LARGE:
      return UNSUPPORTED;
    default: return UNEXPECTED;
  }
}

/** Where a file in the middle of the path means that the thing asked for is not there. */
function looks(op: u32): bool {
  return op == OP_STAT || op == OP_READ || op == OP_OPEN || op == OP_READ_AT || op == OP_LIST || op == OP_DELETE;
}
