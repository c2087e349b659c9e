// The one source of everything that the host and the engine agree upon in shared memory.
// AssemblyScript compiles this file into the engine, TypeScript compiles the same file into the host,
// so it holds nothing but constants that both languages read alike.
//
//   linear memory of one instance
//   +---------+--------+---------+-------+-------+-------+---------+---------+-------------------+
//   | statics | config | control | sub.  | comp. | slots | records | writers | buffers           |
//   | (asc)   | block  | words   | ring  | ring  |       |(private)|(private)| (N x bufferBytes) |
//   +---------+--------+---------+-------+-------+-------+---------+---------+-------------------+
//   ^ 0       ^ CONFIG address, handed to start()
//
// "private" areas belong to the engine alone; the host only reserves room for them.

/** Changes whenever anything below changes its meaning; `start` refuses another value. */
export const LAYOUT_VERSION: u32 = 5;

/** The module's own static data ends below this; the configuration block stands here. */
export const STATIC_BYTES: u32 = 65536;

// --- Configuration block: u32 words that the host writes before it calls start(). ------------------
export const CONFIG_VERSION: u32 = 0;
export const CONFIG_ENTRIES: u32 = 4;
export const CONFIG_SLOT_DATA_BYTES: u32 = 8;
export const CONFIG_CONTROL: u32 = 12;
export const CONFIG_SUBMISSIONS: u32 = 16;
export const CONFIG_COMPLETIONS: u32 = 20;
export const CONFIG_COMPLETION_ENTRIES: u32 = 24;
export const CONFIG_SLOTS: u32 = 28;
export const CONFIG_RECORDS: u32 = 32;
export const CONFIG_WRITERS: u32 = 36;
export const CONFIG_WRITER_COUNT: u32 = 40;
export const CONFIG_BUFFERS: u32 = 44;
export const CONFIG_BUFFER_COUNT: u32 = 48;
export const CONFIG_BUFFER_BYTES: u32 = 52;
/** Turns of the loop without work before it sleeps. */
export const CONFIG_SPIN: u32 = 56;
/** Prefix of temporary names: how many bytes, and the bytes; the nonce in hexadecimal and TEMP_SUFFIX follow. */
export const CONFIG_TEMP_PREFIX_BYTES: u32 = 60;
export const CONFIG_TEMP_PREFIX: u32 = 64;
export const TEMP_PREFIX_MAX_BYTES: u32 = 160;
/** First address after everything; nothing above it is touched. */
export const CONFIG_END: u32 = 224;
export const CONFIG_BYTES: u32 = 256;

// --- Control words: one cache line each, because each is written by one side and watched by the other.
export const LINE_BYTES: u32 = 64;
/** Engine: how many submissions it has taken. */
export const CONTROL_SUBMISSION_HEAD: u32 = 0;
/** Host: how many submissions it has published. */
export const CONTROL_SUBMISSION_TAIL: u32 = 64;
/** Engine: how many completions it has posted. */
export const CONTROL_COMPLETION_TAIL: u32 = 128;
/** Host adds 1 for every event (submission, released buffer, ready step, cancel, stop); the engine sleeps on it. */
export const CONTROL_POKE: u32 = 192;
/** Engine: 1 while it sleeps or is about to. */
export const CONTROL_SLEEPING: u32 = 256;
/** Engine adds 1 and notifies when the host is armed and a completion was posted. */
export const CONTROL_BELL: u32 = 320;
/** Host: 1 while it waits for the bell. */
export const CONTROL_ARMED: u32 = 384;
/** Engine: index + 1 of the slot that it is working on, 0 between requests. */
export const CONTROL_CURRENT: u32 = 448;
/** Engine: a counter that moves while the loop turns. */
export const CONTROL_HEARTBEAT: u32 = 512;
/** Host: 1 asks run() to return. */
export const CONTROL_STOP: u32 = 576;
/** Host adds 1 for every cancellation or ready step, so that waiting requests are looked at. */
export const CONTROL_ATTENTION: u32 = 640;
/** Fault build only: see the FAULT_ words. */
export const CONTROL_FAULT: u32 = 704;
/** Panic block: message and position of an engine panic, written before `unreachable`. */
export const CONTROL_PANIC: u32 = 768;
export const CONTROL_BYTES: u32 = 1344;

// --- Panic block, relative to CONTROL_PANIC. ---------------------------------------------------------
export const PANIC_SET: u32 = 0;
export const PANIC_LINE: u32 = 4;
export const PANIC_COLUMN: u32 = 8;
export const PANIC_MESSAGE_BYTES: u32 = 12;
export const PANIC_FILE_BYTES: u32 = 16;
/** UTF-16 code units of the message, cut at this many bytes. */
export const PANIC_MESSAGE: u32 = 32;
export const PANIC_MESSAGE_MAX_BYTES: u32 = 384;
export const PANIC_FILE: u32 = 416;
export const PANIC_FILE_MAX_BYTES: u32 = 160;

// --- Fault block, relative to CONTROL_FAULT (fault build only). ---------------------------------------
/** Operation at which the fault happens; 0 for any. */
export const FAULT_OP: u32 = 0;
/** Happens when this count, lowered at every matching step, reaches 0; 0 means off. */
export const FAULT_COUNTDOWN: u32 = 4;
/** One of FAULT_KIND_. */
export const FAULT_KIND: u32 = 8;
export const FAULT_KIND_UNREACHABLE: u32 = 1;
export const FAULT_KIND_OUT_OF_BOUNDS: u32 = 2;
export const FAULT_KIND_STACK_OVERFLOW: u32 = 3;
export const FAULT_KIND_PANIC: u32 = 4;
export const FAULT_KIND_SPIN: u32 = 5;
export const FAULT_KIND_MEMORY: u32 = 6;

// --- Submission ring: u32 slot indices. Completion ring: entries of four u32. ---------------------------
export const SUBMISSION_BYTES: u32 = 4;
export const COMPLETION_BYTES: u32 = 16;
export const COMPLETION_SLOT: u32 = 0;
export const COMPLETION_TAG: u32 = 4;
/** Kind in the low byte, buffer index + 1 above it (0: no buffer). */
export const COMPLETION_KIND: u32 = 8;
export const COMPLETION_COUNT: u32 = 12;
/** The request has ended; its status is in the slot, COUNT bytes of result in the slot's data. */
export const COMPLETION_DONE: u32 = 1;
/** COUNT bytes of a longer result are in the buffer, which the host must release. */
export const COMPLETION_CHUNK: u32 = 2;

// --- Request slot: header, path, data. ------------------------------------------------------------------
//   0        64           128            256          4352                4352 + slotDataBytes
//   | request | conditions | reply (engine) | path (4096) | data ...        |
export const SLOT_OP: u32 = 0;
/** Sequence number of the request in this slot, returned with every completion. */
export const SLOT_TAG: u32 = 4;
export const SLOT_FLAGS: u32 = 8;
/** Descriptor of the preopened root. */
export const SLOT_ROOT: u32 = 12;
export const SLOT_PATH_BYTES: u32 = 16;
/** Bytes of the second path (copy and rename), which stands at the start of the data. */
export const SLOT_TARGET_BYTES: u32 = 20;
/** Bytes of payload, in the data or in the buffer. */
export const SLOT_DATA_BYTES: u32 = 24;
/** Index + 1 of the buffer that carries the payload; 0: the data area does. */
export const SLOT_BUFFER: u32 = 28;
/** u64: offset in bytes, cookie of a listing, or milliseconds of a sleep. */
export const SLOT_OFFSET: u32 = 32;
/** u64: how many bytes are wanted; LENGTH_REST means up to the end. */
export const SLOT_LENGTH: u32 = 40;
/** Writer handle. */
export const SLOT_HANDLE: u32 = 48;
/** Descriptor of an open reader or listing. */
export const SLOT_FD: u32 = 52;
/** Host stores the tag here to cancel. */
export const SLOT_CANCEL: u32 = 56;
/** Host stores 1 here when a parked step can be repeated. */
export const SLOT_READY: u32 = 60;
// Conditions: the parts of an etag, and a time in nanoseconds; which of them count is in the flags.
export const SLOT_MATCH_INODE: u32 = 64;
export const SLOT_MATCH_SIZE: u32 = 72;
export const SLOT_MATCH_TIME: u32 = 80;
export const SLOT_NONE_MATCH_INODE: u32 = 88;
export const SLOT_NONE_MATCH_SIZE: u32 = 96;
export const SLOT_NONE_MATCH_TIME: u32 = 104;
export const SLOT_MODIFIED_SINCE: u32 = 112;
export const SLOT_UNMODIFIED_SINCE: u32 = 120;
// Reply.
export const SLOT_STATUS: u32 = 128;
/** PHASE_ value: whether the effect of the request can have happened. */
export const SLOT_PHASE: u32 = 132;
export const SLOT_RESULT_HANDLE: u32 = 136;
export const SLOT_RESULT_FD: u32 = 140;
/** u64: bytes of the whole result, known before its first chunk is posted; for a listing the next cookie. */
export const SLOT_RESULT_TOTAL: u32 = 144;
/** Of a request that failed: address of the words for its status, UTF-16, and in front of them their u32 of bytes. */
export const SLOT_MEANING: u32 = 136;
export const MEANING_MAX_BYTES: u32 = 512;
/** WASI filestat (64 bytes): device, inode, filetype, links, size, atime, mtime, ctime. */
export const SLOT_STAT: u32 = 152;
/** 16 random bytes from the host: the temporary name of this request, so that the host can remove it when the engine cannot. */
export const SLOT_NONCE: u32 = 216;
export const NONCE_BYTES: u32 = 16;
/** The path. Once its symlinks are followed, the engine puts here the path that it writes to: beside that the host clears up. */
export const SLOT_PATH: u32 = 256;
export const PATH_MAX_BYTES: u32 = 4095;
export const PATH_AREA_BYTES: u32 = 4096;
export const SLOT_DATA: u32 = 4352;

/** Nothing of the request's effect has happened. */
export const PHASE_BEFORE: u32 = 0;
/** From here on the effect may have happened. */
export const PHASE_MAY_HAVE_HAPPENED: u32 = 1;

// --- Operations. -----------------------------------------------------------------------------------------
export const OP_ECHO: u32 = 1;
export const OP_SLEEP: u32 = 2;
export const OP_STAT: u32 = 3;
/** Open, read a range, close. */
export const OP_READ: u32 = 4;
/** Open for reading, or a directory for listing with FLAG_DIRECTORY; RESULT_FD, STAT. */
export const OP_OPEN: u32 = 5;
export const OP_READ_AT: u32 = 6;
export const OP_CLOSE: u32 = 7;
/** A whole file in one request, through commit. */
export const OP_WRITE: u32 = 8;
export const OP_WRITER_OPEN: u32 = 9;
export const OP_WRITER_WRITE: u32 = 10;
export const OP_WRITER_FLUSH: u32 = 11;
export const OP_WRITER_CLOSE: u32 = 12;
export const OP_WRITER_ABORT: u32 = 13;
export const OP_CREATE_DIRECTORY: u32 = 14;
export const OP_DELETE: u32 = 15;
/** One page of an open directory, from cookie OFFSET. Entries as LIST_ENTRY_ says. */
export const OP_LIST: u32 = 16;
export const OP_COPY: u32 = 17;
export const OP_RENAME: u32 = 18;
/** Fault build only: the request itself is the fault, of the kind in OFFSET. */
export const OP_FAULT: u32 = 19;
/** The path is that of a lock: repairs and removes it if its owner is dead. */
export const OP_TIDY: u32 = 20;
/** The payload is a page of OP_LIST without FLAG_STAT, of the directory at the path, whose inode is OFFSET: comes back with what stat says of each entry. */
export const OP_DESCRIBE: u32 = 21;
export const OP_LAST: u32 = 21;

// --- Flags. ------------------------------------------------------------------------------------------------
/** The path was written with a slash at its end: only a directory will do. */
export const FLAG_DIRECTORY: u32 = 1;
export const FLAG_APPEND: u32 = 2;
export const FLAG_IF_NOT_EXISTS: u32 = 4;
export const FLAG_RECURSIVE: u32 = 8;
/** OP_READ_AT continues where the one before it ended: read ahead. */
export const FLAG_SEQUENTIAL: u32 = 16;
/** OP_READ: OFFSET counts back from the end of the file. */
export const FLAG_SUFFIX: u32 = 32;
/** OP_LIST: stat every entry. OP_OPEN: fill STAT. */
export const FLAG_STAT: u32 = 64;
/** fsync the file before it gets its name. */
export const FLAG_SYNC_FILE: u32 = 128;
/** fsync the directory (and made parents) after it. */
export const FLAG_SYNC_DIRECTORY: u32 = 256;
export const FLAG_IF_MATCH: u32 = 512;
export const FLAG_IF_NONE_MATCH: u32 = 1024;
export const FLAG_IF_MODIFIED_SINCE: u32 = 2048;
export const FLAG_IF_UNMODIFIED_SINCE: u32 = 4096;
/** If-none-match `*`: any existing file fails the condition; if-match `*`: any existing file passes. */
export const FLAG_MATCH_ANY: u32 = 8192;
export const FLAG_NONE_MATCH_ANY: u32 = 16384;
/** OP_DELETE: what is below the directory goes, the directory itself stays. */
export const FLAG_KEEP_TOP: u32 = 32768;
/** Symlinks are followed as long as they end inside of the root; without it they are refused. */
export const FLAG_FOLLOW: u32 = 65536;
/** OP_READ, OP_READ_AT: a long result may come in memory of the host's own, if the host has any; RESULT_HANDLE names it, 0: it did not. */
export const FLAG_PARCEL: u32 = 131072;
export const FLAG_ALL: u32 = 262143;

// --- Listing entries in a page: header, then the name, padded to 8. -------------------------------------------
// A symlink that was followed has the kind of a symlink and the stat of what it leads to.
//   0           64       68           72
//   | filestat  | kind   | name bytes | name ... |
export const LIST_ENTRY_STAT: u32 = 0;
export const LIST_ENTRY_KIND: u32 = 64;
export const LIST_ENTRY_NAME_BYTES: u32 = 68;
export const LIST_ENTRY_NAME: u32 = 72;
/** An entry with the longest name, 255 bytes, padded. */
export const LIST_ENTRY_MAX_BYTES: u32 = 328;

// --- Buffers: an owner word each, on a line of its own, at the front of the buffer area. ------------------------
/** Taken and given back with compare-and-swap by both sides. */
export const BUFFER_FREE: u32 = 0;
export const BUFFER_ENGINE: u32 = 1;
export const BUFFER_HOST: u32 = 2;

// --- Statuses: WASI preview 1 error numbers, and ours above them. ------------------------------------------------
export const ERRNO_SUCCESS: i32 = 0;
export const ERRNO_ACCES: i32 = 2;
/** "Not yet": the step is parked and repeated when the host says that it is ready. */
export const ERRNO_AGAIN: i32 = 6;
export const ERRNO_BADF: i32 = 8;
export const ERRNO_BUSY: i32 = 10;
export const ERRNO_CANCELED: i32 = 11;
export const ERRNO_DQUOT: i32 = 19;
export const ERRNO_EXIST: i32 = 20;
export const ERRNO_FAULT: i32 = 21;
export const ERRNO_FBIG: i32 = 22;
export const ERRNO_ILSEQ: i32 = 25;
/** Of a batch: the thread is wanted for a moment, before the next one. */
export const ERRNO_INTR: i32 = 27;
export const ERRNO_INVAL: i32 = 28;
export const ERRNO_IO: i32 = 29;
export const ERRNO_ISDIR: i32 = 31;
export const ERRNO_LOOP: i32 = 32;
export const ERRNO_MFILE: i32 = 33;
export const ERRNO_MLINK: i32 = 34;
export const ERRNO_NAMETOOLONG: i32 = 37;
export const ERRNO_NFILE: i32 = 41;
export const ERRNO_NOENT: i32 = 44;
export const ERRNO_NOMEM: i32 = 48;
export const ERRNO_NOSPC: i32 = 51;
export const ERRNO_NOSYS: i32 = 52;
export const ERRNO_NOTDIR: i32 = 54;
export const ERRNO_NOTEMPTY: i32 = 55;
export const ERRNO_NOTSUP: i32 = 58;
export const ERRNO_NXIO: i32 = 60;
export const ERRNO_OVERFLOW: i32 = 61;
export const ERRNO_PERM: i32 = 63;
export const ERRNO_PIPE: i32 = 64;
export const ERRNO_ROFS: i32 = 69;
export const ERRNO_STALE: i32 = 72;
export const ERRNO_TXTBSY: i32 = 74;
export const ERRNO_XDEV: i32 = 75;
export const ERRNO_NOTCAPABLE: i32 = 76;
/** The request makes no sense: unknown op, flag, length, handle. */
export const STATUS_MALFORMED: i32 = 200;
/** A condition (if-not-exists, if-match, ...) does not hold. */
export const STATUS_CONDITION: i32 = 201;
/** A bounded range lies past the end of the file. */
export const STATUS_RANGE: i32 = 202;
/** Source and target are the same file. */
export const STATUS_SAME_FILE: i32 = 203;
/** Neither a regular file nor a directory. */
export const STATUS_SPECIAL: i32 = 204;
/** A symlink, which is not followed. */
export const STATUS_SYMLINK: i32 = 205;
/** The handle was poisoned by an earlier failure. */
export const STATUS_POISONED: i32 = 206;
/** Every writer handle is in use. */
export const STATUS_NO_HANDLE: i32 = 207;
/** The host took back the right to change anything: the instance was declared dead. */
export const STATUS_REVOKED: i32 = 208;
/** Somebody else has held the lock of the name for too long. */
export const STATUS_LOCKED: i32 = 209;

// --- WASI values that both sides use. ---------------------------------------------------------------------------
export const FILETYPE_UNKNOWN: u32 = 0;
export const FILETYPE_BLOCK_DEVICE: u32 = 1;
export const FILETYPE_CHARACTER_DEVICE: u32 = 2;
export const FILETYPE_DIRECTORY: u32 = 3;
export const FILETYPE_REGULAR_FILE: u32 = 4;
export const FILETYPE_SOCKET: u32 = 5;
export const FILETYPE_SOCKET_STREAM: u32 = 6;
export const FILETYPE_SYMBOLIC_LINK: u32 = 7;
export const OFLAGS_CREAT: u32 = 1;
export const OFLAGS_DIRECTORY: u32 = 2;
export const OFLAGS_EXCL: u32 = 4;
export const OFLAGS_TRUNC: u32 = 8;
export const FDFLAGS_APPEND: u32 = 1;
export const FSTFLAGS_MTIM: u32 = 4;
export const FILESTAT_BYTES: u32 = 64;
export const FILESTAT_DEVICE: u32 = 0;
export const FILESTAT_INODE: u32 = 8;
export const FILESTAT_FILETYPE: u32 = 16;
export const FILESTAT_LINKS: u32 = 24;
export const FILESTAT_SIZE: u32 = 32;
export const FILESTAT_ATIME: u32 = 40;
export const FILESTAT_MTIME: u32 = 48;
export const FILESTAT_CTIME: u32 = 56;
export const DIRENT_BYTES: u32 = 24;
export const DIRENT_NEXT: u32 = 0;
export const DIRENT_INODE: u32 = 8;
export const DIRENT_NAME_BYTES: u32 = 16;
export const DIRENT_FILETYPE: u32 = 20;
export const RIGHT_FD_READ: u32 = 2;
export const RIGHT_FD_WRITE: u32 = 64;
export const RIGHT_PATH_OPEN: u32 = 8192;
export const RIGHT_FD_READDIR: u32 = 16384;
/** The pages of a file are not needed any more: a host may begin to write them out. */
export const ADVICE_DONTNEED: i32 = 4;

// --- Time ----------------------------------------------------------------------------------------------------------
/** For so long a host keeps open what may be asked for again; whoever serves requests begins a batch after that, though none comes. */
export const KEEP_MS: u32 = 1000;

// --- Room that the engine keeps for itself: the host only multiplies. ----------------------------------------------
/** One per slot: the copied request and its state machine, two paths and a temporary name. */
export const RECORD_BYTES: u32 = 13312;
/** One per writer handle. */
export const WRITER_BYTES: u32 = 9216;
