import { ERRNO_INVAL, ERRNO_NAMETOOLONG, ERRNO_NOENT, ERRNO_NOTCAPABLE, ERRNO_NOTDIR, ERRNO_SUCCESS } from '../layout';
import { isDots, prefixBytes } from '../paths';
import { Entry, findEntry } from './entries';
import { Node, isDirectory } from './node';

// Where a path leads: the directory of its last name, that name, and what is there. It stands in globals, and in a `Place` for whoever needs two.

const NAME_MAX_BYTES: u32 = 255;

@unmanaged
export class Place {
  /** Directory of the name; 0: the path is that of the directory where it begins. */
  parent: usize;
  name: usize;
  nameBytes: u32;
  /** What is there, or 0. */
  node: usize;
}

/** Whether the names of a path can be those of files: nothing leads out of where it begins. */
export function checkPath(path: usize, pathBytes: u32): i32 {
  if (isSelf(path, pathBytes)) return ERRNO_SUCCESS;
  for (let begin: u32 = 0; begin <= pathBytes; ) {
    const end = prefixBytes(path, pathBytes, begin);
    const nameBytes = end - begin;
    if (nameBytes > NAME_MAX_BYTES) return ERRNO_NAMETOOLONG;
    if (nameBytes == 0) return ERRNO_INVAL;
    if (isDots(path + begin, nameBytes)) return nameBytes == 2 ? ERRNO_NOTCAPABLE : ERRNO_INVAL;
    for (let at = begin; at < end; at++) if (load<u8>(path + at) == 0) return ERRNO_INVAL;
    begin = end + 1;
  }
  return ERRNO_SUCCESS;
}

/** Follows a path that was checked. */
export function walk(directory: Node, path: usize, pathBytes: u32, place: Place): i32 {
  place.parent = 0;
  place.node = changetype<usize>(directory);
  if (isSelf(path, pathBytes)) return ERRNO_SUCCESS;
  let begin: u32 = 0;
  while (true) {
    if (place.node == 0) return ERRNO_NOENT;
    if (!isDirectory(changetype<Node>(place.node))) return ERRNO_NOTDIR;
    const end = prefixBytes(path, pathBytes, begin);
    place.parent = place.node;
    place.name = path + begin;
    place.nameBytes = end - begin;
    const entry = findEntry(changetype<Node>(place.parent), place.name, place.nameBytes);
    place.node = entry == 0 ? 0 : changetype<Entry>(entry).node;
    if (end == pathBytes) return ERRNO_SUCCESS;
    begin = end + 1;
  }
}

/** Preview 1 knows the directory itself as `.`. */
function isSelf(path: usize, pathBytes: u32): bool {
  return pathBytes == 0 || (pathBytes == 1 && isDots(path, 1));
}
