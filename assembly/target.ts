import { Commit } from './commit-record';
import {
  ERRNO_ISDIR,
  ERRNO_NOENT,
  ERRNO_SUCCESS,
  FILESTAT_FILETYPE,
  FILESTAT_LINKS,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SYMBOLIC_LINK,
  STATUS_SPECIAL,
  STATUS_SYMLINK,
} from './layout';
import { path_filestat_get } from './wasi';

// What stands under a name, seen by those who are about to do something with it.

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
