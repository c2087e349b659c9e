import { beginDirectorySync, syncDirectory } from '../directory-sync';
import {
  ERRNO_AGAIN,
  ERRNO_EXIST,
  ERRNO_ISDIR,
  ERRNO_NOTDIR,
  ERRNO_SUCCESS,
} from '../layout';
import { DONE, PARK } from '../outcome';
import { makeParents, missing } from '../parents';
import { Record } from '../record';
import { fileKindError } from '../target';
import { path_create_directory, path_filestat_get } from '../wasi';

const MAKE: i32 = 0;
const LOOK: i32 = 1;
const SYNC: i32 = 2;
/** State of the commit while it has nothing to do: `missing` takes it to its parents and back. */
const RESUME: i32 = -1;

/** Makes a directory and its parents; one that exists is fine, a file in its place is not. */
export function createDirectory(record: Record): i32 {
  const commit = record.commit;
  if (commit.pathBytes == 0) return DONE;
  if (record.state == MAKE && record.done == 0) {
    commit.state = RESUME;
    record.done = 1;
  }
  while (true) {
    let errno: i32;
    if (record.state == MAKE && commit.state != RESUME) errno = makeParents(commit);
    else if (record.state == MAKE) errno = make(record);
    else if (record.state == LOOK) errno = look(record);
    else {
      const outcome = syncDirectory(commit);
      if (outcome == DONE) record.status = commit.status;
      return outcome;
    }
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) {
      record.status = errno;
      return DONE;
    }
  }
}

function make(record: Record): i32 {
  const commit = record.commit;
  const errno = path_create_directory(commit.root, commit.path, commit.pathBytes);
  if (errno == ERRNO_EXIST) {
    record.state = LOOK;
    return ERRNO_SUCCESS;
  }
  if (errno != ERRNO_SUCCESS) return missing(commit, errno, RESUME);
  return beginSync(record);
}

function look(record: Record): i32 {
  const commit = record.commit;
  const errno = path_filestat_get(commit.root, 0, commit.path, commit.pathBytes, commit.stat);
  if (errno != ERRNO_SUCCESS) return errno;
  const kind = fileKindError(commit.stat);
  if (kind == ERRNO_ISDIR) return beginSync(record);
  return kind == ERRNO_SUCCESS ? ERRNO_NOTDIR : kind;
}

function beginSync(record: Record): i32 {
  record.state = SYNC;
  beginDirectorySync(record.commit);
  return ERRNO_SUCCESS;
}
