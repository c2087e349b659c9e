import { openDirectory, result } from './calls';
import { Commit, failCommit } from './commit-record';
import { entryBytes, entryName, entryNext, isLastPage, nextEntry, readPage } from './directory-page';
import { ERRNO_AGAIN, ERRNO_NOENT, ERRNO_NOSYS, ERRNO_NOTSUP, ERRNO_SUCCESS } from './layout';
import { besideTarget, builtBytes, isRival, nameTemp, recalledBeside } from './names';
import { DONE, PARK, YIELD } from './outcome';
import { parentBytes } from './paths';
import { fd_close, path_rename } from './wasi';

// Whoever replaces a file without conditions takes no lock: a look says that nobody has it, and the rename follows. Somebody else may take
// the lock in between and find that his conditions hold, and they would not at his own rename. So the holder of the lock, before he
// checks, renames the temporary files that are on their way to the name. Of two renames of one file one succeeds: either the name has
// its new content, and the check sees that; or the other one finds his file recalled, and waits for the lock with it.
//
//   open -> read -> rename -> read ... -> close

const OPEN: i32 = 0;
const READ: i32 = 1;
const RENAME: i32 = 2;
const CLOSE: i32 = 3;
const RECALLED: i32 = 4;

export function beginRecall(commit: Commit): void {
  commit.recallState = OPEN;
  commit.recallCookie = 0;
}

/** DONE, perhaps with a status; YIELD after a page of names; PARK. The room for the temporary path holds a name that was found. */
export function recallRivals(commit: Commit): i32 {
  while (commit.recallState != RECALLED) {
    const before = commit.recallState;
    const errno = step(commit);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return failCommit(commit, errno);
    if (before == READ && commit.recallState == READ) return YIELD;
  }
  return DONE;
}

/** A temporary file that is missing may have been recalled: true the first time, with its other name in `temp`. */
export function noticeRecall(commit: Commit): bool {
  if (commit.recalled) return false;
  commit.recalled = 1;
  nameTemp(commit);
  return true;
}

function step(commit: Commit): i32 {
  switch (commit.recallState) {
    case OPEN: {
      const errno = openDirectory(commit.root, commit.path, parentBytes(commit.path, commit.pathBytes));
      // Without the directory there are no files in it; a host without directories is not shared by anybody.
      if (errno == ERRNO_NOENT || errno == ERRNO_NOSYS || errno == ERRNO_NOTSUP) return goTo(commit, ERRNO_SUCCESS, RECALLED);
      if (errno == ERRNO_SUCCESS) commit.directory = i32(result);
      return goTo(commit, errno, READ);
    }
    case READ: {
      const errno = readPage(commit.directory, commit.recallCookie);
      return errno == ERRNO_SUCCESS ? find(commit) : errno;
    }
    case RENAME: {
      const source = besideTarget(commit, commit.temp, commit.tempBytes);
      const sourceBytes = builtBytes;
      const target = recalledBeside(commit, commit.temp, commit.tempBytes);
      const errno = path_rename(commit.root, source, sourceBytes, commit.root, target, builtBytes);
      // It has its name already, or was taken away.
      return goTo(commit, errno == ERRNO_NOENT ? ERRNO_SUCCESS : errno, READ);
    }
    default: {
      const errno = fd_close(commit.directory);
      if (errno == ERRNO_AGAIN) return errno;
      commit.directory = -1;
      return goTo(commit, ERRNO_SUCCESS, RECALLED);
    }
  }
}

/** To the first temporary file among the entries, to the next page, or to the end. */
function find(commit: Commit): i32 {
  while (nextEntry()) {
    commit.recallCookie = entryNext();
    if (!isRival(commit, entryName, entryBytes)) continue;
    memory.copy(commit.temp, entryName, entryBytes);
    commit.tempBytes = entryBytes;
    return goTo(commit, ERRNO_SUCCESS, RENAME);
  }
  if (isLastPage()) commit.recallState = CLOSE;
  return ERRNO_SUCCESS;
}

function goTo(commit: Commit, errno: i32, state: i32): i32 {
  if (errno == ERRNO_SUCCESS) commit.recallState = state;
  return errno;
}
