import {
  ERRNO_SUCCESS,
  FILESTAT_INODE,
  FILESTAT_MTIME,
  FILESTAT_SIZE,
  FLAG_IF_MATCH,
  FLAG_IF_MODIFIED_SINCE,
  FLAG_IF_NONE_MATCH,
  FLAG_IF_UNMODIFIED_SINCE,
  FLAG_MATCH_ANY,
  FLAG_NONE_MATCH_ANY,
  SLOT_MATCH_INODE,
  SLOT_MODIFIED_SINCE,
  SLOT_NONE_MATCH_INODE,
  SLOT_UNMODIFIED_SINCE,
  STATUS_CONDITION,
} from './layout';

// The conditions of a request, copied out of its slot as one block: two etags of three u64 (inode, size, modified), two times.

export const CONDITIONS_BYTES: u32 = 64;
const MATCH: usize = 0;
const NONE_MATCH: usize = SLOT_NONE_MATCH_INODE - SLOT_MATCH_INODE;
const MODIFIED_SINCE: usize = SLOT_MODIFIED_SINCE - SLOT_MATCH_INODE;
const UNMODIFIED_SINCE: usize = SLOT_UNMODIFIED_SINCE - SLOT_MATCH_INODE;
/** The flags of conditions that are about what is there. */
export const CONDITION_FLAGS: u32 = FLAG_IF_MATCH | FLAG_IF_NONE_MATCH | FLAG_IF_MODIFIED_SINCE | FLAG_IF_UNMODIFIED_SINCE;

// @ts-ignore: decorator
@inline
export function hasConditions(flags: u32): bool {
  return (flags & CONDITION_FLAGS) != 0;
}

/** STATUS_CONDITION unless every condition holds for the file in `stat`, or for its absence. */
export function checkConditions(flags: u32, conditions: usize, exists: bool, stat: usize): i32 {
  if (flags & FLAG_IF_MATCH) {
    if (!exists) return STATUS_CONDITION;
    if (!(flags & FLAG_MATCH_ANY) && !sameEtag(conditions + MATCH, stat)) return STATUS_CONDITION;
  }
  if (!exists) return ERRNO_SUCCESS;
  if (flags & FLAG_IF_NONE_MATCH) {
    if (flags & FLAG_NONE_MATCH_ANY || sameEtag(conditions + NONE_MATCH, stat)) return STATUS_CONDITION;
  }
  const modified = load<u64>(stat + FILESTAT_MTIME);
  if (flags & FLAG_IF_MODIFIED_SINCE && modified <= load<u64>(conditions + MODIFIED_SINCE)) return STATUS_CONDITION;
  if (flags & FLAG_IF_UNMODIFIED_SINCE && modified > load<u64>(conditions + UNMODIFIED_SINCE)) return STATUS_CONDITION;
  return ERRNO_SUCCESS;
}

function sameEtag(etag: usize, stat: usize): bool {
  return (
    load<u64>(etag) == load<u64>(stat + FILESTAT_INODE) &&
    load<u64>(etag + 8) == load<u64>(stat + FILESTAT_SIZE) &&
    load<u64>(etag + 16) == load<u64>(stat + FILESTAT_MTIME)
  );
}
