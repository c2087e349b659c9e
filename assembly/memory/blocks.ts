import { PAGE_BYTES, givePage, takePage } from './pages';

// Blocks of 64 to 512 bytes, for whatever does not fill a page. A page has blocks of one size; those with a free one are in a list for each size.
//
//   0        64
//   | header | block | block | ...

export const BLOCK_BITS_MIN: u32 = 6;
export const BLOCK_BITS_MAX: u32 = 9;
export const BLOCK_MAX_BYTES: u32 = 1 << BLOCK_BITS_MAX;
const HEADER_BYTES: u32 = 64;

@unmanaged
class BlockPage {
  next: usize;
  previous: usize;
  /** First free block; its first word names the next one. */
  free: usize;
  /** First byte of what was never handed out. */
  fresh: u32;
  used: u32;
  bits: u32;
}

/** First page with a free block, for each size. */
const lists = memory.data(16);

/** Log2 of the size of the block for so many bytes. */
export function blockBits(bytes: u32): u32 {
  return bytes <= 1 << BLOCK_BITS_MIN ? BLOCK_BITS_MIN : 32 - clz(bytes - 1);
}

/** A block with zeros, or 0 when there is no memory. */
export function takeBlock(bits: u32): usize {
  let address = load<usize>(listOf(bits));
  if (address == 0) {
    address = takePage();
    if (address == 0) return 0;
    const made = changetype<BlockPage>(address);
    made.bits = bits;
    made.fresh = HEADER_BYTES;
    link(made);
  }
  const page = changetype<BlockPage>(address);
  let block = page.free;
  if (block != 0) {
    page.free = load<usize>(block);
    memory.fill(block, 0, 1 << bits);
  } else {
    block = address + page.fresh;
    page.fresh += 1 << bits;
  }
  page.used++;
  if (isFull(page)) unlink(page);
  return block;
}

export function giveBlock(block: usize): void {
  const page = changetype<BlockPage>(block & ~usize(PAGE_BYTES - 1));
  if (isFull(page)) link(page);
  store<usize>(block, page.free);
  page.free = block;
  if (--page.used != 0) return;
  unlink(page);
  givePage(changetype<usize>(page));
}

function isFull(page: BlockPage): bool {
  return page.free == 0 && page.fresh + (1 << page.bits) > PAGE_BYTES;
}

function listOf(bits: u32): usize {
  return lists + ((bits - BLOCK_BITS_MIN) << 2);
}

function link(page: BlockPage): void {
  const list = listOf(page.bits);
  page.previous = 0;
  page.next = load<usize>(list);
  if (page.next != 0) changetype<BlockPage>(page.next).previous = changetype<usize>(page);
  store<usize>(list, changetype<usize>(page));
}

function unlink(page: BlockPage): void {
  if (page.next != 0) changetype<BlockPage>(page.next).previous = page.previous;
  if (page.previous != 0) changetype<BlockPage>(page.previous).next = page.next;
  else store<usize>(listOf(page.bits), page.next);
}
