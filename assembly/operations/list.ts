import {
  DIRENT_BYTES,
  DIRENT_FILETYPE,
  DIRENT_INODE,
  DIRENT_NAME_BYTES,
  DIRENT_NEXT,
  ERRNO_AGAIN,
  ERRNO_NOENT,
  ERRNO_SUCCESS,
  FILESTAT_BYTES,
  FILESTAT_FILETYPE,
  FILESTAT_INODE,
  FLAG_STAT,
  LIST_ENTRY_KIND,
  LIST_ENTRY_NAME,
  LIST_ENTRY_NAME_BYTES,
  LIST_ENTRY_STAT,
} from '../layout';
import { isDots } from '../paths';
import { DONE, PARK, YIELD } from '../outcome';
import { Record } from '../record';
import { replyTotal } from '../reply';
import { slotDataBytes } from '../space';
import { fd_readdir, path_filestat_get } from '../wasi';

// One page of an open directory: raw entries into the record's scratch, finished ones into the slot's data. The page ends when
// either is used up; the cookie of the last entry taken continues it.
//
//   record.done      bytes of raw entries     record.position  where the next raw entry begins
//   record.end       cookie so far            record.resultBytes  bytes of finished entries

const FETCH: i32 = 0;
const TAKE: i32 = 1;
/** Entries that are looked at before others get their turn. */
const ENTRIES_PER_TURN: u32 = 32;

const used = memory.data(8);

export function list(record: Record): i32 {
  if (record.state == FETCH) {
    const errno = fd_readdir(record.fd, record.scratch, record.scratchBytes, record.offset, used);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno != ERRNO_SUCCESS) return fail(record, errno);
    record.done = min<u32>(load<u32>(used), record.scratchBytes);
    record.position = 0;
    record.end = record.offset;
    record.resultBytes = 0;
    record.state = TAKE;
  }
  for (let count: u32 = 0; count < ENTRIES_PER_TURN; count++) {
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

function describe(record: Record, raw: usize, nameBytes: u32): i32 {
  const entry = record.slotData + record.resultBytes;
  const stat = entry + LIST_ENTRY_STAT;
  if (record.flags & FLAG_STAT) {
    const errno = path_filestat_get(record.fd, 0, raw + DIRENT_BYTES, nameBytes, stat);
    if (errno != ERRNO_SUCCESS) return errno;
    store<u32>(entry + LIST_ENTRY_KIND, load<u8>(stat + FILESTAT_FILETYPE));
  } else {
    memory.fill(stat, 0, FILESTAT_BYTES);
    store<u64>(stat + FILESTAT_INODE, load<u64>(raw + DIRENT_INODE));
    store<u32>(entry + LIST_ENTRY_KIND, load<u8>(raw + DIRENT_FILETYPE));
  }
  store<u32>(entry + LIST_ENTRY_NAME_BYTES, nameBytes);
  memory.copy(entry + LIST_ENTRY_NAME, raw + DIRENT_BYTES, nameBytes);
  return ERRNO_SUCCESS;
}

function fail(record: Record, status: i32): i32 {
  record.resultBytes = 0;
  record.status = status;
  return DONE;
}
