import { dropBuffer, takeBuffer } from '../buffers';
import { openRead, read, result } from '../calls';
import { finishCommit, openCommit, progress, writeCommit } from '../commit';
import { ERRNO_AGAIN, ERRNO_NOENT, ERRNO_NOTDIR, ERRNO_SUCCESS, FILESTAT_DEVICE, FILESTAT_INODE, STATUS_SAME_FILE } from '../layout';
import { DONE, PARK, WAIT_BUFFER, YIELD } from '../outcome';
import { Record } from '../record';
import { bufferAt, bufferBytes } from '../space';
import { fileKindError, inspectTarget } from '../target';
import { fd_filestat_get, file_clone } from '../wasi';

const SOURCE: i32 = 0;
const SOURCE_STAT: i32 = 1;
const TARGET: i32 = 2;
const OPEN: i32 = 3;
const CLONE: i32 = 4;
const READ: i32 = 5;
const WRITE: i32 = 6;
const FINISH: i32 = 7;

/** Small enough that whoever waits behind it does not notice. */
const CHUNK_BYTES: u32 = 512 << 10;

/** A reflink where the file system has it, else chunk by chunk; the target appears by commit, whole or not at all. */
export function copy(record: Record): i32 {
  const commit = record.commit;
  while (true) {
    switch (record.state) {
      case SOURCE: {
        const errno = openRead(record.root, record.path, record.pathBytes);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno != ERRNO_SUCCESS) return end(record, sourceError(errno));
        record.fd = i32(result);
        record.owned = 1;
        record.position = 0;
        record.state = SOURCE_STAT;
        break;
      }
      case SOURCE_STAT: {
        // The room for the temporary name is not in use yet.
        const errno = fd_filestat_get(record.fd, commit.temp);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno != ERRNO_SUCCESS) return end(record, errno);
        const kind = fileKindError(commit.temp);
        if (kind != ERRNO_SUCCESS) return end(record, kind);
        record.state = TARGET;
        break;
      }
      case TARGET: {
        const errno = inspectTarget(commit);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno != ERRNO_SUCCESS) return end(record, errno);
        if (commit.exists && isSameFile(commit.temp, commit.stat)) return end(record, STATUS_SAME_FILE);
        record.state = OPEN;
        break;
      }
      case OPEN: {
        const outcome = openCommit(commit);
        if (outcome != DONE) return outcome;
        if (commit.status != ERRNO_SUCCESS) return end(record, commit.status);
        record.state = CLONE;
        break;
      }
      case CLONE: {
        const errno = file_clone(record.fd, commit.fd);
        if (errno == ERRNO_AGAIN) return PARK;
        record.state = errno == ERRNO_SUCCESS ? FINISH : READ;
        break;
      }
      case READ: {
        if (record.buffer == 0) record.buffer = takeBuffer();
        if (record.buffer == 0) return WAIT_BUFFER;
        const errno = read(record.fd, bufferAt(record.buffer - 1), min<u32>(CHUNK_BYTES, bufferBytes), record.position);
        if (errno == ERRNO_AGAIN) return PARK;
        if (errno != ERRNO_SUCCESS) return end(record, errno);
        record.dataBytes = result;
        record.position += result;
        record.done = 0;
        record.state = result == 0 ? FINISH : WRITE;
        break;
      }
      case WRITE: {
        const outcome = writeCommit(commit, bufferAt(record.buffer - 1), record.dataBytes, record.done);
        record.done = progress;
        if (outcome != DONE) return outcome;
        if (commit.status != ERRNO_SUCCESS) return end(record, commit.status);
        // The buffer goes back each turn: a long copy must not hold what others wait for.
        dropBuffer(record.buffer);
        record.buffer = 0;
        record.state = READ;
        return YIELD;
      }
      default: {
        const outcome = finishCommit(commit);
        if (outcome != DONE) return outcome;
        return end(record, commit.status);
      }
    }
  }
}

/** Below a file there is nothing: a source there does not exist. */
export function sourceError(errno: i32): i32 {
  return errno == ERRNO_NOTDIR ? ERRNO_NOENT : errno;
}

export function isSameFile(one: usize, other: usize): bool {
  return (
    load<u64>(one + FILESTAT_DEVICE) == load<u64>(other + FILESTAT_DEVICE) &&
    load<u64>(one + FILESTAT_INODE) == load<u64>(other + FILESTAT_INODE)
  );
}

function end(record: Record, status: i32): i32 {
  record.status = status;
  return DONE;
}
