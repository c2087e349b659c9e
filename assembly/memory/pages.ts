// Everything that the files need is in pages of one size, which are taken and given back: however files come and go, what was given back fits
// the next one. The memory grows when no page is free, up to a limit, and does not shrink.

export const PAGE_BYTES: u32 = 4096;
export const PAGE_BITS: u32 = 12;
const WASM_PAGE_BITS: u64 = 16;
/** Pages of WebAssembly by which the memory grows: every growth makes the host look at it anew. */
const GROWTH: i32 = 16;

/** First free page; its first word names the next one. */
let free: usize = 0;
/** First page that was never used. */
let fresh: usize = 0;
/** Pages that may still be taken. */
let left: u32 = 0;
let most: u32 = 0;

export function openPages(first: usize, limit: u32): void {
  fresh = first;
  left = limit;
  most = limit;
}

export function usedPages(): u32 {
  return most - left;
}

/** A page with zeros, or 0 when there is none. */
export function takePage(): usize {
  if (left == 0) return 0;
  let page = free;
  if (page != 0) {
    free = load<usize>(page);
    memory.fill(page, 0, PAGE_BYTES);
  } else {
    if (u64(fresh) + PAGE_BYTES > u64(memory.size()) << WASM_PAGE_BITS && memory.grow(GROWTH) < 0 && memory.grow(1) < 0) return 0;
    page = fresh;
    fresh += PAGE_BYTES;
  }
  left--;
  return page;
}

export function givePage(page: usize): void {
  store<usize>(page, free);
  free = page;
  left++;
}
