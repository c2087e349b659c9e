import {
  ERRNO_BUSY,
  ERRNO_EXIST,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_NOENT,
  ERRNO_NOSPC,
  ERRNO_NOTDIR,
  ERRNO_NOTEMPTY,
  ERRNO_PERM,
  ERRNO_SUCCESS,
} from '../layout';
import { cutContent } from './content';
import { stepBack } from './descriptors';
import { Entry, dropEntry, findEntry, makeEntry } from './entries';
import { Node, forgetNode, isDirectory, makeNode, markChanged, touch } from './node';
import { Place } from './walk';

// What changes names. Each function gives an error number.

/** Makes a file or a directory where there is nothing; the place has it then. */
export function make(place: Place, asDirectory: bool): i32 {
  const errno = checkParent(place);
  if (errno != ERRNO_SUCCESS) return errno;
  const made = makeNode(asDirectory);
  if (made == 0) return ERRNO_NOSPC;
  const node = changetype<Node>(made);
  const parent = changetype<Node>(place.parent);
  if (!makeEntry(parent, place.name, place.nameBytes, node)) {
    forgetNode(node);
    return ERRNO_NOSPC;
  }
  if (asDirectory) node.parent = place.parent;
  markChanged(node);
  touch(parent);
  place.node = made;
  return ERRNO_SUCCESS;
}

export function removeDirectory(place: Place): i32 {
  if (place.parent == 0) return ERRNO_INVAL;
  if (place.node == 0) return ERRNO_NOENT;
  const node = changetype<Node>(place.node);
  if (!isDirectory(node)) return ERRNO_NOTDIR;
  if (node.room != 0) return ERRNO_NOTEMPTY;
  removeName(entryOf(place));
  return ERRNO_SUCCESS;
}

export function unlink(place: Place): i32 {
  if (place.node == 0) return ERRNO_NOENT;
  if (isDirectory(changetype<Node>(place.node))) return ERRNO_ISDIR;
  removeName(entryOf(place));
  return ERRNO_SUCCESS;
}

/** Gives what is at `source` the name of `target`; what had it loses it. */
export function rename(source: Place, target: Place): i32 {
  if (source.node == 0) return ERRNO_NOENT;
  if (source.parent == 0 || target.parent == 0) return ERRNO_BUSY;
  if (source.node == target.node) return ERRNO_SUCCESS;
  const node = changetype<Node>(source.node);
  const parent = changetype<Node>(target.parent);
  if (parent.links == 0) return ERRNO_NOENT;
  if (isDirectory(node) && isWithin(target.parent, source.node)) return ERRNO_INVAL;
  if (target.node != 0) {
    const replaced = changetype<Node>(target.node);
    if (isDirectory(node) && !isDirectory(replaced)) return ERRNO_NOTDIR;
    if (!isDirectory(node) && isDirectory(replaced)) return ERRNO_ISDIR;
    if (isDirectory(node) && replaced.room != 0) return ERRNO_NOTEMPTY;
    entryOf(target).node = source.node;
  } else if (!makeEntry(parent, target.name, target.nameBytes, node)) {
    return ERRNO_NOSPC;
  }
  markChanged(node);
  touch(parent);
  removeEntry(entryOf(source));
  if (isDirectory(node)) node.parent = target.parent;
  if (target.node != 0) loseLink(changetype<Node>(target.node));
  return ERRNO_SUCCESS;
}

/** Gives a file another name. */
export function link(source: Place, target: Place): i32 {
  if (source.node == 0) return ERRNO_NOENT;
  const node = changetype<Node>(source.node);
  if (isDirectory(node)) return ERRNO_PERM;
  if (target.node != 0) return ERRNO_EXIST;
  const errno = checkParent(target);
  if (errno != ERRNO_SUCCESS) return errno;
  const parent = changetype<Node>(target.parent);
  if (!makeEntry(parent, target.name, target.nameBytes, node)) return ERRNO_NOSPC;
  node.links++;
  markChanged(node);
  touch(parent);
  return ERRNO_SUCCESS;
}

/** Takes a name away, and what had no other one. */
export function removeName(entry: Entry): void {
  const node = changetype<Node>(entry.node);
  removeEntry(entry);
  loseLink(node);
}

/** Gives back what has neither a name nor a descriptor. */
export function dropUnused(node: Node): void {
  if (node.links != 0 || node.opens != 0) return;
  if (!isDirectory(node)) cutContent(node, 0);
  forgetNode(node);
}

/** Nothing gets a name in a directory that is itself, or that was removed. */
function checkParent(place: Place): i32 {
  return place.parent == 0 || changetype<Node>(place.parent).links == 0 ? ERRNO_NOENT : ERRNO_SUCCESS;
}

function entryOf(place: Place): Entry {
  return changetype<Entry>(findEntry(changetype<Node>(place.parent), place.name, place.nameBytes));
}

function removeEntry(entry: Entry): void {
  const directory = changetype<Node>(entry.directory);
  stepBack(entry);
  dropEntry(entry);
  touch(directory);
}

function loseLink(node: Node): void {
  node.links--;
  node.parent = 0;
  markChanged(node);
  dropUnused(node);
}

function isWithin(directory: usize, ancestor: usize): bool {
  let at = directory;
  while (at != 0 && at != ancestor) at = changetype<Node>(at).parent;
  return at == ancestor;
}
