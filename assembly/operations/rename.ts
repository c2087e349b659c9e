import { openDirectory, result } from '../calls';
import { beginDirectorySync, syncDirectory } from '../directory-sync';
import { announceSync } from '../file-sync';
import {
  ERRNO_AGAIN,
  ERRNO_EXIST,
  ERRNO_NOENT,
  ERRNO_SUCCESS,
  FLAG_FOLLOW,
  FLAG_IF_NOT_EXISTS,
  FLAG_SYNC_DIRECTORY,
  STATUS_CONDITION,
  STATUS_SAME_FILE,
  STATUS_SYMLINK,
} from '../layout';
import { PARENTS_FIRST, dropLock, takeLock } from '../lock';
import { DONE, PARK, YIELD } from '../outcome';
import { PARENTS, makeParents, missing } from '../parents';
import { parentBytes } from '../paths';
import { setMayHaveHappened } from '../phase';
import { Record } from '../record';
import { resolve, resolved, resolvedBytes } from '../resolve';
import { fileKindError, inspectTarget } from '../target';
import { fd_sync, path_filestat_get, path_link, path_rename, path_unlink_file } from '../wasi';
import { isSameFile, sourceError } from './copy';

// Moving a name:
//
//   source -> [link] -> target -> lock -> [settle] -> move -> unlock -> sync target -> [open, announce, sync source]
//                          |                 ^ parents, when there is no directory yet
//                          v
//                         if-not-exists: [settle] -> move by a link, unlink source -> unlock ...

const SOURCE: i32 = 0;
/** The source is a symlink, which is moved as it is. */
const LINK: i32 = 1;
const TARGET: i32 = 2;
/** What is there, or comes there meanwhile, may be about to be replaced by somebody who has checked that it is the right thing. */
const LOCK: i32 = 3;
/** The parents that were made go to the disk first: a name must not leave its directory for one that a power cut takes away. */
const SETTLE: i32 = 4;
const MOVE: i32 = 5;
const UNLINK_SOURCE: i32 = 6;
const UNLOCK: i32 = 7;
const SYNC_TARGET: i32 = 8;
const OPEN_SOURCE: i32 = 9;
const ANNOUNCE_SOURCE: i32 = 10;
const SYNC_SOURCE: i32 = 11;
const FINISHED: i32 = 12;

/** State of the commit while it has nothing to do: `missing` takes it to its parents and back. */
const RESUME: i32 = -1;

/** Moves a file, replacing what is there atomically; with if-not-exists a link decides. Both directories are synced. */
export function rename(record: Record): i32 {
  const commit = record.commit;
  while (record.state != FINISHED) {
    const makesParents = commit.state == PARENTS;
    if (!makesParents && (record.state == LOCK || record.state == UNLOCK || record.state == SYNC_TARGET || record.state == SETTLE)) {
      const outcome = record.state == LOCK ? takeLock(commit, true) : record.state == UNLOCK ? dropLock(commit) : syncDirectory(commit);
      if (outcome == PARENTS_FIRST) continue;
      if (outcome != DONE) return outcome;
      record.status = commit.status;
      if (record.status != ERRNO_SUCCESS) return DONE;
      if (record.state == LOCK) record.state = MOVE;
      else if (record.state == UNLOCK) unlocked(record);
      else if (record.state == SETTLE) settled(record);
      else synced(record);
      continue;
    }
    const before = record.state;
    const errno = makesParents ? makeParents(commit) : step(record);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) {
      record.status = errno;
      return DONE;
    }
    if (before == ANNOUNCE_SOURCE) return YIELD;
  }
  return DONE;
}

function step(record: Record): i32 {
  const commit = record.commit;
  switch (record.state) {
    case SOURCE: {
      // The room for a temporary name is not in use here.
      const errno = path_filestat_get(record.root, 0, record.path, record.pathBytes, commit.temp);
      if (errno != ERRNO_SUCCESS) return sourceError(errno);
      const kind = fileKindError(commit.temp);
      if (kind == STATUS_SYMLINK && record.flags & FLAG_FOLLOW) return goTo(record, ERRNO_SUCCESS, LINK);
      return goTo(record, kind, TARGET);
    }
    case LINK: {
      // A link that took the place of what it leads to would lead to itself.
      const errno = resolve(record.root, record.path, record.pathBytes, true);
      if (errno == ERRNO_AGAIN) return errno;
      if (errno == ERRNO_SUCCESS && isTarget(record)) return STATUS_SAME_FILE;
      return goTo(record, ERRNO_SUCCESS, TARGET);
    }
    case TARGET: {
      const errno = inspectTarget(commit);
      const isLink = errno == STATUS_SYMLINK && (record.flags & FLAG_FOLLOW) != 0;
      if (errno != ERRNO_SUCCESS && !isLink) return errno;
      if (commit.exists && isSameFile(commit.temp, commit.stat)) return STATUS_SAME_FILE;
      if (commit.exists && record.flags & FLAG_IF_NOT_EXISTS) return STATUS_CONDITION;
      commit.state = RESUME;
      // A link replaces nothing, and nobody checks conditions of a symlink.
      return goTo(record, ERRNO_SUCCESS, isLink || record.flags & FLAG_IF_NOT_EXISTS ? MOVE : LOCK);
    }
    case MOVE:
      if (commit.made < 0 || record.done || !(record.flags & FLAG_SYNC_DIRECTORY)) return move(record);
      beginDirectorySync(commit);
      return goTo(record, ERRNO_SUCCESS, SETTLE);
    case UNLINK_SOURCE: {
      const errno = path_unlink_file(record.root, record.path, record.pathBytes);
      return goTo(record, errno == ERRNO_NOENT ? ERRNO_SUCCESS : errno, UNLOCK);
    }
    case OPEN_SOURCE: {
      const parent = parentBytes(record.path, record.pathBytes);
      if (parent == 0) return goTo(record, fd_sync(record.root), FINISHED);
      const errno = openDirectory(record.root, record.path, parent);
      // Somebody removed it: then the name is gone with it.
      if (errno == ERRNO_NOENT) return goTo(record, ERRNO_SUCCESS, FINISHED);
      if (errno != ERRNO_SUCCESS) return errno;
      record.fd = i32(result);
      record.owned = 1;
      return goTo(record, ERRNO_SUCCESS, ANNOUNCE_SOURCE);
    }
    case ANNOUNCE_SOURCE:
      return announceSync(record.fd) == ERRNO_AGAIN ? ERRNO_AGAIN : goTo(record, ERRNO_SUCCESS, SYNC_SOURCE);
    default:
      return goTo(record, fd_sync(record.fd), FINISHED);
  }
}

function move(record: Record): i32 {
  const commit = record.commit;
  setMayHaveHappened(record.slot);
  if (record.flags & FLAG_IF_NOT_EXISTS) {
    const errno = path_link(record.root, 0, record.path, record.pathBytes, commit.root, commit.path, commit.pathBytes);
    if (errno == ERRNO_EXIST) return STATUS_CONDITION;
    if (errno != ERRNO_SUCCESS) return missing(commit, errno, RESUME);
    return goTo(record, ERRNO_SUCCESS, UNLINK_SOURCE);
  }
  const errno = path_rename(record.root, record.path, record.pathBytes, commit.root, commit.path, commit.pathBytes);
  if (errno != ERRNO_SUCCESS) return missing(commit, errno, RESUME);
  return goTo(record, ERRNO_SUCCESS, UNLOCK);
}

function settled(record: Record): void {
  record.done = 1;
  record.commit.state = RESUME;
  record.state = MOVE;
}

function unlocked(record: Record): void {
  beginDirectorySync(record.commit);
  record.state = SYNC_TARGET;
}

/** The directory that the name went away from is synced last: after a power cut there may be two names, but not none. */
function synced(record: Record): void {
  const isDurable = (record.flags & FLAG_SYNC_DIRECTORY) != 0;
  record.state = isDurable && !isSameParent(record) ? OPEN_SOURCE : FINISHED;
}

/** Whether what was resolved last is the target. */
function isTarget(record: Record): bool {
  const commit = record.commit;
  if (resolvedBytes != commit.pathBytes) return false;
  return memory.compare(resolved, commit.path, resolvedBytes) == 0;
}

function isSameParent(record: Record): bool {
  const commit = record.commit;
  const parent = parentBytes(record.path, record.pathBytes);
  if (parent != parentBytes(commit.path, commit.pathBytes)) return false;
  return memory.compare(record.path, commit.path, parent) == 0;
}

function goTo(record: Record, errno: i32, state: i32): i32 {
  if (errno == ERRNO_SUCCESS) record.state = state;
  return errno;
}
