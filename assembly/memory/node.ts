import { FILESTAT_CTIME, FILESTAT_DEVICE, FILESTAT_FILETYPE, FILESTAT_INODE, FILESTAT_LINKS, FILESTAT_MTIME, FILESTAT_ATIME, FILESTAT_SIZE, FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE } from '../layout';
import { BLOCK_BITS_MIN, giveBlock, takeBlock } from './blocks';
import { wallNs } from './engine-memory';

const DEVICE: u64 = 1;

/** A file or a directory, whatever names it has. It fits the smallest block. */
@unmanaged
export class Node {
  id: u64;
  /** Bytes of a file; place of the last entry that a directory got. */
  size: u64;
  modifiedNs: u64;
  changedNs: u64;
  /** One of FILETYPE_. */
  kind: u32;
  links: u32;
  /** Descriptors that are open at it. */
  opens: u32;
  /** Directory that a directory is in. */
  parent: usize;
  /** Content of a file as `content.ts` has it; first entry of a directory. */
  first: usize;
  /** Last entry of a directory. */
  last: usize;
  /** Log2 of the room that a file has for content; entries of a directory. */
  room: u32;
}

let lastId: u64 = 0;
let lastNs: u64 = 0;

export function isDirectory(node: Node): bool {
  return node.kind == FILETYPE_DIRECTORY;
}

/** A node with one link, or 0 when there is no memory. */
export function makeNode(isDirectory: bool): usize {
  const block = takeBlock(BLOCK_BITS_MIN);
  if (block == 0) return 0;
  const node = changetype<Node>(block);
  node.id = ++lastId;
  node.kind = isDirectory ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE;
  node.links = 1;
  touch(node);
  return block;
}

export function forgetNode(node: Node): void {
  giveBlock(changetype<usize>(node));
}

/** Its content is another one from now on. */
export function touch(node: Node): void {
  node.modifiedNs = tick();
  node.changedNs = node.modifiedNs;
}

/** Something else about it is. */
export function markChanged(node: Node): void {
  node.changedNs = tick();
}

/** What `stat` says of it. */
export function fillStat(node: Node, into: usize): void {
  store<u64>(into + FILESTAT_DEVICE, DEVICE);
  store<u64>(into + FILESTAT_INODE, node.id);
  store<u64>(into + FILESTAT_FILETYPE, node.kind);
  store<u64>(into + FILESTAT_LINKS, node.links);
  store<u64>(into + FILESTAT_SIZE, isDirectory(node) ? u64(node.room) : node.size);
  store<u64>(into + FILESTAT_ATIME, node.modifiedNs);
  store<u64>(into + FILESTAT_MTIME, node.modifiedNs);
  store<u64>(into + FILESTAT_CTIME, node.changedNs);
}

/** The time, but later than ever before: whoever compares two times sees which was first. */
function tick(): u64 {
  lastNs = max<u64>(lastNs + 1, wallNs());
  return lastNs;
}
