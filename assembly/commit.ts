import { storeWord } from './atomics';
import { append, openDirectory, openWrite, result, result64, sizeOf, write } from './calls';
import { checkConditions } from './conditions';
import {
  ERRNO_AGAIN,
  ERRNO_EXIST,
  ERRNO_ISDIR,
  ERRNO_NOENT,
  ERRNO_NOSPC,
  ERRNO_NOSYS,
  ERRNO_SUCCESS,
  FDFLAGS_APPEND,
  FILESTAT_FILETYPE,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  FLAG_APPEND,
  FLAG_IF_NOT_EXISTS,
  FLAG_SYNC_DIRECTORY,
  FLAG_SYNC_FILE,
  NONCE_BYTES,
  OFLAGS_CREAT,
  OFLAGS_EXCL,
  PATH_AREA_BYTES,
  PHASE_MAY_HAVE_HAPPENED,
  SLOT_PHASE,
  STATUS_CONDITION,
  STATUS_SPECIAL,
  STATUS_SYMLINK,
} from './layout';
import { DONE, PARK } from './outcome';
import { parentBytes, prefixBytes } from './paths';
import { tempPrefix, tempPrefixBytes } from './space';
import {
  fd_close,
  fd_filestat_get,
  fd_sync,
  file_adopt,
  path_create_directory,
  path_filestat_get,
  path_link,
  path_remove_directory,
  path_rename,
  path_unlink_file,
} from './wasi';

// The one place that puts content under a name. Nothing is ever overwritten in place:
//
//   inspect -> temp -> adopt -> [write ...] -> sync -> stat -> close -> rename | link, unlink -> sync directories
//               ^ parents, when there is no directory yet
//
// Every state makes one call and may be parked in it; it is repeated with the same arguments. Whatever fails leaves its
// error in `status`; `abandonCommit` then takes away what is left, and the old content stands as it did.

const INSPECT: i32 = 0;
const TEMP: i32 = 1;
const PARENTS: i32 = 2;
const ADOPT: i32 = 3;
const APPEND_OPEN: i32 = 4;
const APPEND_SIZE: i32 = 5;
/** Ready for content. */
const OPEN: i32 = 6;
const SYNC: i32 = 7;
const STAT: i32 = 8;
const CLOSE: i32 = 9;
const NAME: i32 = 10;
const UNLINK_TEMP: i32 = 11;
const DIRECTORY_OPEN: i32 = 12;
const DIRECTORY_SYNC: i32 = 13;
const DIRECTORY_CLOSE: i32 = 14;
const FINISHED: i32 = 15;

/** Another process may remove the parents while we make them: so often we make them again. */
const PARENT_TRIES: u32 = 3;
const SUFFIX = memory.data<u8>([0x2e, 0x74, 0x6d, 0x70]); // ".tmp"
const SUFFIX_BYTES: u32 = 4;
const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);

const NONCE: usize = 112;
const CONDITIONS: usize = 128;
const STAT_AREA: usize = 192;
const PATH: usize = 256;
const TEMP_PATH: usize = 256 + PATH_AREA_BYTES;
export const COMMIT_BYTES: usize = TEMP_PATH + PATH_AREA_BYTES + 256;

@unmanaged
export class Commit {
  root: u32;
  flags: u32;
  /** First error, or ERRNO_SUCCESS. */
  status: i32;
  state: i32;
  /** Where PARENTS goes back to. */
  resume: i32;
  /** The temporary file, or the file that is appended to; -1 when closed. */
  fd: i32;
  /** A directory that is open for its fsync; -1 when none. */
  directory: i32;
  /** 1 while the temporary name exists. */
  named: u32;
  /** 1 when the target existed. */
  exists: u32;
  /** Length of the first parent that had to be made; -1 when none had. */
  made: i32;
  /** Length of the parent that is being made or synced. */
  cursor: i32;
  tries: u32;
  /** Length of the parent that was removed last; 0: none was. */
  removed: u32;
  pathBytes: u32;
  tempBytes: u32;
  /** Slot whose phase tells the host how far this went. */
  slot: usize;
  /** Position of the next byte. */
  written: u64;

  get nonce(): usize { return changetype<usize>(this) + NONCE; }
  get conditions(): usize { return changetype<usize>(this) + CONDITIONS; }
  get stat(): usize { return changetype<usize>(this) + STAT_AREA; }
  get path(): usize { return changetype<usize>(this) + PATH; }
  get temp(): usize { return changetype<usize>(this) + TEMP_PATH; }
}

/** Nothing open, nothing named, no status: every commit begins so, and `abandonCommit` finds nothing to do. */
export function clearCommit(commit: Commit): void {
  commit.status = ERRNO_SUCCESS;
  commit.state = INSPECT;
  commit.fd = -1;
  commit.directory = -1;
  commit.named = 0;
  commit.exists = 0;
  commit.made = -1;
  commit.cursor = 0;
  commit.tries = 0;
  commit.removed = 0;
  commit.written = 0;
}

/** Looks at the target and opens the file that takes the content. Afterwards `status`, or content may be written. */
export function openCommit(commit: Commit): i32 {
  while (true) {
    if (commit.state == OPEN) return DONE;
    const errno = openStep(commit);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
  }
}

function openStep(commit: Commit): i32 {
  switch (commit.state) {
    case INSPECT:
      return inspect(commit);
    case TEMP: {
      nameTemp(commit);
      const errno = openWrite(commit.root, commit.temp, commit.tempBytes, OFLAGS_CREAT | OFLAGS_EXCL, 0);
      if (errno != ERRNO_SUCCESS) return missing(commit, errno, TEMP);
      commit.fd = i32(result);
      commit.named = 1;
      commit.state = commit.exists ? ADOPT : OPEN;
      return ERRNO_SUCCESS;
    }
    case PARENTS:
      return makeParents(commit);
    case ADOPT: {
      const errno = file_adopt(commit.fd, commit.root, commit.path, commit.pathBytes);
      if (errno != ERRNO_SUCCESS && errno != ERRNO_NOSYS) return errno;
      commit.state = OPEN;
      return ERRNO_SUCCESS;
    }
    case APPEND_OPEN: {
      const errno = openWrite(commit.root, commit.path, commit.pathBytes, OFLAGS_CREAT, FDFLAGS_APPEND);
      if (errno != ERRNO_SUCCESS) return missing(commit, errno, APPEND_OPEN);
      commit.fd = i32(result);
      commit.state = APPEND_SIZE;
      return ERRNO_SUCCESS;
    }
    case APPEND_SIZE: {
      const errno = sizeOf(commit.fd);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.written = result64;
      commit.state = OPEN;
      return ERRNO_SUCCESS;
    }
    default:
      assert(false, 'a commit that is open was opened again');
      return ERRNO_NOSYS;
  }
}

function inspect(commit: Commit): i32 {
  const errno = inspectTarget(commit);
  if (errno != ERRNO_SUCCESS) return errno;
  if (commit.exists && commit.flags & FLAG_IF_NOT_EXISTS) return STATUS_CONDITION;
  const failed = checkConditions(commit.flags, commit.conditions, commit.exists != 0, commit.stat);
  if (failed != ERRNO_SUCCESS) return failed;
  commit.state = commit.flags & FLAG_APPEND ? APPEND_OPEN : TEMP;
  return ERRNO_SUCCESS;
}

/** Fills `exists` and `stat`; an error when what is there cannot be replaced by a file. */
export function inspectTarget(commit: Commit): i32 {
  if (commit.pathBytes == 0) return ERRNO_ISDIR;
  const errno = path_filestat_get(commit.root, 0, commit.path, commit.pathBytes, commit.stat);
  commit.exists = errno == ERRNO_SUCCESS ? 1 : 0;
  if (errno == ERRNO_NOENT) return ERRNO_SUCCESS;
  if (errno != ERRNO_SUCCESS) return errno;
  return fileKindError(commit.stat);
}

/** What stands in the way of treating this as a file: ISDIR, STATUS_SYMLINK, STATUS_SPECIAL, or nothing. */
export function fileKindError(stat: usize): i32 {
  const kind = load<u8>(stat + FILESTAT_FILETYPE);
  if (kind == FILETYPE_REGULAR_FILE) return ERRNO_SUCCESS;
  if (kind == FILETYPE_DIRECTORY) return ERRNO_ISDIR;
  return kind == FILETYPE_SYMBOLIC_LINK ? STATUS_SYMLINK : STATUS_SPECIAL;
}

/** NOENT on the way to `state` means that parents are missing: make them, come back. */
export function missing(commit: Commit, errno: i32, state: i32): i32 {
  if (errno != ERRNO_NOENT || commit.tries == PARENT_TRIES) return errno;
  if (parentBytes(commit.path, commit.pathBytes) == 0) return errno;
  commit.tries++;
  commit.cursor = i32(prefixBytes(commit.path, commit.pathBytes, 0));
  commit.resume = state;
  commit.state = PARENTS;
  return ERRNO_SUCCESS;
}

/** Makes the parent at `cursor`, then the next one; the last one leads back to `resume`. */
export function makeParents(commit: Commit): i32 {
  const errno = path_create_directory(commit.root, commit.path, u32(commit.cursor));
  if (errno == ERRNO_SUCCESS) {
    if (commit.made < 0) commit.made = commit.cursor;
  } else if (errno != ERRNO_EXIST) {
    return errno;
  }
  const parent = parentBytes(commit.path, commit.pathBytes);
  if (u32(commit.cursor) == parent) commit.state = commit.resume;
  else commit.cursor = i32(prefixBytes(commit.path, parent, u32(commit.cursor) + 1));
  return ERRNO_SUCCESS;
}

/** Temporary name in the directory of the target: unguessable, and recognisable as one of ours. */
function nameTemp(commit: Commit): void {
  const parent = parentBytes(commit.path, commit.pathBytes);
  const start = commit.temp;
  let at = start;
  if (parent != 0) {
    memory.copy(at, commit.path, parent + 1);
    at += parent + 1;
  }
  memory.copy(at, tempPrefix, tempPrefixBytes);
  at += tempPrefixBytes;
  for (let i: u32 = 0; i < NONCE_BYTES; i++) {
    const byte = u32(load<u8>(commit.nonce + i));
    store<u8>(at, load<u8>(HEX + (byte >> 4)));
    store<u8>(at + 1, load<u8>(HEX + (byte & 15)));
    at += 2;
  }
  memory.copy(at, SUFFIX, SUFFIX_BYTES);
  at += SUFFIX_BYTES;
  commit.tempBytes = u32(at - start);
}

/**
 * Writes `bytes` from `source + done` on, until the count says so: returns DONE with `status`, or PARK. `done` is the caller's
 * counter, because a parked step is repeated.
 */
export let progress: u32 = 0;

export function writeCommit(commit: Commit, source: usize, bytes: u32, done: u32): i32 {
  progress = done;
  while (progress < bytes) {
    let errno: i32;
    if (commit.flags & FLAG_APPEND) {
      setMayHaveHappened(commit.slot);
      errno = append(commit.fd, source + progress, bytes - progress);
    } else {
      errno = write(commit.fd, source + progress, bytes - progress, commit.written);
    }
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
    // A count of nothing without an error is how a full disk or a file-size limit looks.
    if (result == 0) return failCommit(commit, ERRNO_NOSPC);
    progress += result;
    commit.written += result;
  }
  return DONE;
}

/**
 * From the call after this on the effect of a request may have happened. Atomic, so that it comes before the look at whether this
 * instance was revoked: the host revokes first and reads the phase then, and one of the two sees the other.
 */
export function setMayHaveHappened(slot: usize): void {
  storeWord(slot + SLOT_PHASE, PHASE_MAY_HAVE_HAPPENED);
}

/** fsync in the middle, for a writer's flush. */
export function syncCommit(commit: Commit): i32 {
  const errno = fd_sync(commit.fd);
  if (errno == ERRNO_AGAIN) return PARK;
  if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
  return DONE;
}

/** Gives the content its name. Afterwards `status`; `stat` is that of the file under its name. */
export function finishCommit(commit: Commit): i32 {
  if (commit.state == OPEN) commit.state = commit.flags & FLAG_SYNC_FILE ? SYNC : STAT;
  while (commit.state != FINISHED) {
    const errno = finishStep(commit);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
  }
  return DONE;
}

function finishStep(commit: Commit): i32 {
  switch (commit.state) {
    case SYNC:
      return advance(commit, fd_sync(commit.fd), STAT);
    case STAT:
      return advance(commit, fd_filestat_get(commit.fd, commit.stat), CLOSE);
    case CLOSE: {
      // Before the name is given, because a network file system tells of a lost write only here.
      const errno = fd_close(commit.fd);
      if (errno == ERRNO_AGAIN) return errno;
      commit.fd = -1;
      if (errno != ERRNO_SUCCESS) return errno;
      if (!(commit.flags & FLAG_APPEND)) commit.state = NAME;
      else if (commit.exists) commit.state = FINISHED;
      else beginDirectorySync(commit);
      return ERRNO_SUCCESS;
    }
    case NAME: {
      setMayHaveHappened(commit.slot);
      if (commit.flags & FLAG_IF_NOT_EXISTS) {
        const errno = path_link(commit.root, 0, commit.temp, commit.tempBytes, commit.root, commit.path, commit.pathBytes);
        if (errno == ERRNO_EXIST) return STATUS_CONDITION;
        return advance(commit, errno, UNLINK_TEMP);
      }
      const errno = path_rename(commit.root, commit.temp, commit.tempBytes, commit.root, commit.path, commit.pathBytes);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.named = 0;
      beginDirectorySync(commit);
      return ERRNO_SUCCESS;
    }
    case UNLINK_TEMP: {
      const errno = path_unlink_file(commit.root, commit.temp, commit.tempBytes);
      if (errno != ERRNO_SUCCESS && errno != ERRNO_NOENT) return errno;
      commit.named = 0;
      beginDirectorySync(commit);
      return ERRNO_SUCCESS;
    }
    default:
      return directorySyncStep(commit);
  }
}

/** From here on `directorySyncStep` is called until `isFinished`. */
export function beginDirectorySync(commit: Commit): void {
  beginDirectorySyncAt(commit, parentBytes(commit.path, commit.pathBytes));
}

/** The same for the directory whose path is the first `bytes` of the commit's. */
export function beginDirectorySyncAt(commit: Commit, bytes: u32): void {
  commit.cursor = i32(bytes);
  commit.state = commit.flags & FLAG_SYNC_DIRECTORY ? DIRECTORY_OPEN : FINISHED;
}

// @ts-ignore: decorator
@inline
export function isFinished(commit: Commit): bool {
  return commit.state == FINISHED;
}

/** fsync of the directory that holds the name, then of those that hold the parents that were made. */
export function directorySyncStep(commit: Commit): i32 {
  switch (commit.state) {
    case DIRECTORY_OPEN: {
      if (commit.cursor == 0) {
        // The root is open already, and it ends every chain.
        return advance(commit, fd_sync(commit.root), FINISHED);
      }
      const errno = openDirectory(commit.root, commit.path, u32(commit.cursor));
      if (errno != ERRNO_SUCCESS) return errno;
      commit.directory = i32(result);
      commit.state = DIRECTORY_SYNC;
      return ERRNO_SUCCESS;
    }
    case DIRECTORY_SYNC:
      return advance(commit, fd_sync(commit.directory), DIRECTORY_CLOSE);
    case DIRECTORY_CLOSE: {
      const errno = fd_close(commit.directory);
      if (errno == ERRNO_AGAIN) return errno;
      commit.directory = -1;
      const last = commit.made < 0 ? commit.cursor : i32(parentBytes(commit.path, u32(commit.made)));
      if (commit.cursor <= last) {
        commit.state = FINISHED;
        return ERRNO_SUCCESS;
      }
      commit.cursor = i32(parentBytes(commit.path, u32(commit.cursor)));
      commit.state = DIRECTORY_OPEN;
      return ERRNO_SUCCESS;
    }
    default:
      assert(false, 'a commit in a state that has no next step');
      return ERRNO_NOSYS;
  }
}

/** Takes away what a failed or cancelled commit left: descriptors and the temporary name. Its own errors change nothing. */
export function abandonCommit(commit: Commit): i32 {
  if (commit.fd >= 0) {
    if (fd_close(commit.fd) == ERRNO_AGAIN) return PARK;
    commit.fd = -1;
  }
  if (commit.directory >= 0) {
    if (fd_close(commit.directory) == ERRNO_AGAIN) return PARK;
    commit.directory = -1;
  }
  if (commit.named) {
    if (path_unlink_file(commit.root, commit.temp, commit.tempBytes) == ERRNO_AGAIN) return PARK;
    commit.named = 0;
  }
  // Parents that were made for a file that did not come, from the deepest up; one that others use by now stays.
  while (commit.made >= 0 && commit.state != FINISHED) {
    const last = commit.state == PARENTS ? u32(commit.cursor) : parentBytes(commit.path, commit.pathBytes);
    const bytes = commit.removed == 0 ? last : parentBytes(commit.path, commit.removed);
    if (bytes < u32(commit.made)) break;
    if (path_remove_directory(commit.root, commit.path, bytes) == ERRNO_AGAIN) return PARK;
    commit.removed = bytes;
  }
  return DONE;
}

function failCommit(commit: Commit, errno: i32): i32 {
  if (commit.status == ERRNO_SUCCESS) commit.status = errno;
  return DONE;
}

function advance(commit: Commit, errno: i32, state: i32): i32 {
  if (errno == ERRNO_SUCCESS) commit.state = state;
  return errno;
}
