import { BLOCK_BITS_MAX, BLOCK_MAX_BYTES, blockBits, giveBlock, takeBlock } from './blocks';
import { giveBytes, takeBytes } from './engine-memory';
import { Node, touch } from './node';
import { PAGE_BITS, PAGE_BYTES, givePage, takePage } from './pages';

// The bytes of files. `room` says how many fit, as a power of two: up to 512 bytes are one block, 4 KiB one page, and beyond that a tree of pages
// with addresses of pages has them, 1,024 in each. A page that was never written is not there and reads as zeros.

const INDEX_BITS: u32 = 10;
/** Room of the largest file. */
const ROOM_BITS_MAX: u32 = PAGE_BITS + 2 * INDEX_BITS;
/** What a page that is not there reads as. */
const zeros = memory.data(4096);

/** Gives `bytes` from a position to the engine. All of them are within the size of the file. */
export function readContent(node: Node, position: u64, target: usize, bytes: u32): void {
  for (let done: u32 = 0; done < bytes; ) {
    const at = addressOf(node, position + done, false);
    const count = runFrom(node, at, position + done, bytes - done, false);
    giveBytes(target + done, at == 0 ? zeros : at, count);
    done += count;
  }
}

/** Takes `bytes` from the engine to a position: how many there was memory for. */
export function writeContent(node: Node, position: u64, source: usize, bytes: u32): u32 {
  if (!grow(node, position + bytes)) return 0;
  let done: u32 = 0;
  while (done < bytes) {
    const at = addressOf(node, position + done, true);
    if (at == 0) break;
    const count = runFrom(node, at, position + done, bytes - done, true);
    takeBytes(at, source + done, count);
    done += count;
  }
  return done;
}

/** Makes a file shorter, or longer with zeros. */
export function resize(node: Node, size: u64): void {
  if (size == node.size) return;
  if (size < node.size) cutContent(node, size);
  node.size = size;
  touch(node);
}

/** Drops whatever is behind a size: what is added later reads as zeros. */
export function cutContent(node: Node, size: u64): void {
  if (node.room == 0 || size >> node.room != 0) return;
  node.first = prune(node.first, node.room, size);
  if (node.first == 0) node.room = 0;
}

/** Where the byte at a position is; 0 when nothing is there, or with `make` when there is no memory for it. */
function addressOf(node: Node, position: u64, make: bool): usize {
  if (position >> node.room != 0) return 0;
  let bits = node.room;
  let at = node.first;
  while (bits > PAGE_BITS) {
    bits -= INDEX_BITS;
    const entry = at + (usize((position >> bits) & ((1 << INDEX_BITS) - 1)) << 2);
    at = load<usize>(entry);
    if (at == 0) {
      if (make) at = takePage();
      if (at == 0) return 0;
      store<usize>(entry, at);
    }
  }
  return at + usize(position & ((1 << bits) - 1));
}

/** How many of `bytes` stand in a row from an address on, which is that of the position. */
function runFrom(node: Node, at: usize, position: u64, bytes: u32, make: bool): u32 {
  // A block is not as long as a page; where nothing is, nothing more is before the next page either.
  const piece: u32 = 1 << (at == 0 ? PAGE_BITS : min<u32>(node.room, PAGE_BITS));
  let count = min<u32>(bytes, piece - (u32(position) & (piece - 1)));
  while (at != 0 && count < bytes && addressOf(node, position + count, make) == at + count) count = min<u32>(bytes, count + PAGE_BYTES);
  return count;
}

/** Makes room for everything before `end`; false when there is no memory, or when no file is that large. */
function grow(node: Node, end: u64): bool {
  if (end > u64(1) << ROOM_BITS_MAX) return false;
  while (node.room == 0 || u64(1) << node.room < end) {
    if (node.room < PAGE_BITS) {
      const bits = end <= BLOCK_MAX_BYTES ? blockBits(u32(end)) : PAGE_BITS;
      const larger = bits == PAGE_BITS ? takePage() : takeBlock(bits);
      if (larger == 0) return false;
      if (node.room != 0) {
        memory.copy(larger, node.first, 1 << node.room);
        giveBlock(node.first);
      }
      node.first = larger;
      node.room = bits;
    } else {
      const index = takePage();
      if (index == 0) return false;
      store<usize>(index, node.first);
      node.first = index;
      node.room += INDEX_BITS;
    }
  }
  return true;
}

/** Keeps the first bytes of what is at an address, and gives back the rest; 0 when nothing is left. */
function prune(at: usize, room: u32, keep: u64): usize {
  if (at == 0) return 0;
  if (room > PAGE_BITS) {
    const bits = room - INDEX_BITS;
    for (let index = u32(keep >> bits); index < 1 << INDEX_BITS; index++) {
      const entry = at + (index << 2);
      const begin = u64(index) << bits;
      store<usize>(entry, prune(load<usize>(entry), bits, keep > begin ? keep - begin : 0));
    }
  } else if (keep != 0) {
    memory.fill(at + usize(keep), 0, (1 << room) - usize(keep));
  }
  if (keep != 0) return at;
  if (room > BLOCK_BITS_MAX) givePage(at);
  else giveBlock(at);
  return 0;
}
