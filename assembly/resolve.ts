import {
  ERRNO_AGAIN,
  ERRNO_NAMETOOLONG,
  ERRNO_SUCCESS,
  OP_DELETE,
  OP_RENAME,
  PATH_MAX_BYTES,
  SLOT_PATH,
  SLOT_PATH_BYTES,
} from './layout';
import { DONE, PARK } from './outcome';
import { Record, UNRESOLVED_PATH, UNRESOLVED_TARGET } from './record';
import { path_resolve } from './wasi';

// Where symlinks are followed, they are followed here, before anything else happens: the host says which path without symlinks a
// path stands for, and the operation works with that one. On the way to it no symlink is followed any more, so whoever puts one
// there in between gains nothing but an error; and locks, gates and temporary files are those of the file itself.

const SLASH: u8 = 0x2f;

/** Path that was resolved last, and its length. */
export const resolved = memory.data(4096);
export let resolvedBytes: u32 = 0;
const used = memory.data(4);
const joined = memory.data(4096);

/** Replaces the paths of a request by those without symlinks: DONE, perhaps with a status, or PARK. */
export function resolvePaths(record: Record): i32 {
  // Both of these are about the name itself, whatever it leads to.
  const follow = record.op != OP_DELETE && record.op != OP_RENAME;
  if (record.unresolved & UNRESOLVED_PATH) {
    const errno = resolve(record.root, record.path, record.pathBytes, follow);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    memory.copy(record.path, resolved, resolvedBytes);
    record.pathBytes = resolvedBytes;
    record.unresolved &= ~UNRESOLVED_PATH;
  }
  if (record.unresolved & UNRESOLVED_TARGET) {
    const commit = record.commit;
    const errno = resolve(commit.root, commit.path, commit.pathBytes, follow);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    memory.copy(commit.path, resolved, resolvedBytes);
    commit.pathBytes = resolvedBytes;
    // What this request leaves behind when it never ends is beside this path.
    memory.copy(record.slot + SLOT_PATH, resolved, resolvedBytes);
    store<u32>(record.slot + SLOT_PATH_BYTES, resolvedBytes);
    record.unresolved = 0;
  }
  return DONE;
}

/** Where a path leads to: an errno, and `resolved` without any symlink. */
export function resolve(root: u32, path: usize, pathBytes: u32, follow: bool): i32 {
  const errno = path_resolve(root, path, pathBytes, follow ? 1 : 0, resolved, PATH_MAX_BYTES, used);
  resolvedBytes = min<u32>(load<u32>(used), PATH_MAX_BYTES);
  return errno;
}

/** The same for a name in the directory at a path. */
export function resolveIn(root: u32, path: usize, pathBytes: u32, name: usize, nameBytes: u32): i32 {
  const start: u32 = pathBytes == 0 ? 0 : pathBytes + 1;
  if (start + nameBytes > PATH_MAX_BYTES) return ERRNO_NAMETOOLONG;
  if (start != 0) {
    memory.copy(joined, path, pathBytes);
    store<u8>(joined + pathBytes, SLASH);
  }
  memory.copy(joined + start, name, nameBytes);
  return resolve(root, joined, start + nameBytes, true);
}

function fail(record: Record, errno: i32): i32 {
  record.status = errno;
  return DONE;
}
