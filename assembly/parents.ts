import { Commit } from './commit-record';
import { ERRNO_EXIST, ERRNO_NOENT, ERRNO_SUCCESS } from './layout';
import { parentBytes, prefixBytes } from './paths';
import { path_create_directory } from './wasi';

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
  if (errno != ERRNO_SUCCESS && errno != ERRNO_EXIST) return errno;
  const parent = parentBytes(commit.path, commit.pathBytes);
  if (u32(commit.cursor) == parent) commit.state = commit.resume;
  else commit.cursor = i32(prefixBytes(commit.path, parent, u32(commit.cursor) + 1));
  return ERRNO_SUCCESS;
}
