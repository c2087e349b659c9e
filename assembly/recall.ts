import { openDirectory, result } from './calls';
import { Commit, failCommit } from './commit-record';
import {
  DIRENT_BYTES,
  DIRENT_NAME_BYTES,
  DIRENT_NEXT,
  ERRNO_AGAIN,
  ERRNO_NOENT,
  ERRNO_NOSYS,
  ERRNO_NOTSUP,
  ERRNO_SUCCESS,
  PATH_AREA_BYTES,
} from './layout';
import { besideTarget, builtBytes, isRival, recalledBeside } from './names';
import { DONE, PARK, YIELD } from './outcome';
import { parentBytes } from './paths';
import { fd_close, fd_readdir, path_rename } from './wasi';

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

const dot = memory.data<u8>([0x2e]);
const used = memory.data(8);
const entries = memory.data(4096);
const ENTRIES_BYTES: u32 = PATH_AREA_BYTES;

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

function step(commit: Commit): i32 {
  switch (commit.recallState) {
    case OPEN: {
      const parent = parentBytes(commit.path, commit.pathBytes);
      const errno = openDirectory(commit.root, parent == 0 ? dot : commit.path, parent == 0 ? 1 : parent);
      // Without the directory there are no files in it; a host without directories is not shared by anybody.
      if (errno == ERRNO_NOENT || errno == ERRNO_NOSYS || errno == ERRNO_NOTSUP) return goTo(commit, ERRNO_SUCCESS, RECALLED);
      if (errno == ERRNO_SUCCESS) commit.directory = i32(result);
      return goTo(commit, errno, READ);
    }
    case READ: {
      const errno = fd_readdir(commit.directory, entries, ENTRIES_BYTES, commit.recallCookie, used);
      return errno == ERRNO_SUCCESS ? find(commit, min<u32>(load<u32>(used), ENTRIES_BYTES)) : errno;
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
function find(commit: Commit, bytes: u32): i32 {
  let at: u32 = 0;
  while (bytes - at >= DIRENT_BYTES) {
    const nameBytes = load<u32>(entries + at + DIRENT_NAME_BYTES);
    const name = entries + at + DIRENT_BYTES;
    if (nameBytes > bytes - at - DIRENT_BYTES) break;
    commit.recallCookie = load<u64>(entries + at + DIRENT_NEXT);
    at += DIRENT_BYTES + nameBytes;
    if (!isRival(commit, name, nameBytes)) continue;
    memory.copy(commit.temp, name, nameBytes);
    commit.tempBytes = nameBytes;
    return goTo(commit, ERRNO_SUCCESS, RENAME);
  }
  // A page that was not filled was the last one.
  if (bytes < ENTRIES_BYTES) commit.recallState = CLOSE;
  return ERRNO_SUCCESS;
}

function goTo(commit: Commit, errno: i32, state: i32): i32 {
  if (errno == ERRNO_SUCCESS) commit.recallState = state;
  return errno;
}
