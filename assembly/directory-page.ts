import { DIRENT_BYTES, DIRENT_NAME_BYTES, DIRENT_NEXT, ERRNO_SUCCESS, PATH_AREA_BYTES } from './layout';
import { isDots } from './paths';
import { fd_readdir } from './wasi';

// A page of the names in a directory, entry by entry. There is one page for all: whoever reads it is through with it, or knows where to
// begin the next one, before another request has its turn.

const used = memory.data(8);
const page = memory.data(4096);
const PAGE_BYTES: u32 = PATH_AREA_BYTES;

let bytes: u32 = 0;
let at: u32 = 0;

/** Name of the entry that `nextEntry` found. */
export let entryName: usize = 0;
export let entryBytes: u32 = 0;

/** Reads the entries that come after a cookie. */
export function readPage(directory: i32, cookie: u64): i32 {
  const errno = fd_readdir(directory, page, PAGE_BYTES, cookie, used);
  bytes = errno == ERRNO_SUCCESS ? min<u32>(load<u32>(used), PAGE_BYTES) : 0;
  at = 0;
  return errno;
}

/** Goes to the next whole entry of the page other than `.` and `..`; false at its end. */
export function nextEntry(): bool {
  while (bytes - at >= DIRENT_BYTES) {
    entryBytes = load<u32>(page + at + DIRENT_NAME_BYTES);
    if (entryBytes > bytes - at - DIRENT_BYTES) return false;
    entryName = page + at + DIRENT_BYTES;
    at += DIRENT_BYTES + entryBytes;
    if (!isDots(entryName, entryBytes)) return true;
  }
  return false;
}

/** The cookie of what comes after that entry. */
export function entryNext(): u64 {
  return load<u64>(entryName - DIRENT_BYTES + DIRENT_NEXT);
}

/** A page that was not filled was the last one. */
export function isLastPage(): bool {
  return bytes < PAGE_BYTES;
}
