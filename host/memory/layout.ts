// How a memory store lies in its one SharedArrayBuffer. It is seen as 32-bit words; every address in here is a word index,
// and 0 means "nothing". The buffer grows by whole pages; a page is 4 KiB, and every 256th page describes the 255 after it.
//
//   page 0        page 1    pages 2-5        pages 6-13  page 14 ...        page 256      page 257 ...
//   +-------------+---------+----------------+---------+--------------------+-------------+-----------
//   | page table  | header  | pages of the   | journal | inodes, entries,   | page table  | ...
//   | of 0 to 255 |         | hash table     |         | file bytes, ...    | of 256-511  |
//   +-------------+---------+----------------+---------+--------------------+-------------+-----------

export const PAGE_BYTES = 4096;
export const PAGE_WORDS = 1024;
/** A page holds as many addresses as it has words: shifts and masks for indices into pages of addresses. */
export const PAGE_SHIFT = 10;
export const PAGE_MASK = PAGE_WORDS - 1;
/** Pages that one page table describes, itself among them. */
export const TABLE_PAGES = 256;

/** The smallest store that makes sense: one page table's worth. */
export const STORE_MIN_BYTES = TABLE_PAGES * PAGE_BYTES;
/** Typed arrays end at 4 GiB, and word addresses must stay below 2^30. */
export const STORE_MAX_BYTES = 4 * 1024 ** 3 - STORE_MIN_BYTES;

// --- Header. -----------------------------------------------------------------------------------------
const HEADER = PAGE_WORDS;
/** Alone on its cache line: 0 when free, else who holds the lock; see lock.ts. */
export const HEADER_LOCK = HEADER;
export const HEADER_VERSION = HEADER + 16;
export const HEADER_MAXIMUM_PAGES = HEADER + 17;
/** Pages that the buffer has; a thread whose views end before that renews them. */
export const HEADER_COMMITTED_PAGES = HEADER + 18;
/** The first page that was never used. */
export const HEADER_FRESH_PAGE = HEADER + 19;
/** The first of the given back pages. */
export const HEADER_FREE_PAGE = HEADER + 20;
export const HEADER_USED_PAGES = HEADER + 21;
/** Directory entries in the store, and buckets of the hash table that finds them. */
export const HEADER_ENTRIES = HEADER + 22;
export const HEADER_BUCKETS = HEADER + 23;
export const HEADER_HASH_SEED = HEADER + 24;
/** The last inode number that was given out, 53 bits in two words. */
export const HEADER_INODE_NUMBER = HEADER + 25;
/** The last time that was given out: seconds and nanoseconds. */
export const HEADER_CLOCK = HEADER + 27;
/** Files without a name and without a descriptor whose pages are still to be given back. */
export const HEADER_ORPHAN = HEADER + 29;
export const HEADER_JOURNAL_RECORDS = HEADER + 30;
/** For each size of slot the first page with room; see slots.ts. */
export const HEADER_PARTIAL = HEADER + 32;

/** Changes whenever anything in this file changes its meaning. */
export const STORE_VERSION = 1;

// --- Hash table: addresses of pages of buckets. --------------------------------------------------------
export const BUCKET_PAGES = 2 * PAGE_WORDS;
export const BUCKET_PAGES_MAX = 4 * PAGE_WORDS;
export const BUCKETS_MIN = PAGE_WORDS;

// --- Journal: pairs of address and old value; see journal.ts. --------------------------------------------
export const JOURNAL = BUCKET_PAGES + BUCKET_PAGES_MAX;
export const JOURNAL_RECORDS_MAX = 4096;

export const FIRST_PAGE = (JOURNAL + 2 * JOURNAL_RECORDS_MAX) / PAGE_WORDS;

// --- Inode: 64 bytes. ------------------------------------------------------------------------------------
export const INODE_BYTES = 64;
/** A FILETYPE_, or INODE_ROOT. */
export const INODE_KIND = 0;
/** Names, or 1 for a directory that has one. */
export const INODE_LINKS = 1;
/** Open descriptors. */
export const INODE_OPENS = 2;
/** Two words: a number that no other file of this store ever had. */
export const INODE_NUMBER = 3;
/** Two words: size of a file in bytes. A directory keeps the count of its entries in the first. */
export const INODE_SIZE = 5;
/** Two words each: seconds and nanoseconds. */
export const INODE_MODIFIED = 7;
export const INODE_CHANGED = 9;
/** File: the block or the index page. Directory: its first and last chunk. */
export const INODE_CONTENT = 11;
export const INODE_LAST_CHUNK = 12;
/** File: 0, the size of its only block in bytes (64 to 4096), or the height of its index (1 or 2). */
export const INODE_SHAPE = 12;
/** File with an index: no block at or after this one exists. */
export const INODE_BLOCKS = 13;
/** Directory: the one it is in, 0 for a root and for a removed one. */
export const INODE_PARENT = 13;
/** Directory, two words: sequence number of its next entry. Orphan: the next orphan. */
export const INODE_NEXT = 14;

// --- Directory entry: 24 bytes and the name. ----------------------------------------------------------------
/** Next entry of the same bucket. */
export const ENTRY_NEXT = 0;
export const ENTRY_HASH = 1;
export const ENTRY_PARENT = 2;
export const ENTRY_INODE = 3;
/** Where the directory lists it: chunk, and slot in it above the bytes of the name. */
export const ENTRY_CHUNK = 4;
export const ENTRY_PLACE = 5;
export const ENTRY_NAME = 6;
export const NAME_MAX_BYTES = 255;
export const ENTRY_PLACE_SHIFT = 8;

// --- Chunk of a directory's list: header and addresses of entries, 64 bytes to CHUNK_MAX_BYTES. ---------------
export const CHUNK_NEXT = 0;
export const CHUNK_PREVIOUS = 1;
/** Two words: sequence number of its first slot; the others count up. */
export const CHUNK_FIRST = 2;
export const CHUNK_CAPACITY = 4;
/** Slots that were ever used; those of removed entries hold 0. */
export const CHUNK_USED = 5;
export const CHUNK_LIVE = 6;
export const CHUNK_SLOTS = 8;
export const CHUNK_MIN_BYTES = 64;
export const CHUNK_MAX_BYTES = 1024;

/** Kind of a directory that is a root: it has no parent and no name. */
export const INODE_ROOT = 255;
