import { storeWord } from './atomics';
import { append, openWrite, result, write } from './calls';
import { Commit, LOCK_LINKED, LOCK_TORN, advance, clearCommit, failCommit } from './commit-record';
import { checkConditions, hasConditions } from './conditions';
import { DIRECTORY_JOIN, FINISHED, abandonSync, beginDirectorySync, syncDirectory } from './directory-sync';
import { GROW, SHRINK, SYNCED, WRITE_OUT, afterContent, afterTemp, givesWay, leaveGathered, othersGathered, prepare, syncFile } from './file-sync';
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
  FILESTAT_LINKS,
  FILESTAT_MTIME,
  FILESTAT_SIZE,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  FLAG_APPEND,
  FLAG_IF_NOT_EXISTS,
  FLAG_SYNC_DIRECTORY,
  FLAG_SYNC_FILE,
  FSTFLAGS_MTIM,
  OFLAGS_CREAT,
  OFLAGS_EXCL,
  PHASE_MAY_HAVE_HAPPENED,
  SLOT_PHASE,
  STATUS_CONDITION,
  STATUS_SPECIAL,
  STATUS_SYMLINK,
} from './layout';
import {
  PARENTS_FIRST,
  announceAppend,
  dropLock,
  holdsLock,
  inspectLock,
  isUnseen,
  linkTarget,
  openAnnounced,
  takeLock,
  withdrawAppend,
} from './lock';
import { nameTemp } from './names';
import { DONE, PARK, YIELD } from './outcome';
import { beginRecall, recallRivals } from './recall';
import { PARENTS, abandonParents, makeParents, missing } from './parents';
import {
  fd_close,
  fd_filestat_get,
  fd_filestat_set_size,
  fd_filestat_set_times,
  fd_sync,
  file_adopt,
  path_filestat_get,
  path_link,
  path_rename,
  path_unlink_file,
} from './wasi';

// The one place that puts content under a name. Nothing is ever overwritten in place:
//
//   temp -> inspect -> adopt -> [write ...] -> sync -> stat -> close -> look -> rename | link, unlink -> sync directory
//    ^ parents, when there is no directory yet                           |        ^  |
//                                                                        v        |  | touch, for a name whose time would not grow
//                                             lock -> [recall -> own] -> check ---+  v
//                                              ^ ------------------- the temporary file was recalled
//
// The lock is taken when the call has conditions, which are then checked once more, when somebody else is at work on the name, and
// when the temporary file was recalled (see `recall.ts`): for that the last look of a call without conditions comes after its temporary
// file was made. What may be refused by what it finds looks before as well, and makes no file in vain.
// An append grows what is there, under the lock, and is cut off again unless all of it arrived:
//
//   inspect -> lock -> own -> inspect -> announce -> [link] -> open -> [append ...] -> sync -> stat -> close -> settle -> unlock
//                                                                                                                          sync directory
// A lock is never held between two requests: what waits for it would keep the slots and buffers that its holder may need.
// Every state makes one call and may be parked in it; it is repeated with the same arguments. Whatever fails leaves its
// error in `status`; `abandonCommit` then takes away what is left, and the old content stands as it did.

const INSPECT: i32 = 0;
// 1 is PARENTS.
const LOCK: i32 = 2;
const TEMP: i32 = 3;
const ADOPT: i32 = 4;
const APPEND_OWN: i32 = 5;
const APPEND_UNLOCK: i32 = 6;
const APPEND_ANNOUNCE: i32 = 7;
const APPEND_LINK: i32 = 8;
const APPEND_OPEN: i32 = 9;
/** Ready for content. */
const OPEN: i32 = 10;
const STAT: i32 = 12;
const CLOSE: i32 = 13;
const NAME_LOOK: i32 = 14;
const NAME_LOCK: i32 = 15;
const NAME_RECALL: i32 = 16;
const NAME_OWN: i32 = 17;
const NAME_CHECK: i32 = 18;
const NAME_UNLOCK: i32 = 19;
const TOUCH_OPEN: i32 = 20;
const TOUCH: i32 = 21;
const TOUCH_STAT: i32 = 22;
const TOUCH_CLOSE: i32 = 23;
const NAME: i32 = 24;
const UNLINK_TEMP: i32 = 25;
const UNLOCK: i32 = 26;
const APPEND_SETTLE: i32 = 27;

/** What replaces a file is younger by so much at least: an etag must not come back, and the clock of a file system is coarse. */
const YOUNGER_NS: u64 = 1000;

const present = memory.data(64);

/** Looks at the target and opens the file that takes the content. Afterwards `status`, or content may be written. */
export function openCommit(commit: Commit): i32 {
  while (commit.state != OPEN) {
    if (commit.state == LOCK || commit.state == APPEND_UNLOCK) {
      const takes = commit.state == LOCK;
      const outcome = takes ? takeLock(commit, true) : dropLock(commit);
      if (outcome == PARENTS_FIRST) continue;
      if (outcome != DONE || commit.status != ERRNO_SUCCESS) return outcome;
      commit.state = takes ? APPEND_OWN : LOCK;
      continue;
    }
    const errno = openStep(commit);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
  }
  return DONE;
}

/** Whether an append could begin now. Nothing is opened: a writer that appends does so each time it has something. */
export function probeAppend(commit: Commit): i32 {
  const errno = inspect(commit);
  if (errno == ERRNO_AGAIN) return PARK;
  commit.state = INSPECT;
  return errno == ERRNO_SUCCESS ? DONE : failCommit(commit, errno);
}

/** After an append is through: there is nothing yet for the next one of the same writer. The stat of this one stays. */
export function beginNextAppend(commit: Commit): void {
  clearCommit(commit);
  commit.flags = 0;
}

function openStep(commit: Commit): i32 {
  switch (commit.state) {
    case INSPECT:
      return inspect(commit);
    case PARENTS:
      return makeParents(commit);
    case TEMP: {
      nameTemp(commit);
      const errno = openWrite(commit.root, commit.temp, commit.tempBytes, OFLAGS_CREAT | OFLAGS_EXCL, 0);
      if (errno != ERRNO_SUCCESS) return missing(commit, errno, TEMP);
      commit.fd = i32(result);
      commit.named = 1;
      if (looksFirst(commit)) inspected(commit);
      else commit.state = INSPECT;
      return ERRNO_SUCCESS;
    }
    case APPEND_OWN:
      return advance(commit, inspectLock(commit), INSPECT);
    case GROW:
    case SHRINK:
      return prepare(commit, commit.exists ? ADOPT : OPEN);
    case ADOPT: {
      const errno = file_adopt(commit.fd, commit.root, commit.path, commit.pathBytes);
      // Somebody deleted it: then nothing is replaced.
      if (errno != ERRNO_SUCCESS && errno != ERRNO_NOSYS && errno != ERRNO_NOENT) return errno;
      commit.state = OPEN;
      return ERRNO_SUCCESS;
    }
    case APPEND_ANNOUNCE:
      return advance(commit, announceAppend(commit, commit.written), commit.exists ? APPEND_OPEN : APPEND_LINK);
    case APPEND_LINK: {
      const errno = linkTarget(commit);
      if (errno == ERRNO_AGAIN) return errno;
      // Somebody who takes no locks was faster.
      if (errno == ERRNO_EXIST) return commit.flags & FLAG_IF_NOT_EXISTS ? STATUS_CONDITION : advance(commit, 0, APPEND_OPEN);
      // Without links the file is made by opening it.
      commit.created = errno == ERRNO_SUCCESS ? 1 : 0;
      return advance(commit, ERRNO_SUCCESS, APPEND_OPEN);
    }
    case APPEND_OPEN: {
      const oflags = commit.exists || commit.created ? 0 : OFLAGS_CREAT;
      // What is locked may not have its name any more.
      const errno =
        commit.lock & LOCK_LINKED
          ? openAnnounced(commit, FDFLAGS_APPEND)
          : openWrite(commit.root, commit.path, commit.pathBytes, oflags, FDFLAGS_APPEND);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.fd = i32(result);
      commit.state = OPEN;
      return ERRNO_SUCCESS;
    }
    default:
      assert(false, 'a commit that is open was opened again');
      return ERRNO_NOSYS;
  }
}

/** Whether what is there may refuse the call: then it is looked at before a temporary file is made. */
function looksFirst(commit: Commit): bool {
  return (commit.flags & (FLAG_APPEND | FLAG_IF_NOT_EXISTS)) != 0 || hasConditions(commit.flags);
}

function inspect(commit: Commit): i32 {
  if (!commit.named && !looksFirst(commit)) return advance(commit, ERRNO_SUCCESS, TEMP);
  const errno = inspectTarget(commit);
  if (errno != ERRNO_SUCCESS) return errno;
  if (commit.exists && commit.flags & FLAG_IF_NOT_EXISTS) return STATUS_CONDITION;
  const failed = checkConditions(commit.flags, commit.conditions, commit.exists != 0, commit.stat);
  if (failed != ERRNO_SUCCESS) return failed;
  if (commit.flags & FLAG_APPEND) return inspectedForAppend(commit);
  commit.written = 0;
  if (commit.named) inspected(commit);
  else commit.state = TEMP;
  return ERRNO_SUCCESS;
}

function inspectedForAppend(commit: Commit): i32 {
  commit.written = commit.exists ? load<u64>(commit.stat + FILESTAT_SIZE) : 0;
  if (!holdsLock(commit)) return advance(commit, ERRNO_SUCCESS, LOCK);
  if (commit.exists && isUnseen(commit, commit.stat)) return relock(commit, APPEND_UNLOCK);
  return advance(commit, ERRNO_SUCCESS, APPEND_ANNOUNCE);
}

/** There is a temporary file, and it is known what it will replace. */
function inspected(commit: Commit): void {
  const next = commit.exists ? ADOPT : OPEN;
  commit.state = commit.flags & FLAG_SYNC_FILE ? afterTemp(commit, next) : next;
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

/**
 * Whether somebody may hold the lock of the file: its second name is in the lock. Free of charge for all who look at the file
 * anyway; a file that has more names of its own is looked at once more closely.
 */
export function mayBeLocked(stat: usize): bool {
  return load<u64>(stat + FILESTAT_LINKS) > 1 && load<u8>(stat + FILESTAT_FILETYPE) == FILETYPE_REGULAR_FILE;
}

/**
 * Writes `bytes` from `source + done` on, until the count says so: returns DONE with `status`, or PARK. `done` is the caller's
 * counter, because a parked step is repeated.
 */
export let progress: u32 = 0;

export function writeCommit(commit: Commit, source: usize, bytes: u32, done: u32): i32 {
  progress = done;
  const appends = (commit.flags & FLAG_APPEND) != 0;
  while (progress < bytes) {
    let errno: i32;
    if (appends) {
      setMayHaveHappened(commit.slot);
      commit.unsettled = 1;
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
  if (commit.state == OPEN) {
    commit.state = commit.flags & FLAG_SYNC_FILE ? afterContent(commit) : STAT;
  }
  while (commit.state < DIRECTORY_JOIN) {
    if (givesWay(commit)) return YIELD;
    let outcome = DONE;
    if (commit.state == NAME_LOCK) {
      outcome = takeLock(commit);
      if (outcome == DONE) locked(commit);
    } else if (commit.state == NAME_RECALL) {
      outcome = recallRivals(commit);
      if (outcome == DONE) commit.state = NAME_OWN;
    } else if (commit.state == NAME_UNLOCK) {
      outcome = dropLock(commit);
      if (outcome == DONE) commit.state = NAME_LOCK;
    } else if (commit.state == UNLOCK) {
      outcome = dropLock(commit);
      // That an append is through is said by the absence of its lock: durable content without that could be cut off again.
      if (commit.flags & FLAG_APPEND && commit.flags & FLAG_SYNC_FILE) commit.flags |= FLAG_SYNC_DIRECTORY;
      if (outcome == DONE) beginDirectorySync(commit);
    } else {
      const errno = commit.state >= WRITE_OUT ? syncFile(commit) : finishStep(commit);
      if (errno == ERRNO_AGAIN) return PARK;
      if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
      if (commit.state == SYNCED) {
        commit.state = STAT;
        if (othersGathered()) return YIELD;
      }
    }
    if (outcome != DONE || commit.status != ERRNO_SUCCESS) return outcome;
  }
  return syncDirectory(commit);
}

function finishStep(commit: Commit): i32 {
  const appends = (commit.flags & FLAG_APPEND) != 0;
  switch (commit.state) {
    case STAT:
      return advance(commit, fd_filestat_get(commit.fd, commit.stat), CLOSE);
    case CLOSE: {
      // Before the name is given, because a network file system tells of a lost write only here.
      const errno = fd_close(commit.fd);
      if (errno == ERRNO_AGAIN) return errno;
      commit.fd = -1;
      if (errno != ERRNO_SUCCESS) return errno;
      if (appends) return advance(commit, ERRNO_SUCCESS, APPEND_SETTLE);
      if (hasConditions(commit.flags)) return advance(commit, ERRNO_SUCCESS, NAME_LOCK);
      // Nothing that a link would replace.
      const replaces = commit.exists && !(commit.flags & FLAG_IF_NOT_EXISTS);
      return advance(commit, ERRNO_SUCCESS, replaces ? NAME_LOOK : NAME);
    }
    case APPEND_SETTLE: {
      // As long as the entry is there the append does not count, and whoever comes next cuts it off.
      const errno = withdrawAppend(commit);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.unsettled = 0;
      commit.created = 0;
      return advance(commit, ERRNO_SUCCESS, UNLOCK);
    }
    case NAME_OWN:
      return advance(commit, inspectLock(commit), NAME_CHECK);
    case NAME_LOOK:
    case NAME_CHECK:
      return look(commit);
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
  commit.state = NAME_CHECK;
  if (!hasConditions(commit.flags)) return;
  beginRecall(commit);
  commit.state = NAME_RECALL;
}

/** Gives the content a name that is not to replace anything. */
function link(commit: Commit): i32 {
  const errno = path_link(commit.root, 0, commit.temp, commit.tempBytes, commit.root, commit.path, commit.pathBytes);
  const mustBeNew = (commit.flags & FLAG_IF_NOT_EXISTS) != 0;
  if (errno == ERRNO_NOENT && noticeRecall(commit)) return ERRNO_SUCCESS;
  if (errno == ERRNO_EXIST) return mustBeNew ? STATUS_CONDITION : relock(commit, NAME_UNLOCK);
  if (errno == ERRNO_SUCCESS || errno == ERRNO_AGAIN || errno == ERRNO_NOENT || mustBeNew) return advance(commit, errno, UNLINK_TEMP);
  // Without links the look must do.
  commit.absent = 0;
  return ERRNO_SUCCESS;
}

/** A temporary file that is missing may have been recalled: true the first time, with its other name in `temp`. */
function noticeRecall(commit: Commit): bool {
  if (commit.recalled) return false;
  commit.recalled = 1;
  nameTemp(commit);
  return true;
}

function underLock(commit: Commit, state: i32): i32 {
  return holdsLock(commit) ? state : NAME_LOCK;
}

/** The lock is taken anew: `state` lets go of it first. */
function relock(commit: Commit, state: i32): i32 {
  commit.relocks++;
  return advance(commit, ERRNO_SUCCESS, state);
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
      if (exists && isUnseen(commit, present)) return relock(commit, NAME_UNLOCK);
      commit.absent = exists ? 0 : 1;
    }
    // Whoever waits for a lock keeps what it finds there in the same room.
    nameTemp(commit);
  } else if (exists && mayBeLocked(present)) {
    return advance(commit, ERRNO_SUCCESS, NAME_LOCK);
  }
  commit.replacedTime = load<u64>(present + FILESTAT_MTIME);
  const isYounger = !exists || load<u64>(commit.stat + FILESTAT_MTIME) > commit.replacedTime;
  return advance(commit, ERRNO_SUCCESS, isYounger ? NAME : TOUCH_OPEN);
}

/** What was written so far is only to be appended: from here on the commit is that append, and reads it from `spool`. */
export function beginSpooledAppend(commit: Commit, flags: u32): void {
  commit.spool = commit.fd;
  commit.fd = -1;
  commit.flags = flags;
  commit.state = INSPECT;
}

/** Takes the spooled content away, once it is appended: DONE, or PARK. */
export function dropSpool(commit: Commit): i32 {
  if (commit.spool >= 0) {
    if (fd_close(commit.spool) == ERRNO_AGAIN) return PARK;
    commit.spool = -1;
  }
  return unlinkTemp(commit);
}

function unlinkTemp(commit: Commit): i32 {
  if (!commit.named) return DONE;
  nameTemp(commit);
  let errno = path_unlink_file(commit.root, commit.temp, commit.tempBytes);
  if (errno == ERRNO_NOENT && noticeRecall(commit)) errno = path_unlink_file(commit.root, commit.temp, commit.tempBytes);
  if (errno == ERRNO_AGAIN) return PARK;
  commit.named = 0;
  return DONE;
}

/**
 * Takes away what a failed or cancelled commit left: half an append, descriptors, the temporary name, the lock. Its own errors
 * change nothing; nothing is left to do after a commit that succeeded.
 */
export function abandonCommit(commit: Commit): i32 {
  abandonSync(commit);
  leaveGathered(commit);
  if (commit.unsettled && commit.fd < 0) {
    // It was closed already; its second name is the one that is surely its own.
    const errno = openAnnounced(commit, 0);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno == ERRNO_SUCCESS) commit.fd = i32(result);
  }
  if (commit.unsettled) {
    const errno = fd_filestat_set_size(commit.fd, commit.begin);
    if (errno == ERRNO_AGAIN) return PARK;
    // It cannot be taken back now: the lock's entry stays, hides it from readers, and whoever comes next tries again.
    if (errno != ERRNO_SUCCESS) commit.lock |= LOCK_TORN;
    commit.unsettled = 0;
  }
  if (commit.fd >= 0) {
    if (fd_close(commit.fd) == ERRNO_AGAIN) return PARK;
    commit.fd = -1;
  }
  if (commit.directory >= 0) {
    if (fd_close(commit.directory) == ERRNO_AGAIN) return PARK;
    commit.directory = -1;
  }
  if (commit.created) {
    if (path_unlink_file(commit.root, commit.path, commit.pathBytes) == ERRNO_AGAIN) return PARK;
    commit.created = 0;
  }
  if (dropSpool(commit) != DONE) return PARK;
  const outcome = dropLock(commit);
  return outcome != DONE || commit.state == FINISHED ? outcome : abandonParents(commit);
}
