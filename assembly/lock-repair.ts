import { openWrite, result, result64, sizeOf } from './calls';
import { Commit } from './commit-record';
import { entryBytes, entryName, nextEntry } from './directory-page';
import { ERRNO_NOENT, ERRNO_SUCCESS, FLAG_SYNC_FILE } from './layout';
import { LOCK_ENTRY, LOCK_REBOOTED, LOCK_SIZED, LOCK_SOFT, LOCK_STOLEN, LOOK, MAKE, clear, close, goTo } from './lock-state';
import { NO_SIZE, SOFT, builtBytes, foundEntry, lockEntry, lockPath, ownEntry, sizeInName, sizedEntry } from './names';
import { fd_filestat_set_size, fd_sync, owner_ended, path_remove_directory, path_rename, path_unlink_file } from './wasi';

// What becomes of a lock whose owner is dead. One of all who see that makes the entry his own, repairs what it is about, and takes it away:
//
//   steal -> [open -> size -> cut, sync -> close] -> entry -> directory

/** States of a lock from here on; `lock.ts` has the ones before. */
export const STEAL: i32 = 16;
const REPAIR_OPEN: i32 = 17;
const REPAIR_SIZE: i32 = 18;
const REPAIR_CUT: i32 = 19;
const REPAIR_SYNC: i32 = 20;
const REPAIR_CLOSE: i32 = 21;
const REPAIR_ENTRY: i32 = 22;
export const REPAIR_DIRECTORY: i32 = 23;

/** What `owner_ended` says of an owner whose machine was started anew since. */
const ENDED_BEFORE_BOOT: i32 = 2;
/** Somebody lives in it. */
export const ALIVE: u32 = u32.MAX_VALUE;

/** Copies the name of the first entry, in the order of names, whose owner is dead, and gives its length; 0: the lock is empty. */
export function findDead(commit: Commit): u32 {
  commit.lock &= ~LOCK_REBOOTED;
  const target = commit.temp;
  let found: u32 = 0;
  while (nextEntry()) {
    const state = owner_ended(entryName, entryBytes);
    if (state == 0) return ALIVE;
    if (found != 0 && memory.compare(entryName, target, min(found, entryBytes)) >= 0) continue;
    memory.copy(target, entryName, entryBytes);
    found = entryBytes;
    commit.lock = state == ENDED_BEFORE_BOOT ? commit.lock | LOCK_REBOOTED : commit.lock & ~LOCK_REBOOTED;
  }
  return found;
}

/** One step on the way back to MAKE or LOOK: what a dead owner had begun to append is cut off, its entry is taken away. The entry is a name of the target. */
export function repairLock(commit: Commit): i32 {
  switch (commit.lockState) {
    case STEAL:
      return steal(commit);
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
  // Somebody else was faster.
  if (errno == ERRNO_NOENT) return goTo(commit, ERRNO_SUCCESS, LOOK);
  if (errno != ERRNO_SUCCESS) return errno;
  commit.lock |= LOCK_STOLEN | LOCK_ENTRY;
  if (size == NO_SIZE) return goTo(commit, ERRNO_SUCCESS, REPAIR_ENTRY);
  commit.begin = size & ~SOFT;
  commit.lock |= LOCK_SIZED;
  return goTo(commit, ERRNO_SUCCESS, REPAIR_OPEN);
}
