import { openWrite } from './calls';
import { Commit } from './commit-record';
import { ERRNO_SUCCESS, FLAG_SYNC_FILE } from './layout';
import { LOCK_ENTRY, LOCK_LINKED, LOCK_SIZED, LOCK_SOFT } from './lock-state';
import { builtBytes, lockEntry, ownEntry, sizedEntry } from './names';
import { path_link, path_rename, path_unlink_file } from './wasi';

// What the entry of a held lock says of an append: as long as it carries a size, nothing that stands behind that size counts.

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
