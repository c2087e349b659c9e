import {
  ERRNO_AGAIN,
  ERRNO_BADF,
  ERRNO_BUSY,
  ERRNO_CANCELED,
  ERRNO_EXIST,
  ERRNO_FAULT,
  ERRNO_FBIG,
  ERRNO_INTR,
  ERRNO_INVAL,
  ERRNO_IO,
  ERRNO_ISDIR,
  ERRNO_MFILE,
  ERRNO_NAMETOOLONG,
  ERRNO_NOENT,
  ERRNO_NOSPC,
  ERRNO_NOSYS,
  ERRNO_NOTDIR,
  ERRNO_NOTEMPTY,
  ERRNO_NOTSUP,
  ERRNO_PERM,
  OP_COPY,
  OP_DELETE,
  OP_DESCRIBE,
  OP_FAULT,
  OP_LIST,
  OP_OPEN,
  OP_READ,
  OP_READ_AT,
  OP_RENAME,
  OP_STAT,
  STATUS_CONDITION,
  STATUS_LOCKED,
  STATUS_MALFORMED,
  STATUS_NO_HANDLE,
  STATUS_POISONED,
  STATUS_RANGE,
  STATUS_REVOKED,
  STATUS_SAME_FILE,
} from './layout.ts';

// What a status means. Like `layout.ts` this is compiled twice: hosts that count what they download read the words in the memory of the engine,
// the others have them at hand.

/**
 * The code of an error, then words for a person; an exclamation mark behind the code when the state of things behind it passes by itself.
 * Empty when nobody but the file system of an operating system answers with it.
 */
export function meaningOf(status: i32, op: u32): string {
  switch (status) {
    case ERRNO_NOENT:
      return op == OP_COPY || op == OP_RENAME ? 'NotFound the source does not exist' : 'NotFound no such file or directory';
    case ERRNO_NOTDIR:
      return looks(op)
        ? 'NotFound no such file or directory; a part of its path is a file'
        : 'NotADirectory a part of the path is a file, and a directory is needed';
    case ERRNO_EXIST:
      return 'AlreadyExists there is something under this name already';
    case ERRNO_ISDIR:
      return 'IsADirectory this is a directory, and a file is needed';
    case ERRNO_NOTEMPTY:
      return 'NotEmpty the directory has content; delete it with { recursive: true }';
    case ERRNO_PERM:
      return 'PermissionDenied the operating system does not permit that';
    case ERRNO_NAMETOOLONG:
      return 'InvalidPath the name is longer than the file system can hold';
    case ERRNO_NOSPC:
      return 'StorageFull there is no space left; make room and write again';
    case ERRNO_FBIG:
      return 'StorageFull the file would be larger than the limit for files allows';
    case ERRNO_MFILE:
      return 'RateLimited! all descriptors are in use; close readers and listers';
    case STATUS_NO_HANDLE:
      return 'RateLimited! all writer handles are in use; close some writers';
    case ERRNO_BUSY:
      return 'Unexpected! the file or directory is in use; try again later';
    case STATUS_CONDITION:
      return 'ConditionNotMatch a condition of the call does not hold; stat tells what is there';
    case STATUS_RANGE:
      return 'RangeNotSatisfied the range ends behind the end of the file; ask for less';
    case STATUS_SAME_FILE:
      return 'IsSameFile source and target are the same file';
    case STATUS_POISONED:
      return 'Closed an earlier write failed; abort this writer and begin again';
    case ERRNO_BADF:
      return 'Closed it is no longer open';
    case ERRNO_CANCELED:
      return 'Cancelled the call was cancelled';
    case STATUS_REVOKED:
      return 'EngineTrapped! the instance was given up while it worked on this';
    case STATUS_LOCKED:
      return 'Timeout! somebody else has kept this name locked for 30 seconds; try again later';
    case ERRNO_NOSYS:
      return 'Unsupported the storage has no such function';
    case ERRNO_NOTSUP:
      return 'Unsupported the file system does not support that';
    case ERRNO_IO:
      return 'Unexpected the disk reported an error (EIO); check the disk and the system log';
    case ERRNO_INVAL:
      return 'Unexpected the storage refused the call as invalid (EINVAL)';
    case ERRNO_FAULT:
      return 'Unexpected a bad address (EFAULT): this is a bug in Holdfast; please report it with this message';
    case ERRNO_INTR:
      return 'Unexpected! the storage was interrupted (EINTR); try again';
    case ERRNO_AGAIN:
      return 'Unexpected a request ended before it was ready (EAGAIN): this is a bug in Holdfast; please report it with this message';
    case STATUS_MALFORMED:
      return op == OP_FAULT
        ? 'Unsupported the published engine traps on no request; faults are in the one that the tests of this library build'
        : 'Unexpected the engine does not understand the request: this is a bug in Holdfast; please report it with this message';
    default:
      return '';
  }
}

/** Where a parent that is a file means that the thing asked for is not there. Elsewhere something was to be made below it. */
function looks(op: u32): boolean {
  switch (op) {
    case OP_STAT:
    case OP_READ:
    case OP_OPEN:
    case OP_READ_AT:
    case OP_LIST:
    case OP_DESCRIBE:
    case OP_DELETE:
      return true;
    default:
      return false;
  }
}
