import {
  FLAG_IF_MATCH,
  FLAG_IF_MODIFIED_SINCE,
  FLAG_IF_NONE_MATCH,
  FLAG_IF_NOT_EXISTS,
  FLAG_IF_UNMODIFIED_SINCE,
  FLAG_MATCH_ANY,
  FLAG_NONE_MATCH_ANY,
  SLOT_FLAGS,
  SLOT_MATCH_INODE,
  SLOT_MODIFIED_SINCE,
  SLOT_NONE_MATCH_INODE,
  SLOT_UNMODIFIED_SINCE,
} from '../layout';

// A list of `condition` as the canonical ABI lays it out:
//
//   0      8                                  40
//   | case | option<etag> | time              |
//            8        16      24     32
//            | some   | inode | size | time   |
const CONDITION_BYTES: u32 = 40;
const PAYLOAD: u32 = 8;
const ETAG: u32 = 16;
const ETAG_BYTES: u32 = 24;

const IF_MATCH: u8 = 0;
const IF_NONE_MATCH: u8 = 1;
const IF_MODIFIED_SINCE: u8 = 2;

/** Of several conditions of the same kind the last one counts. `isWrite`: that there is no file is decided by the file system. */
export function conditions(slot: usize, list: usize, count: u32, isWrite: bool): void {
  let flags = load<u32>(slot + SLOT_FLAGS);
  for (let i: u32 = 0; i < count; i++) {
    const condition = list + i * CONDITION_BYTES;
    const isAny = load<u8>(condition + PAYLOAD) == 0;
    switch (load<u8>(condition)) {
      case IF_MATCH:
        flags |= FLAG_IF_MATCH;
        if (isAny) flags |= FLAG_MATCH_ANY;
        else memory.copy(slot + SLOT_MATCH_INODE, condition + ETAG, ETAG_BYTES);
        break;
      case IF_NONE_MATCH:
        if (isAny && isWrite) {
          flags |= FLAG_IF_NOT_EXISTS;
          break;
        }
        flags |= FLAG_IF_NONE_MATCH;
        if (isAny) flags |= FLAG_NONE_MATCH_ANY;
        else memory.copy(slot + SLOT_NONE_MATCH_INODE, condition + ETAG, ETAG_BYTES);
        break;
      case IF_MODIFIED_SINCE:
        flags |= FLAG_IF_MODIFIED_SINCE;
        store<u64>(slot + SLOT_MODIFIED_SINCE, load<u64>(condition + PAYLOAD));
        break;
      default:
        flags |= FLAG_IF_UNMODIFIED_SINCE;
        store<u64>(slot + SLOT_UNMODIFIED_SINCE, load<u64>(condition + PAYLOAD));
        break;
    }
  }
  store<u32>(slot + SLOT_FLAGS, flags);
}
