import {
  DIRENT_BYTES,
  DIRENT_FILETYPE,
  DIRENT_INODE,
  DIRENT_NAME_BYTES,
  DIRENT_NEXT,
  ERRNO_AGAIN,
  ERRNO_NOENT,
  ERRNO_NOSYS,
  ERRNO_SUCCESS,
  FILESTAT_BYTES,
  FILESTAT_FILETYPE,
  FILESTAT_INODE,
  FILETYPE_SYMBOLIC_LINK,
  FLAG_FOLLOW,
  FLAG_STAT,
  LIST_ENTRY_KIND,
  LIST_ENTRY_NAME,
  LIST_ENTRY_NAME_BYTES,
  LIST_ENTRY_MAX_BYTES,
  LIST_ENTRY_STAT,
  SLOT_PATH,
} from '../layout';
import { isDots } from '../paths';
import { DONE, PARK, YIELD } from '../outcome';
import { Record } from '../record';
import { replyTotal } from '../reply';
import { resolveIn, resolved, resolvedBytes } from '../resolve';
import { slotDataBytes } from '../space';
import { directory_list, fd_filestat_get, fd_readdir, path_filestat_get } from '../wasi';

// One page of an open directory, in the slot's data. A host that can gives finished entries, some at a time. Else raw entries go into
// the record's scratch and finished ones into the slot's data; the page ends when either is used up, and the cookie of the last
// entry taken continues it.
//
//   record.done      bytes of raw entries     record.position  where the next raw entry begins
//   record.end       cookie so far            record.resultBytes  bytes of finished entries
//   record.length    bytes of the path that a link leads to

const BEGIN: i32 = 0;
const FINISHED: i32 = 1;
const FETCH: i32 = 2;
const TAKE: i32 = 3;
// In the middle of an entry that is a symlink.
const RESOLVE: i32 = 4;
const TARGET: i32 = 5;
/** Room for finished entries that are asked for before others get their turn: some fifty. */
const PIECE_BYTES: u32 = 4096;
/** Entries that are looked at before others get their turn; of names that are only copied it is as many as are read at once. */
const ENTRIES_PER_TURN: u32 = 32;
const NAMES_PER_TURN: u32 = 1024;

const used = memory.data(8);
/** What comes back of finished entries: the bytes, and the cookie behind them. */
const finished = memory.data(16);

export function list(record: Record): i32 {
  if (record.state == BEGIN) {
    record.end = record.offset;
    record.resultBytes = 0;
    // Links that are followed are looked at one by one.
    record.state = (record.flags & (FLAG_STAT | FLAG_FOLLOW)) == FLAG_STAT ? FINISHED : FETCH;
  }
  if (record.state == FINISHED) {
    const errno = takeFinished(record);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno == ERRNO_SUCCESS) return record.done != 0 ? DONE : YIELD;
    if (errno != ERRNO_NOSYS) return fail(record, errno);
    record.state = FETCH;
  }
  return listRaw(record);
}

/** Some entries more; `done` is 1 when the page is at its end. */
function takeFinished(record: Record): i32 {
  const room = min<u32>(slotDataBytes - record.resultBytes, PIECE_BYTES);
  const errno = directory_list(record.fd, record.slotData + record.resultBytes, room, record.end, finished);
  if (errno != ERRNO_SUCCESS) return errno;
  record.resultBytes += u32(min<u64>(load<u64>(finished), room));
  record.end = load<u64>(finished + 8);
  record.done = record.end == 0 || slotDataBytes - record.resultBytes < LIST_ENTRY_MAX_BYTES ? 1 : 0;
  replyTotal(record, record.end);
  return ERRNO_SUCCESS;
}

function listRaw(record: Record): i32 {
  if (record.state == FETCH) {
    const errno = fd_readdir(record.fd, record.scratch, record.scratchBytes, record.offset, used);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    record.done = min<u32>(load<u32>(used), record.scratchBytes);
    record.position = 0;
    record.state = TAKE;
  }
  const turn = record.flags & FLAG_STAT ? ENTRIES_PER_TURN : NAMES_PER_TURN;
  for (let count: u32 = 0; count < turn; count++) {
    const raw = record.scratch + usize(record.position);
    const left = record.done - u32(record.position);
    const nameBytes: u32 = left < DIRENT_BYTES ? 0 : load<u32>(raw + DIRENT_NAME_BYTES);
    if (left < DIRENT_BYTES || nameBytes > left - DIRENT_BYTES) return endPage(record);
    if (!isDots(raw + DIRENT_BYTES, nameBytes)) {
      const bytes = (LIST_ENTRY_NAME + nameBytes + 7) & ~7;
      if (record.resultBytes + bytes > slotDataBytes) {
        replyTotal(record, record.end);
        return DONE;
      }
      const errno = describe(record, raw, nameBytes);
      if (errno == ERRNO_AGAIN) return PARK;
      // It was removed after it was read, or it cannot be held: it is not there.
      if (errno == ERRNO_SUCCESS) record.resultBytes += bytes;
      else if (errno != ERRNO_NOENT) return fail(record, errno);
    }
    record.end = load<u64>(raw + DIRENT_NEXT);
    record.position += DIRENT_BYTES + nameBytes;
  }
  return YIELD;
}

/** All raw entries are taken: a scratch that was not filled was the end of the directory. */
function endPage(record: Record): i32 {
  const isLast = record.done < record.scratchBytes;
  replyTotal(record, isLast ? 0 : record.end);
  return DONE;
}

/** Fills in the entry at the end of the page; each call of it may be parked, and goes on where it was. */
function describe(record: Record, raw: usize, nameBytes: u32): i32 {
  const entry = record.slotData + record.resultBytes;
  const stat = entry + LIST_ENTRY_STAT;
  if (record.state == TAKE) {
    if (record.flags & FLAG_STAT) {
      const errno = path_filestat_get(record.fd, 0, raw + DIRENT_BYTES, nameBytes, stat);
      if (errno != ERRNO_SUCCESS) return errno;
      const kind = load<u8>(stat + FILESTAT_FILETYPE);
      store<u32>(entry + LIST_ENTRY_KIND, kind);
      if (kind == FILETYPE_SYMBOLIC_LINK && record.flags & FLAG_FOLLOW) record.state = RESOLVE;
    } else {
      memory.fill(stat, 0, FILESTAT_BYTES);
      store<u64>(stat + FILESTAT_INODE, load<u64>(raw + DIRENT_INODE));
      store<u32>(entry + LIST_ENTRY_KIND, load<u8>(raw + DIRENT_FILETYPE));
    }
  }
  if (record.state != TAKE) {
    const errno = follow(record, raw + DIRENT_BYTES, nameBytes, stat);
    if (errno == ERRNO_AGAIN) return errno;
    record.state = TAKE;
    // A link that leads nowhere, or out of the root, is not there.
    if (errno != ERRNO_SUCCESS) return ERRNO_NOENT;
  }
  store<u32>(entry + LIST_ENTRY_NAME_BYTES, nameBytes);
  memory.copy(entry + LIST_ENTRY_NAME, raw + DIRENT_BYTES, nameBytes);
  return ERRNO_SUCCESS;
}

/** The stat of what a link leads to. Its path is kept in the slot, where that of the request is not needed any more. */
function follow(record: Record, name: usize, nameBytes: u32, stat: usize): i32 {
  const path = record.slot + SLOT_PATH;
  if (record.state == RESOLVE) {
    const errno = resolveIn(record.root, record.path, record.pathBytes, name, nameBytes);
    if (errno != ERRNO_SUCCESS) return errno;
    memory.copy(path, resolved, resolvedBytes);
    record.length = resolvedBytes;
    record.state = TARGET;
  }
  const bytes = u32(record.length);
  return bytes == 0 ? fd_filestat_get(record.root, stat) : path_filestat_get(record.root, 0, path, bytes, stat);
}

function fail(record: Record, status: i32): i32 {
  record.resultBytes = 0;
  record.status = status;
  return DONE;
}
