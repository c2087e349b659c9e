import { openDirectory, openRead, result } from '../calls';
import { checkConditions } from '../conditions';
import { ERRNO_AGAIN, ERRNO_SUCCESS, FLAG_DIRECTORY, FLAG_STAT } from '../layout';
import { DONE, PARK } from '../outcome';
import { dropReadAhead } from '../read-ahead';
import { Record } from '../record';
import { replyDescriptor, replyStat } from '../reply';
import { fileKindError } from '../target';
import { fd_close, fd_filestat_get } from '../wasi';

/** Opens a file for a reader, or a directory for a listing; the descriptor is the host's from then on. */
export function open(record: Record): i32 {
  if (record.state == 0) {
    const errno =
      record.flags & FLAG_DIRECTORY
        ? openDirectory(record.root, record.path, record.pathBytes)
        : openRead(record.root, record.path, record.pathBytes);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    record.fd = i32(result);
    record.owned = 1;
    record.state = 1;
  }
  if (record.flags & FLAG_STAT) {
    const area = record.commit.stat;
    const errno = fd_filestat_get(record.fd, area);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    if (!(record.flags & FLAG_DIRECTORY)) {
      const kind = fileKindError(area);
      if (kind != ERRNO_SUCCESS) return fail(record, kind);
    }
    const failed = checkConditions(record.flags, record.commit.conditions, true, area);
    if (failed != ERRNO_SUCCESS) return fail(record, failed);
    replyStat(record, area);
  }
  replyDescriptor(record, record.fd);
  record.owned = 0;
  return DONE;
}

/** Closes what `open` gave. */
export function close(record: Record): i32 {
  dropReadAhead(record.fd);
  const errno = fd_close(record.fd);
  if (errno == ERRNO_AGAIN) return PARK;
  record.status = errno;
  return DONE;
}

function fail(record: Record, status: i32): i32 {
  record.status = status;
  return DONE;
}
