import { append, openWrite, result, write } from './calls';
import { announceAppend, linkTarget, openAnnounced, withdrawAppend } from './announcement';
import { Commit, advance, clearCommit, failCommit } from './commit-record';
import { checkConditions, hasConditions } from './conditions';
import { DIRECTORY_JOIN, FINISHED, abandonSync, beginDirectorySync, syncDirectory } from './directory-sync';
import { GROW, SHRINK, SYNCED, WRITE_OUT, afterContent, afterTemp, givesWay, leaveGathered, othersGathered, prepare, syncFile } from './file-sync';
import {
  ERRNO_AGAIN,
  ERRNO_EXIST,
  ERRNO_NOENT,
  ERRNO_NOSPC,
  ERRNO_NOSYS,
  ERRNO_SUCCESS,
  FDFLAGS_APPEND,
  FILESTAT_SIZE,
  FLAG_APPEND,
  FLAG_IF_NOT_EXISTS,
  FLAG_SYNC_DIRECTORY,
  FLAG_SYNC_FILE,
  OFLAGS_CREAT,
  OFLAGS_EXCL,
  STATUS_CONDITION,
} from './layout';
import { PARENTS_FIRST, dropLock, holdsLock, inspectLock, isUnseen, relock, takeLock } from './lock';
import { LOCK_LINKED, LOCK_TORN } from './lock-state';
import { nameTemp } from './names';
import { NAMING, UNLOCK, beginNaming, giveName } from './naming';
import { DONE, PARK, YIELD } from './outcome';
import { PARENTS, abandonParents, makeParents, missing } from './parents';
import { setMayHaveHappened } from './phase';
import { noticeRecall } from './recall';
import { inspectTarget } from './target';
import { fd_close, fd_filestat_get, fd_filestat_set_size, fd_sync, file_adopt, path_unlink_file } from './wasi';

// The one place that puts content under a name. Nothing is ever overwritten in place:
//
//   temp -> inspect -> adopt -> [write ...] -> sync -> stat -> close -> name -> unlock -> sync directory
//    ^ parents, when there is no directory yet
//
// `file-sync.ts` has the states of the fsync, `naming.ts` those that give the name, `directory-sync.ts` those that come after it. The last
// look at the target comes after the temporary file was made, because of `recall.ts`. What may be refused by what it finds looks before
// as well, and makes no file in vain.
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
const STAT: i32 = 11;
const CLOSE: i32 = 12;
const APPEND_SETTLE: i32 = 13;

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
    if (commit.state == UNLOCK) {
      outcome = dropLock(commit);
      // That an append is through is said by the absence of its lock: durable content without that could be cut off again.
      if (commit.flags & FLAG_APPEND && commit.flags & FLAG_SYNC_FILE) commit.flags |= FLAG_SYNC_DIRECTORY;
      if (outcome == DONE) beginDirectorySync(commit);
    } else if (commit.state >= NAMING && commit.state < UNLOCK) {
      outcome = giveName(commit);
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
  switch (commit.state) {
    case STAT:
      return advance(commit, fd_filestat_get(commit.fd, commit.stat), CLOSE);
    case CLOSE: {
      // Before the name is given, because a network file system tells of a lost write only here.
      const errno = fd_close(commit.fd);
      if (errno == ERRNO_AGAIN) return errno;
      commit.fd = -1;
      if (errno != ERRNO_SUCCESS) return errno;
      if (commit.flags & FLAG_APPEND) commit.state = APPEND_SETTLE;
      else beginNaming(commit);
      return ERRNO_SUCCESS;
    }
    default: {
      // As long as the entry is there the append does not count, and whoever comes next cuts it off.
      const errno = withdrawAppend(commit);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.unsettled = 0;
      commit.created = 0;
      return advance(commit, ERRNO_SUCCESS, UNLOCK);
    }
  }
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
