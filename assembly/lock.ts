import { now, openDirectory, openWrite, result } from './calls';
import { Commit, advance, failCommit } from './commit-record';
import { readPage } from './directory-page';
import { enterGate, holdsGate, leaveGate } from './gates';
import {
  ERRNO_AGAIN,
  ERRNO_EXIST,
  ERRNO_NOENT,
  ERRNO_NOTEMPTY,
  ERRNO_SUCCESS,
  FILESTAT_INODE,
  OFLAGS_CREAT,
  OFLAGS_EXCL,
  STATUS_LOCKED,
} from './layout';
import { ALIVE, REPAIR_DIRECTORY, STEAL, findDead, repairLock } from './lock-repair';
import {
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
  LOOK,
  MAKE,
  clear,
  close,
  goTo,
} from './lock-state';
import { builtBytes, lockEntry, lockPath, ownEntry, privateEntry, privatePath, tornEntry } from './names';
import { DONE, PARK, WAIT_GATE, WAIT_TIME } from './outcome';
import { missing } from './parents';
import { path_create_directory, path_filestat_get, path_link, path_remove_directory, path_rename, path_unlink_file } from './wasi';

// The lock of a name: a directory with one entry, which is named after its owner. A directory can be renamed onto an empty one
// and never onto one with content, so whoever moves his private directory onto the lock's name holds the lock; and an entry's
// name is nobody else's, so taking away what a dead owner left can never take away the lock of a living one.
//
//   gate -> make -> link | plain, close -> take -> held
//            ^                              | somebody's
//            |                              v
//            |<- wait <-- look, read, close, clear
//            |                    | dead
//            |<- repair (`lock-repair.ts`)

const GATE: i32 = 0;
// 1 is MAKE.
const LINK: i32 = 2;
const PLAIN: i32 = 3;
const PLAIN_CLOSE: i32 = 4;
const TAKE: i32 = 5;
const CLEAR_ENTRY: i32 = 6;
const CLEAR: i32 = 7;
// 8 is LOOK.
const LOOK_READ: i32 = 9;
const LOOK_CLOSE: i32 = 10;
const WAIT: i32 = 11;
const HELD: i32 = 12;

/** Somebody who holds a lock longer than this is stuck, or moves a very long append: the caller is told. */
const PATIENCE_NS: u64 = 30_000_000_000;
const FIRST_DELAY_US: u32 = 100;
const LAST_DELAY_US: u32 = 5000;

/** All that is said of a lock that is held or stolen. */
const HOLDING: u32 = LOCK_HELD | LOCK_STOLEN | LOCK_LINKED | LOCK_SIZED | LOCK_SOFT | LOCK_TORN;

/** Where a file has another inode under each of its names, nothing is gained by taking the lock anew. */
const RELOCKS_MAX: u32 = 8;

const lockStat = memory.data(64);

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
      beginWaiting(commit);
      commit.lockState = MAKE;
    }
    if (commit.lockState == WAIT) {
      commit.lockState = LOOK;
      return waitForOwner(commit);
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

/** From here on others are waited for, and patience has an end. */
export function beginWaiting(commit: Commit): void {
  commit.lockDeadline = now() + PATIENCE_NS;
  commit.lockDelay = FIRST_DELAY_US;
}

/** WAIT_TIME, for longer each time; DONE with a status at the end of patience. */
export function waitForOwner(commit: Commit): i32 {
  const time = now();
  if (time >= commit.lockDeadline) return failCommit(commit, STATUS_LOCKED);
  waitUntil = time + u64(commit.lockDelay) * 1000;
  commit.lockDelay = min<u32>(commit.lockDelay * 2, LAST_DELAY_US);
  return WAIT_TIME;
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

/** The lock is taken anew: the state that comes next lets go of it first. */
export function relock(commit: Commit, state: i32): i32 {
  commit.relocks++;
  return advance(commit, ERRNO_SUCCESS, state);
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
      const errno = readPage(commit.directory, 0);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.tempBytes = findDead(commit);
      return goTo(commit, ERRNO_SUCCESS, LOOK_CLOSE);
    }
    case LOOK_CLOSE:
      return close(commit, commit.tempBytes == ALIVE ? afterAlive(commit) : commit.tempBytes == 0 ? afterEmpty(commit) : STEAL);
    default:
      return repairLock(commit);
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

function afterAlive(commit: Commit): i32 {
  return commit.lock & LOCK_TIDY ? HELD : WAIT;
}

function afterEmpty(commit: Commit): i32 {
  return commit.lock & LOCK_TIDY ? REPAIR_DIRECTORY : MAKE;
}
