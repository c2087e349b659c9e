import { Commit } from './commit-record';
import { ERRNO_AGAIN, ERRNO_EXIST, ERRNO_NOENT, ERRNO_SUCCESS } from './layout';
import { DONE, PARK } from './outcome';
import { parentBytes, prefixBytes } from './paths';
import { path_create_directory, path_remove_directory } from './wasi';

// Missing parents are made when a call says that they are missing, and not looked for before.

/** State in which `makeParents` has its turn. */
export const PARENTS: i32 = 1;

/** Another process may remove the parents while we make them: so often we make them again. */
const PARENT_TRIES: u32 = 3;

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

/** Takes away the parents that were made for a file that did not come, from the deepest up; one that others use by now stays. */
export function abandonParents(commit: Commit): i32 {
  while (commit.made >= 0) {
    const last = commit.state == PARENTS ? u32(commit.cursor) : parentBytes(commit.path, commit.pathBytes);
    const bytes = commit.removed == 0 ? last : parentBytes(commit.path, commit.removed);
    if (bytes < u32(commit.made)) break;
    if (path_remove_directory(commit.root, commit.path, bytes) == ERRNO_AGAIN) return PARK;
    commit.removed = bytes;
  }
  return DONE;
}
