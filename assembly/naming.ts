import { openWrite, result } from './calls';
import { Commit, advance, failCommit } from './commit-record';
import { checkConditions, hasConditions } from './conditions';
import {
  ERRNO_AGAIN,
  ERRNO_EXIST,
  ERRNO_NOENT,
  ERRNO_NOSYS,
  ERRNO_SUCCESS,
  FILESTAT_MTIME,
  FLAG_IF_NOT_EXISTS,
  FSTFLAGS_MTIM,
  STATUS_CONDITION,
} from './layout';
import { dropLock, holdsLock, inspectLock, isUnseen, relock, takeLock } from './lock';
import { nameTemp } from './names';
import { DONE, PARK } from './outcome';
import { setMayHaveHappened } from './phase';
import { beginRecall, noticeRecall, recallRivals } from './recall';
import { mayBeLocked } from './target';
import { fd_close, fd_filestat_get, fd_filestat_set_times, path_filestat_get, path_link, path_rename, path_unlink_file } from './wasi';

// Giving content its name, once it is whole and its file is closed:
//
//   look -> name | link, unlink -> unlock
//    |       ^  |
//    v       |  | touch, for a name whose time would not grow
//   lock -> [recall -> own] -> check
//    ^ ------ the temporary file was recalled
//
// The lock is taken when the call has conditions, which are then checked once more, when somebody else is at work on the name, and
// when the temporary file was recalled (see `recall.ts`). Letting go of it is left to `commit.ts`, as after an append.

/** States of a commit from here to UNLOCK. */
export const NAMING: i32 = 16;
const LOOK: i32 = NAMING;
const LOCK: i32 = 17;
const RECALL: i32 = 18;
const OWN: i32 = 19;
const CHECK: i32 = 20;
const RELOCK: i32 = 21;
const TOUCH_OPEN: i32 = 22;
const TOUCH: i32 = 23;
const TOUCH_STAT: i32 = 24;
const TOUCH_CLOSE: i32 = 25;
const NAME: i32 = 26;
const UNLINK_TEMP: i32 = 27;
/** What was written counts. */
export const UNLOCK: i32 = 28;

/** What replaces a file is younger by so much at least: an etag must not come back, and the clock of a file system is coarse. */
const YOUNGER_NS: u64 = 1000;

const present = memory.data(64);

/** From here on `giveName` is called until it is done. */
export function beginNaming(commit: Commit): void {
  // Nothing that a link would replace.
  const replaces = commit.exists && !(commit.flags & FLAG_IF_NOT_EXISTS);
  commit.state = hasConditions(commit.flags) ? LOCK : replaces ? LOOK : NAME;
}

/** DONE with the state UNLOCK, or with a status; or where the request waits. */
export function giveName(commit: Commit): i32 {
  while (commit.state != UNLOCK) {
    let outcome = DONE;
    if (commit.state == LOCK) {
      outcome = takeLock(commit);
      if (outcome == DONE) locked(commit);
    } else if (commit.state == RECALL) {
      outcome = recallRivals(commit);
      if (outcome == DONE) commit.state = OWN;
    } else if (commit.state == RELOCK) {
      outcome = dropLock(commit);
      if (outcome == DONE) commit.state = LOCK;
    } else {
      const errno = step(commit);
      if (errno == ERRNO_AGAIN) return PARK;
      if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
    }
    if (outcome != DONE || commit.status != ERRNO_SUCCESS) return outcome;
  }
  return DONE;
}

function step(commit: Commit): i32 {
  switch (commit.state) {
    case LOOK:
    case CHECK:
      return look(commit);
    case OWN:
      return advance(commit, inspectLock(commit), CHECK);
    case TOUCH_OPEN: {
      const errno = openWrite(commit.root, commit.temp, commit.tempBytes, 0, 0);
      if (errno == ERRNO_NOENT && noticeRecall(commit)) return advance(commit, ERRNO_SUCCESS, underLock(commit, TOUCH_OPEN));
      if (errno == ERRNO_SUCCESS) commit.fd = i32(result);
      return advance(commit, errno, TOUCH);
    }
    case TOUCH: {
      const errno = fd_filestat_set_times(commit.fd, 0, commit.replacedTime + YOUNGER_NS, FSTFLAGS_MTIM);
      // What has no times to set keeps its own.
      return advance(commit, errno == ERRNO_NOSYS ? ERRNO_SUCCESS : errno, TOUCH_STAT);
    }
    case TOUCH_STAT:
      return advance(commit, fd_filestat_get(commit.fd, commit.stat), TOUCH_CLOSE);
    case TOUCH_CLOSE: {
      const errno = fd_close(commit.fd);
      if (errno != ERRNO_AGAIN) commit.fd = -1;
      return advance(commit, errno, NAME);
    }
    case NAME: {
      setMayHaveHappened(commit.slot);
      if (commit.flags & FLAG_IF_NOT_EXISTS || commit.absent) return link(commit);
      const errno = path_rename(commit.root, commit.temp, commit.tempBytes, commit.root, commit.path, commit.pathBytes);
      if (errno == ERRNO_NOENT && noticeRecall(commit)) return advance(commit, ERRNO_SUCCESS, underLock(commit, NAME));
      if (errno != ERRNO_SUCCESS) return errno;
      commit.named = 0;
      return advance(commit, ERRNO_SUCCESS, UNLOCK);
    }
    default: {
      const errno = path_unlink_file(commit.root, commit.temp, commit.tempBytes);
      if (errno == ERRNO_NOENT && noticeRecall(commit)) return ERRNO_SUCCESS;
      if (errno != ERRNO_SUCCESS && errno != ERRNO_NOENT) return errno;
      commit.named = 0;
      return advance(commit, ERRNO_SUCCESS, UNLOCK);
    }
  }
}

/** With the lock of the name: what may refuse the call is checked again, and nobody without the lock comes in between. */
function locked(commit: Commit): void {
  commit.state = CHECK;
  if (!hasConditions(commit.flags)) return;
  beginRecall(commit);
  commit.state = RECALL;
}

/** Gives the content a name that is not to replace anything. */
function link(commit: Commit): i32 {
  const errno = path_link(commit.root, 0, commit.temp, commit.tempBytes, commit.root, commit.path, commit.pathBytes);
  const mustBeNew = (commit.flags & FLAG_IF_NOT_EXISTS) != 0;
  if (errno == ERRNO_NOENT && noticeRecall(commit)) return ERRNO_SUCCESS;
  if (errno == ERRNO_EXIST) return mustBeNew ? STATUS_CONDITION : relock(commit, RELOCK);
  if (errno == ERRNO_SUCCESS || errno == ERRNO_AGAIN || errno == ERRNO_NOENT || mustBeNew) return advance(commit, errno, UNLINK_TEMP);
  // Without links the look must do.
  commit.absent = 0;
  return ERRNO_SUCCESS;
}

function underLock(commit: Commit, state: i32): i32 {
  return holdsLock(commit) ? state : LOCK;
}

/** A last look at what is there: others may be at work on it, the conditions may not hold any more, it may be as young as we are. */
function look(commit: Commit): i32 {
  const errno = path_filestat_get(commit.root, 0, commit.path, commit.pathBytes, present);
  if (errno != ERRNO_SUCCESS && errno != ERRNO_NOENT) return errno;
  const exists = errno == ERRNO_SUCCESS;
  if (holdsLock(commit)) {
    const failed = checkConditions(commit.flags, commit.conditions, exists, present);
    if (failed != ERRNO_SUCCESS) return failed;
    if (hasConditions(commit.flags)) {
      if (exists && isUnseen(commit, present)) return relock(commit, RELOCK);
      commit.absent = exists ? 0 : 1;
    }
    // Whoever waits for a lock keeps what it finds there in the same room.
    nameTemp(commit);
  } else if (exists && mayBeLocked(present)) {
    return advance(commit, ERRNO_SUCCESS, LOCK);
  }
  commit.replacedTime = load<u64>(present + FILESTAT_MTIME);
  const isYounger = !exists || load<u64>(commit.stat + FILESTAT_MTIME) > commit.replacedTime;
  return advance(commit, ERRNO_SUCCESS, isYounger ? NAME : TOUCH_OPEN);
}
