import { STATIC_BYTES } from '../layout';
import { NO_SIZE, SOFT, isLockName, isTemporaryName, sizeInName } from '../names';
import { resize } from './content';
import { ACCESS_READ, DESCRIPTORS_BYTES, descriptorOf, insertDescriptor, nextOwned, openDescriptors, setOwner } from './descriptors';
import { BUCKETS, BUCKETS_BYTES, Entry, firstOf, nameOf, openEntries } from './entries';
import { Node, isDirectory, makeNode } from './node';
import { PAGE_BITS, openPages, usedPages } from './pages';
import { removeName } from './tree';

// Files in the memory of an instance, for places without threads and files of their own. The engine is linked to the functions of `wasi.ts`; those
// here are for the host. An instance is either an engine or this: they share a module so that whoever imports it gets both.

/** Opens an empty store with a limit for everything in it, names too: the descriptor of its root. Called once. */
export function files_open(maximumBytes: u32): i32 {
  openEntries(STATIC_BYTES);
  openDescriptors(STATIC_BYTES + BUCKETS_BYTES);
  openPages(STATIC_BYTES + BUCKETS_BYTES + DESCRIPTORS_BYTES, maximumBytes >> PAGE_BITS);
  return insertDescriptor(changetype<Node>(makeNode(true)), ACCESS_READ);
}

/** The engine with this number opens descriptors from now on. */
export function files_begin(incarnation: u32): void {
  setOwner(incarnation);
}

/** Who opened a descriptor, or -1. */
export function files_owner(fd: i32): i32 {
  const opened = descriptorOf(fd);
  return opened === null ? -1 : opened.owner;
}

/** The next descriptor of an engine after one of them, or from 0 on; 0: there is no further one. */
export function files_owned(incarnation: u32, after: i32): i32 {
  return nextOwned(incarnation, after);
}

/** Bytes of the pages that are in use. */
export function files_used(): u32 {
  return usedPages() << PAGE_BITS;
}

/**
 * An engine has ended: whatever its requests left under hidden names goes, and of what they appended everything. Nothing else is hidden, because
 * no two engines ever work on one store.
 */
export function files_clear(): void {
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    let at = firstOf(bucket);
    while (at != 0) {
      const entry = changetype<Entry>(at);
      at = isCleared(entry) ? firstOf(bucket) : entry.chained;
    }
  }
}

function isCleared(entry: Entry): bool {
  const node = changetype<Node>(entry.node);
  if (isDirectory(node)) {
    if (!isLockName(nameOf(entry), entry.nameBytes)) return false;
    while (node.first != 0) clearLock(changetype<Entry>(node.first));
  } else if (!isTemporaryName(nameOf(entry), entry.nameBytes)) {
    return false;
  }
  removeName(entry);
  return true;
}

/** What is in a lock is a second name of its file; a size in it is what the file had before it was appended to. */
function clearLock(entry: Entry): void {
  const node = changetype<Node>(entry.node);
  const announced = sizeInName(nameOf(entry), entry.nameBytes);
  if (announced != NO_SIZE && node.size > (announced & ~SOFT)) resize(node, announced & ~SOFT);
  removeName(entry);
}
