import { checkConditions } from '../conditions';
import {
  ERRNO_AGAIN,
  ERRNO_ISDIR,
  ERRNO_NOENT,
  ERRNO_SUCCESS,
  FLAG_DIRECTORY,
} from '../layout';
import { DONE, PARK } from '../outcome';
import { Record } from '../record';
import { replyStat } from '../reply';
import { fileKindError } from '../target';
import { fd_filestat_get, path_filestat_get } from '../wasi';

/** Metadata of a name; a file that was written with a slash at its end does not exist. */
export function stat(record: Record): i32 {
  const area = record.commit.stat;
  const errno =
    record.pathBytes == 0
      ? fd_filestat_get(record.root, area)
      : path_filestat_get(record.root, 0, record.path, record.pathBytes, area);
  if (errno == ERRNO_AGAIN) return PARK;
  record.status = errno == ERRNO_SUCCESS ? judge(record, area) : errno;
  if (record.status == ERRNO_SUCCESS) replyStat(record, area);
  return DONE;
}

function judge(record: Record, area: usize): i32 {
  const kind = fileKindError(area);
  if (kind == ERRNO_SUCCESS && record.flags & FLAG_DIRECTORY) return ERRNO_NOENT;
  if (kind != ERRNO_SUCCESS && kind != ERRNO_ISDIR) return kind;
  return checkConditions(record.flags, record.commit.conditions, true, area);
}
