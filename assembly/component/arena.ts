// Memory for what crosses the border of the component: parameters that the caller puts here, and results that he takes from here.
// All that belongs to one call stays until the next one begins; nothing is given back one by one.

const PAGE_BYTES: usize = 65536;
const LEAST_GROWTH_BYTES: usize = 1 << 20;

let first: usize = 0;
let top: usize = 0;
let end: usize = 0;
let isOver: bool = false;

/** The results of a call are complete: the next allocation begins the next call. */
export function endCall(): void {
  isOver = true;
}

/** Room for a result; traps when there is no memory left, which ends the instance. */
export function allocate(bytes: usize, alignment: usize): usize {
  if (isOver) {
    isOver = false;
    top = first;
  }
  let start = aligned(alignment);
  if (start + bytes > end && (end == 0 || !lengthen(start + bytes - end))) {
    move(bytes);
    start = top;
  }
  top = start + bytes;
  return start;
}

/** The canonical ABI's: the caller allocates parameters with it, and makes the last one longer or shorter where it stands. */
export function cabi_realloc(old: usize, oldBytes: usize, alignment: usize, bytes: usize): usize {
  if (old != 0 && old + oldBytes == top && (old + bytes <= end || lengthen(old + bytes - end))) {
    top = old + bytes;
    return old;
  }
  const moved = allocate(bytes, alignment);
  if (old != 0) memory.copy(moved, old, min(oldBytes, bytes));
  return moved;
}

/** For the adapter between preview 1 and WASI 0.2, which keeps what it gets. */
export function cabi_realloc_adapter(old: usize, oldBytes: usize, alignment: usize, bytes: usize): usize {
  assert(old == 0, 'the adapter does not change what it has');
  return pages(bytes);
}

/** Whole pages at the end of memory. */
export function pages(bytes: usize): usize {
  const count = i32((bytes + PAGE_BYTES - 1) / PAGE_BYTES);
  const before = memory.grow(count);
  assert(before >= 0, 'memory is exhausted');
  return usize(before) * PAGE_BYTES;
}

/** A new place where somebody else's pages follow on the old one; what this call has stays where it is. */
function move(bytes: usize): void {
  first = pages(max(bytes, LEAST_GROWTH_BYTES));
  top = first;
  end = usize(memory.size()) * PAGE_BYTES;
}

/** More room behind what there is; false when somebody else's pages follow. */
function lengthen(bytes: usize): bool {
  if (end != usize(memory.size()) * PAGE_BYTES) return false;
  pages(max(bytes, LEAST_GROWTH_BYTES));
  end = usize(memory.size()) * PAGE_BYTES;
  return true;
}

function aligned(alignment: usize): usize {
  return (top + alignment - 1) & ~(alignment - 1);
}
