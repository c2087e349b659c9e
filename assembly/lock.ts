import { now, openDirectory, openWrite, result, result64, sizeOf } from './calls';
import {
  Commit,
  LOCK_ENTRY,
  LOCK_GATE,
  LOCK_HELD,
  LOCK_LINKED,
  LOCK_LINKLESS,
  LOCK_PRIVATE,
  LOCK_REBOOTED,
  LOCK_SIZED,
  LOCK_SOFT,
  LOCK_STOLEN,
  LOCK_TIDY,
  LOCK_TORN,
  failCommit,
} from './commit-record';
import { enterGate, holdsGate, leaveGate } from './gates';
import {
  DIRENT_BYTES,
  DIRENT_NAME_BYTES,
  ERRNO_AGAIN,
  ERRNO_EXIST,
  ERRNO_NOENT,
  ERRNO_NOTEMPTY,
  ERRNO_SUCCESS,
  FILESTAT_INODE,
  FLAG_SYNC_FILE,
  OFLAGS_CREAT,
  OFLAGS_EXCL,
  PATH_AREA_BYTES,
  STATUS_LOCKED,
} from './layout';
import {
  NO_SIZE,
  SOFT,
  builtBytes,
  foundEntry,
  lockEntry,
  lockPath,
  privateEntry,
  privatePath,
  sizeInName,
  sizedEntry,
  tornEntry,
} from './names';
import { DONE, PARK, WAIT_GATE, WAIT_TIME } from './outcome';
import { missing } from './parents';
import { isDots } from './paths';
import {
  fd_close,
  fd_filestat_set_size,
  fd_readdir,
  fd_sync,
  owner_ended,
  path_create_directory,
  path_filestat_get,
  path_link,
  path_remove_directory,
  path_rename,
  path_unlink_file,
} from './wasi';

// The lock of a name: a directory with one entry, which is named after its owner. A directory can be renamed onto an empty one
// and never onto one with content, so whoever moves his private directory onto the lock's name holds the lock; and an entry's
// name is nobody else's, so taking away what a dead owner left can never take away the lock of a living one.
//
//   gate -> make -> link | plain, close -> take -> held
//            ^                              | somebody's
//            |                              v
//            |<- wait <-- look, read, close, clear
//            |                    | dead
//            |<- entry, directory <- repair <- steal

const GATE: i32 = 0;
const MAKE: i32 = 1;
const LINK: i32 = 2;
const PLAIN: i32 = 3;
const PLAIN_CLOSE: i32 = 4;
const TAKE: i32 = 5;
const CLEAR_ENTRY: i32 = 6;
const CLEAR: i32 = 7;
export const LOOK: i32 = 8;
const LOOK_READ: i32 = 9;
const LOOK_CLOSE: i32 = 10;
const STEAL: i32 = 11;
const REPAIR_OPEN: i32 = 12;
const REPAIR_SIZE: i32 = 13;
const REPAIR_CUT: i32 = 14;
const REPAIR_SYNC: i32 = 15;
const REPAIR_CLOSE: i32 = 16;
const REPAIR_ENTRY: i32 = 17;
const REPAIR_DIRECTORY: i32 = 18;
const WAIT: i32 = 19;
const HELD: i32 = 20;

/** Somebody who holds a lock longer than this is stuck, or moves a very long append: the caller is told. */
const PATIENCE_NS: u64 = 30_000_000_000;
const FIRST_DELAY_US: u32 = 100;
const LAST_DELAY_US: u32 = 5000;

/** All that is said of a lock that is held or stolen. */
const HOLDING: u32 = LOCK_HELD | LOCK_STOLEN | LOCK_LINKED | LOCK_SIZED | LOCK_SOFT | LOCK_TORN;

/** Where a file has another inode under each of its names, nothing is gained by taking the lock anew. */
const RELOCKS_MAX: u32 = 8;

const used = memory.data(8);
const lockStat = memory.data(64);
const entries = memory.data(4096);
const ENTRIES_BYTES: u32 = PATH_AREA_BYTES;

/** Until when a request that answered WAIT_TIME waits. */
export let waitUntil: u64 = 0;

// @ts-ignore: decorator
@inline
export function holdsLock(commit: Commit): bool {
  return (commit.lock & LOCK_HELD) != 0;
}

/** The directory of the name is missing: the commit makes it and comes back. */
export const PARENTS_FIRST: i32 = -1;

/** DONE with the lock held, or with a status. With `mayMake` the answer may be PARENTS_FIRST. */
export function takeLock(commit: Commit, mayMake: bool = false): i32 {
  while (commit.lockState != HELD) {
    if (commit.lockState == GATE) {
      if (!(commit.lock & LOCK_GATE) && !holdsGate(commit) && !enterGate(commit)) return WAIT_GATE;
      commit.lock |= LOCK_GATE;
      commit.lockDeadline = now() + PATIENCE_NS;
      commit.lockDelay = FIRST_DELAY_US;
      commit.lockState = MAKE;
    }
    if (commit.lockState == WAIT) {
      const time = now();
      if (time >= commit.lockDeadline) return failCommit(commit, STATUS_LOCKED);
      waitUntil = time + u64(commit.lockDelay) * 1000;
      commit.lockDelay = min<u32>(commit.lockDelay * 2, LAST_DELAY_US);
      commit.lockState = LOOK;
      return WAIT_TIME;
    }
    const errno = step(commit);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno == ERRNO_NOENT && mayMake && commit.lockState == MAKE) {
      const left = missing(commit, errno, commit.state);
      return left == ERRNO_SUCCESS ? PARENTS_FIRST : failCommit(commit, left);
    }
    if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
  }
  return DONE;
}

/** Repairs and takes away the lock that the path itself names, unless its owner lives. */
export function tidyLock(commit: Commit): i32 {
  if (!(commit.lock & LOCK_TIDY)) {
    commit.lock = LOCK_TIDY;
    commit.lockState = LOOK;
  }
  return takeLock(commit);
}

/** Whether there is a lock of the name, held or not: NOENT when there is none. */
export function statLock(commit: Commit, stat: usize): i32 {
  return path_filestat_get(commit.root, 0, lockPath(commit), builtBytes, stat);
}

/** Looks which file the held lock is a second name of, before its entry says more than that. */
export function inspectLock(commit: Commit): i32 {
  commit.lockedInode = 0;
  if (!(commit.lock & LOCK_LINKED)) return ERRNO_SUCCESS;
  const errno = path_filestat_get(commit.root, 0, lockEntry(commit), builtBytes, lockStat);
  if (errno == ERRNO_SUCCESS) commit.lockedInode = load<u64>(lockStat + FILESTAT_INODE);
  return errno;
}

/**
 * Whether those who take no lock may not see that somebody has it: the file in `stat` came under the name after the lock was made. So the
 * lock is to be taken anew.
 */
export function isUnseen(commit: Commit, stat: usize): bool {
  if (commit.lock & LOCK_LINKLESS || commit.relocks == RELOCKS_MAX) return false;
  return !(commit.lock & LOCK_LINKED) || load<u64>(stat + FILESTAT_INODE) != commit.lockedInode;
}

/** From here on the entry says that the target is appended to from this size on: an append that dies is cut off there. */
export function announceAppend(commit: Commit, size: u64): i32 {
  if (!(commit.flags & FLAG_SYNC_FILE)) commit.lock |= LOCK_SOFT;
  const source = lockEntry(commit);
  const sourceBytes = builtBytes;
  const errno = path_rename(commit.root, source, sourceBytes, commit.root, sizedEntry(commit, size), builtBytes);
  if (errno != ERRNO_SUCCESS) return errno;
  commit.begin = size;
  commit.lock |= LOCK_SIZED;
  return ERRNO_SUCCESS;
}

/** Opens the target by the name that it has in the lock. */
export function openAnnounced(commit: Commit, fdflags: i32): i32 {
  return openWrite(commit.root, ownEntry(commit), builtBytes, 0, fdflags);
}

/** Takes the announcement back: the append is whole from here on. The lock is empty then, and free. */
export function withdrawAppend(commit: Commit): i32 {
  const errno = path_unlink_file(commit.root, ownEntry(commit), builtBytes);
  if (errno == ERRNO_SUCCESS) commit.lock &= ~(LOCK_ENTRY | LOCK_SIZED | LOCK_SOFT | LOCK_LINKED);
  return errno;
}

/** Gives the entry, an empty file so far, the name of the target: EXIST when somebody else was faster. */
export function linkTarget(commit: Commit): i32 {
  return path_link(commit.root, 0, ownEntry(commit), builtBytes, commit.root, commit.path, commit.pathBytes);
}

/** Lets go of whatever is held. What cannot be taken away stays behind and is recognised once its owner is dead. */
export function dropLock(commit: Commit): i32 {
  // A repair that was not finished is still to be done, by whoever comes next.
  if (commit.lock & LOCK_STOLEN && commit.lock & LOCK_SIZED) commit.lock |= LOCK_TORN;
  while (commit.lock & ~(LOCK_TIDY | LOCK_REBOOTED)) if (dropStep(commit) == ERRNO_AGAIN) return PARK;
  // Whoever was let in and cancelled before it noticed is in the gate without knowing.
  leaveGate(commit);
  commit.lock = 0;
  commit.lockState = GATE;
  return DONE;
}

function dropStep(commit: Commit): i32 {
  const lock = commit.lock;
  if (lock & (LOCK_HELD | LOCK_STOLEN)) {
    if (!(lock & LOCK_ENTRY)) {
      const errno = path_remove_directory(commit.root, lockPath(commit), builtBytes);
      return forget(commit, errno, HOLDING);
    }
    const entry = ownEntry(commit);
    const entryBytes = builtBytes;
    if (!(lock & LOCK_TORN)) return forget(commit, path_unlink_file(commit.root, entry, entryBytes), LOCK_ENTRY);
    const errno = path_rename(commit.root, entry, entryBytes, commit.root, tornEntry(commit, commit.begin), builtBytes);
    return forget(commit, errno, HOLDING | LOCK_ENTRY);
  }
  if (lock & LOCK_PRIVATE) {
    if (lock & LOCK_ENTRY) return forget(commit, path_unlink_file(commit.root, privateEntry(commit), builtBytes), LOCK_ENTRY);
    const errno = path_remove_directory(commit.root, privatePath(commit), builtBytes);
    return forget(commit, errno, LOCK_PRIVATE | LOCK_LINKED);
  }
  leaveGate(commit);
  return forget(commit, ERRNO_SUCCESS, lock & ~(LOCK_TIDY | LOCK_REBOOTED));
}

function forget(commit: Commit, errno: i32, bits: u32): i32 {
  if (errno == ERRNO_AGAIN) return errno;
  commit.lock &= ~bits;
  return ERRNO_SUCCESS;
}

function step(commit: Commit): i32 {
  switch (commit.lockState) {
    case MAKE: {
      if (commit.lock & LOCK_TIDY) return goTo(commit, ERRNO_SUCCESS, HELD);
      const errno = path_create_directory(commit.root, privatePath(commit), builtBytes);
      // It is nobody's but ours: there is one when the answer to an earlier try was lost.
      if (errno != ERRNO_SUCCESS && errno != ERRNO_EXIST) return errno;
      commit.lock |= LOCK_PRIVATE;
      return goTo(commit, ERRNO_SUCCESS, LINK);
    }
    case LINK: {
      const errno = path_link(commit.root, 0, commit.path, commit.pathBytes, commit.root, privateEntry(commit), builtBytes);
      if (errno == ERRNO_AGAIN) return errno;
      // No target, no such thing as links, no right to make one: an empty file locks as well, and only readers miss the sign.
      if (errno != ERRNO_SUCCESS) {
        if (errno != ERRNO_NOENT) commit.lock |= LOCK_LINKLESS;
        return goTo(commit, ERRNO_SUCCESS, PLAIN);
      }
      commit.lock |= LOCK_ENTRY | LOCK_LINKED;
      return goTo(commit, ERRNO_SUCCESS, TAKE);
    }
    case PLAIN: {
      const errno = openWrite(commit.root, privateEntry(commit), builtBytes, OFLAGS_CREAT | OFLAGS_EXCL, 0);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.directory = i32(result);
      commit.lock |= LOCK_ENTRY;
      return goTo(commit, ERRNO_SUCCESS, PLAIN_CLOSE);
    }
    case PLAIN_CLOSE:
      return close(commit, TAKE);
    case TAKE:
      return take(commit);
    case CLEAR_ENTRY:
      return clear(commit, path_unlink_file(commit.root, privateEntry(commit), builtBytes), LOCK_ENTRY, CLEAR);
    case CLEAR:
      return clear(commit, path_remove_directory(commit.root, privatePath(commit), builtBytes), LOCK_PRIVATE | LOCK_LINKED, LOOK);
    case LOOK: {
      const errno = openDirectory(commit.root, lockPath(commit), builtBytes);
      if (errno == ERRNO_NOENT) return goTo(commit, ERRNO_SUCCESS, MAKE);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.directory = i32(result);
      return goTo(commit, ERRNO_SUCCESS, LOOK_READ);
    }
    case LOOK_READ: {
      const errno = fd_readdir(commit.directory, entries, ENTRIES_BYTES, 0, used);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.lock &= ~LOCK_REBOOTED;
      commit.tempBytes = findDead(commit, min<u32>(load<u32>(used), ENTRIES_BYTES));
      return goTo(commit, ERRNO_SUCCESS, LOOK_CLOSE);
    }
    case LOOK_CLOSE:
      return close(commit, commit.tempBytes == ALIVE ? afterAlive(commit) : commit.tempBytes == 0 ? afterEmpty(commit) : STEAL);
    case STEAL:
      return steal(commit);
    default:
      return repair(commit);
  }
}

function take(commit: Commit): i32 {
  const source = privatePath(commit);
  const sourceBytes = builtBytes;
  const errno = path_rename(commit.root, source, sourceBytes, commit.root, lockPath(commit), builtBytes);
  if (errno == ERRNO_EXIST || errno == ERRNO_NOTEMPTY) return goTo(commit, ERRNO_SUCCESS, CLEAR_ENTRY);
  if (errno != ERRNO_SUCCESS) return errno;
  commit.lock = (commit.lock & ~LOCK_PRIVATE) | LOCK_HELD;
  return goTo(commit, ERRNO_SUCCESS, HELD);
}

/** What `owner_ended` says of an owner whose machine was started anew since. */
const ENDED_BEFORE_BOOT: i32 = 2;
/** Somebody lives in it. */
const ALIVE: u32 = u32.MAX_VALUE;

/** Copies the name of the first entry, in the order of names, whose owner is dead, and gives its length; 0: the lock is empty. */
function findDead(commit: Commit, bytes: u32): u32 {
  const target = commit.temp;
  let found: u32 = 0;
  let at: u32 = 0;
  while (bytes - at >= DIRENT_BYTES) {
    const nameBytes = load<u32>(entries + at + DIRENT_NAME_BYTES);
    const name = entries + at + DIRENT_BYTES;
    if (nameBytes > bytes - at - DIRENT_BYTES) break;
    at += DIRENT_BYTES + nameBytes;
    if (isDots(name, nameBytes)) continue;
    const state = owner_ended(name, nameBytes);
    if (state == 0) return ALIVE;
    if (found != 0 && memory.compare(name, target, min(found, nameBytes)) >= 0) continue;
    memory.copy(target, name, nameBytes);
    found = nameBytes;
    commit.lock = state == ENDED_BEFORE_BOOT ? commit.lock | LOCK_REBOOTED : commit.lock & ~LOCK_REBOOTED;
  }
  return found;
}

function afterAlive(commit: Commit): i32 {
  return commit.lock & LOCK_TIDY ? HELD : WAIT;
}

function afterEmpty(commit: Commit): i32 {
  return commit.lock & LOCK_TIDY ? REPAIR_DIRECTORY : MAKE;
}

/** Makes a dead owner's entry ours: one of all who try succeeds. */
function steal(commit: Commit): i32 {
  let size = sizeInName(commit.temp, commit.tempBytes);
  // Of an append that was not durable the entry may have come back with a power cut, and the append may have been through.
  if (size & SOFT && commit.lock & LOCK_REBOOTED) size = NO_SIZE;
  commit.lock = size != NO_SIZE && size & SOFT ? commit.lock | LOCK_SOFT : commit.lock & ~LOCK_SOFT;
  const source = foundEntry(commit, commit.temp, commit.tempBytes);
  const sourceBytes = builtBytes;
  // Without a size nothing was being appended, and there is nothing to repair. With one it must not get lost on the way.
  const own = size == NO_SIZE ? lockEntry(commit) : sizedEntry(commit, size & ~SOFT);
  const errno = path_rename(commit.root, source, sourceBytes, commit.root, own, builtBytes);
  if (errno == ERRNO_NOENT) return goTo(commit, ERRNO_SUCCESS, LOOK);
  if (errno != ERRNO_SUCCESS) return errno;
  commit.lock |= LOCK_STOLEN | LOCK_ENTRY;
  if (size == NO_SIZE) return goTo(commit, ERRNO_SUCCESS, REPAIR_ENTRY);
  commit.begin = size & ~SOFT;
  commit.lock |= LOCK_SIZED;
  return goTo(commit, ERRNO_SUCCESS, REPAIR_OPEN);
}

/** Cuts off what a dead owner had begun to append, and takes away its entry. The entry is a name of the target. */
function repair(commit: Commit): i32 {
  switch (commit.lockState) {
    case REPAIR_OPEN: {
      const errno = openWrite(commit.root, ownEntry(commit), builtBytes, 0, 0);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.directory = i32(result);
      return goTo(commit, ERRNO_SUCCESS, REPAIR_SIZE);
    }
    case REPAIR_SIZE: {
      const errno = sizeOf(commit.directory);
      return goTo(commit, errno, result64 > commit.begin ? REPAIR_CUT : REPAIR_CLOSE);
    }
    case REPAIR_CUT:
      return goTo(commit, fd_filestat_set_size(commit.directory, commit.begin), REPAIR_SYNC);
    case REPAIR_SYNC:
      return goTo(commit, commit.flags & FLAG_SYNC_FILE ? fd_sync(commit.directory) : ERRNO_SUCCESS, REPAIR_CLOSE);
    case REPAIR_CLOSE:
      return close(commit, REPAIR_ENTRY);
    case REPAIR_ENTRY:
      return clear(
        commit,
        path_unlink_file(commit.root, ownEntry(commit), builtBytes),
        LOCK_ENTRY | LOCK_SIZED | LOCK_SOFT,
        REPAIR_DIRECTORY,
      );
    default:
      // Somebody may be in it already.
      return clear(commit, path_remove_directory(commit.root, lockPath(commit), builtBytes), LOCK_STOLEN, MAKE);
  }
}

/** The name that our entry in the lock has. */
function ownEntry(commit: Commit): usize {
  return commit.lock & LOCK_SIZED ? sizedEntry(commit, commit.begin) : lockEntry(commit);
}

function close(commit: Commit, state: i32): i32 {
  const errno = fd_close(commit.directory);
  if (errno == ERRNO_AGAIN) return errno;
  commit.directory = -1;
  return goTo(commit, ERRNO_SUCCESS, state);
}

/** What cannot be cleared away is in nobody's way. */
function clear(commit: Commit, errno: i32, bits: u32, state: i32): i32 {
  if (errno == ERRNO_AGAIN) return errno;
  commit.lock &= ~bits;
  return goTo(commit, ERRNO_SUCCESS, state);
}

function goTo(commit: Commit, errno: i32, state: i32): i32 {
  if (errno == ERRNO_SUCCESS) commit.lockState = state;
  return errno;
}
