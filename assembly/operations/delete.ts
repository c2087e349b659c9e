import { openDirectory, result } from '../calls';
import { beginDirectorySyncAt, syncDirectory } from '../directory-sync';
import {
  DIRENT_BYTES,
  DIRENT_FILETYPE,
  DIRENT_NAME_BYTES,
  ERRNO_AGAIN,
  ERRNO_ISDIR,
  ERRNO_NAMETOOLONG,
  ERRNO_NOENT,
  ERRNO_NOTDIR,
  ERRNO_NOTEMPTY,
  ERRNO_PERM,
  ERRNO_SUCCESS,
  FILETYPE_DIRECTORY,
  FLAG_DIRECTORY,
  FLAG_FOLLOW,
  FLAG_KEEP_TOP,
  FLAG_RECURSIVE,
  PATH_AREA_BYTES,
  PATH_MAX_BYTES,
  STATUS_SYMLINK,
} from '../layout';
import { beginWaiting, dropLock, holdsLock, statLock, takeLock, waitForOwner } from '../lock';
import { isLockName } from '../names';
import { DONE, PARK, YIELD } from '../outcome';
import { isDots, parentBytes } from '../paths';
import { setMayHaveHappened } from '../phase';
import { Record } from '../record';
import { fileKindError, mayBeLocked } from '../target';
import { fd_close, fd_readdir, owner_ended, path_filestat_get, path_remove_directory, path_unlink_file } from '../wasi';

// Deleting a name, or a directory with all that is below it:
//
//   probe -> [lock] -> unlink -> look lock -> look again -> unlock -> sync
//      |
//      v        descend -> enter ...
//     enter -> fetch -> take ... -> leave -> remove -> enter the parent, or sync
//       ^ ----- wait <-- held up
//
// Going down needs no stack: the path of the directory at hand is the stack. Its first entries are taken away; a subdirectory is
// entered; an empty directory is removed, and its parent is read again from the beginning, where only what is left is found. The lock of
// a name is a directory like others, except that its owner is waited for: without it he would not be alone at what he does.
//
//   record.end       length of the path of the directory at hand   record.done  bytes of raw entries
//   record.position  where the next raw entry begins               record.length  tries to empty a directory, or to delete a file
//   record.offset    1 when the directory at hand is a lock

const PROBE: i32 = 0;
/** Somebody may be at work on the file. */
const LOCK: i32 = 1;
const UNLINK: i32 = 2;
const LOOK_LOCK: i32 = 3;
const LOOK_AGAIN: i32 = 4;
const UNLOCK: i32 = 5;
const ENTER: i32 = 6;
const FETCH: i32 = 7;
const TAKE: i32 = 8;
const DESCEND: i32 = 9;
const HELD_UP: i32 = 10;
const WAIT: i32 = 11;
const LEAVE: i32 = 12;
const REMOVE: i32 = 13;
const SYNC: i32 = 14;

/** So often a directory is emptied again that others keep filling. */
const TRIES: u64 = 100;
const SLASH: u8 = 0x2f;

const used = memory.data(8);

export function remove(record: Record): i32 {
  const commit = record.commit;
  while (true) {
    if (record.state == SYNC || record.state == LOCK || record.state == UNLOCK) {
      const outcome = record.state == LOCK ? takeLock(commit) : record.state == UNLOCK ? dropLock(commit) : syncDirectory(commit);
      if (outcome != DONE) return outcome;
      record.status = commit.status;
      if (record.status != ERRNO_SUCCESS || record.state == SYNC) return DONE;
      if (record.state == UNLOCK) beginSync(record);
      else goTo(record, begin(record, UNLINK));
      continue;
    }
    if (record.state == WAIT) {
      record.state = ENTER;
      const outcome = waitForOwner(commit);
      record.status = commit.status;
      return outcome;
    }
    const before = record.state;
    const errno = step(record);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) {
      record.status = errno;
      return DONE;
    }
    // A page of entries is a turn's work.
    if (before == TAKE && record.state == FETCH) return YIELD;
  }
}

function step(record: Record): i32 {
  const commit = record.commit;
  switch (record.state) {
    case PROBE:
      return probe(record);
    case UNLINK: {
      const errno = path_unlink_file(commit.root, commit.path, commit.pathBytes);
      if (errno != ERRNO_SUCCESS && errno != ERRNO_NOENT) return errno;
      return goTo(record, holdsLock(commit) ? UNLOCK : LOOK_LOCK);
    }
    case LOOK_LOCK: {
      // Somebody may have taken the lock since we looked, seen the file, and be about to replace it: it would come back.
      const errno = statLock(commit, commit.stat);
      if (errno == ERRNO_SUCCESS) return goTo(record, LOCK);
      return errno == ERRNO_NOENT || errno == ERRNO_NOTDIR ? goTo(record, LOOK_AGAIN) : errno;
    }
    case LOOK_AGAIN: {
      const errno = path_filestat_get(commit.root, 0, commit.path, commit.pathBytes, commit.stat);
      if (errno == ERRNO_NOENT || errno == ERRNO_NOTDIR) return goTo(record, UNLOCK);
      if (errno != ERRNO_SUCCESS) return errno;
      // Or he has done it, and it has come back.
      const isBack = fileKindError(commit.stat) == ERRNO_SUCCESS && record.length++ < TRIES;
      return goTo(record, isBack ? (mayBeLocked(commit.stat) ? LOCK : UNLINK) : UNLOCK);
    }
    case REMOVE:
      return removeDirectory(record);
    case ENTER: {
      const errno = openDirectory(commit.root, commit.path, u32(record.end));
      // Somebody else removed it.
      if (errno == ERRNO_NOENT) return goTo(record, REMOVE);
      if (errno != ERRNO_SUCCESS) return errno;
      record.fd = i32(result);
      record.owned = 1;
      return goTo(record, FETCH);
    }
    case FETCH: {
      const errno = fd_readdir(record.fd, commit.temp, PATH_AREA_BYTES, 0, used);
      if (errno != ERRNO_SUCCESS) return errno;
      record.done = min<u32>(load<u32>(used), PATH_AREA_BYTES);
      record.position = 0;
      return goTo(record, skipDots(record) ? TAKE : LEAVE);
    }
    case TAKE:
      return take(record);
    default: {
      const errno = fd_close(record.fd);
      if (errno == ERRNO_AGAIN) return errno;
      record.owned = 0;
      return goTo(record, record.state == DESCEND ? ENTER : record.state == HELD_UP ? WAIT : REMOVE);
    }
  }
}

function probe(record: Record): i32 {
  const commit = record.commit;
  record.end = commit.pathBytes;
  record.length = 0;
  record.offset = 0;
  if (commit.pathBytes == 0) return goTo(record, begin(record, record.flags & FLAG_RECURSIVE ? ENTER : REMOVE));
  const errno = path_filestat_get(commit.root, 0, commit.path, commit.pathBytes, commit.stat);
  // What is not there is deleted already.
  if (errno == ERRNO_NOENT || errno == ERRNO_NOTDIR) return finish(record);
  if (errno != ERRNO_SUCCESS) return errno;
  const kind = fileKindError(commit.stat);
  if (kind == ERRNO_ISDIR) return goTo(record, begin(record, record.flags & FLAG_RECURSIVE ? ENTER : REMOVE));
  // The link goes, and never what is behind it.
  if (kind == STATUS_SYMLINK && record.flags & FLAG_FOLLOW) return goTo(record, begin(record, UNLINK));
  if (kind != ERRNO_SUCCESS) return kind;
  // `file/` names a directory, and there is none.
  if (record.flags & FLAG_DIRECTORY) return finish(record);
  return goTo(record, mayBeLocked(commit.stat) ? LOCK : begin(record, UNLINK));
}

/** From here on something may have been removed. */
function begin(record: Record, state: i32): i32 {
  setMayHaveHappened(record.slot);
  return state;
}

function removeDirectory(record: Record): i32 {
  const commit = record.commit;
  const isTop = record.end == commit.pathBytes;
  if (isTop && record.flags & FLAG_KEEP_TOP) return beginSync(record);
  // The root is not a name in the root.
  if (record.end == 0) return ERRNO_PERM;
  const errno = path_remove_directory(commit.root, commit.path, u32(record.end));
  if (errno == ERRNO_NOTEMPTY && record.flags & FLAG_RECURSIVE && record.length++ < TRIES) return goTo(record, ENTER);
  if (errno != ERRNO_SUCCESS && errno != ERRNO_NOENT) return errno;
  if (isTop) return beginSync(record);
  record.offset = 0;
  record.end = parentBytes(commit.path, u32(record.end));
  return goTo(record, ENTER);
}

/** Takes the raw entry at `position`: a file goes, a directory is entered. */
function take(record: Record): i32 {
  const commit = record.commit;
  const raw = commit.temp + usize(record.position);
  const nameBytes = load<u32>(raw + DIRENT_NAME_BYTES);
  if (load<u8>(raw + DIRENT_FILETYPE) == FILETYPE_DIRECTORY) {
    const slash: u32 = record.end == 0 ? 0 : 1;
    if (record.end + slash + nameBytes > PATH_MAX_BYTES) return ERRNO_NAMETOOLONG;
    const end = commit.path + usize(record.end);
    if (slash) store<u8>(end, SLASH);
    memory.copy(end + slash, raw + DIRENT_BYTES, nameBytes);
    record.end += slash + nameBytes;
    record.offset = isLockName(raw + DIRENT_BYTES, nameBytes) ? 1 : 0;
    if (record.offset) beginWaiting(commit);
    return goTo(record, DESCEND);
  }
  if (record.offset && owner_ended(raw + DIRENT_BYTES, nameBytes) == 0) return goTo(record, HELD_UP);
  const errno = path_unlink_file(record.fd, raw + DIRENT_BYTES, nameBytes);
  if (errno != ERRNO_SUCCESS && errno != ERRNO_NOENT) return errno;
  record.position += DIRENT_BYTES + nameBytes;
  if (!skipDots(record)) return goTo(record, FETCH);
  return ERRNO_SUCCESS;
}

/** Whether there is another whole entry at `position`, after passing `.` and `..`. */
function skipDots(record: Record): bool {
  while (true) {
    const left = record.done - u32(record.position);
    if (left < DIRENT_BYTES) return false;
    const raw = record.commit.temp + usize(record.position);
    const nameBytes = load<u32>(raw + DIRENT_NAME_BYTES);
    if (nameBytes > left - DIRENT_BYTES) return false;
    if (!isDots(raw + DIRENT_BYTES, nameBytes)) return true;
    record.position += DIRENT_BYTES + nameBytes;
  }
}

function beginSync(record: Record): i32 {
  const commit = record.commit;
  const top = record.flags & FLAG_KEEP_TOP ? commit.pathBytes : parentBytes(commit.path, commit.pathBytes);
  beginDirectorySyncAt(commit, top);
  return goTo(record, SYNC);
}

function finish(record: Record): i32 {
  record.commit.flags = 0;
  return beginSync(record);
}

function goTo(record: Record, state: i32): i32 {
  record.state = state;
  return ERRNO_SUCCESS;
}
