import { Commit } from './commit-record';
import { NONCE_BYTES } from './layout';
import { LOCK_SIZED, LOCK_SOFT, LOCK_TIDY } from './lock-state';
import { parentBytes } from './paths';
import { tempPrefix, tempPrefixBytes } from './space';

// The hidden names beside a target. All begin with the mark that listings leave out, and say whose they are:
//
//   .holdfast-<owner>-<nonce>-<half of the hash>.tmp   content on its way to the name
//   .holdfast-<owner>-<nonce>.tmp         the same, recalled by the holder of the lock of the name
//   .holdfast-<owner>-<nonce>.lock/       a lock that is being made; what is in it becomes the lock by one rename
//   .holdfast-<hash of the name>.lock/    the lock of a name; it is held by whoever has an entry in it:
//     .holdfast-<owner>-<nonce>           a second name of the target where the file system has such, else an empty file
//     .holdfast-<owner>-<nonce>-<size>    the same, and the target is being appended to from this size on; the highest bit of the
//                                         size says that the append is not durable
//     .holdfast-<owner>-<nonce>-<size>.torn   its owner lives and could not take back what it had appended

const SLASH: u8 = 0x2f;
const DASH: u8 = 0x2d;
const MARK = memory.data<u8>([0x2e, 0x68, 0x6f, 0x6c, 0x64, 0x66, 0x61, 0x73, 0x74, 0x2d]); // ".holdfast-"
const MARK_BYTES: u32 = 10;
const TEMP_SUFFIX = memory.data<u8>([0x2e, 0x74, 0x6d, 0x70]); // ".tmp"
const TEMP_SUFFIX_BYTES: u32 = 4;
const LOCK_SUFFIX = memory.data<u8>([0x2e, 0x6c, 0x6f, 0x63, 0x6b]); // ".lock"
const LOCK_SUFFIX_BYTES: u32 = 5;
const TORN_SUFFIX = memory.data<u8>([0x2e, 0x74, 0x6f, 0x72, 0x6e]); // ".torn"
const TORN_SUFFIX_BYTES: u32 = 5;
const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);
const SIZE_DIGITS: i32 = 16;
/** Digits of one of the two hashes. */
const HASH_DIGITS: i32 = 8;
/** Mark of an append that is not durable, in the size of its entry. */
export const SOFT: u64 = 1 << 63;
export const NO_SIZE: u64 = u64.MAX_VALUE;

// FNV-1a twice: 64 bits in all. Two names that meet only wait for each other.
const HASH_SEEDS = memory.data<u32>([0x811c9dc5, 0x2f6b1e97]);
const HASH_PRIME: u32 = 0x01000193;

/** Two paths can be needed in one call. They are made anew for every call, since others use the room in between. */
const ROOM_BYTES: u32 = 4608;
const firstRoom = memory.data(4608);
const secondRoom = memory.data(4608);
const thirdRoom = memory.data(4608);

/** Length of what was built last. */
export let builtBytes: u32 = 0;

/** Temporary name in the directory of the target: unguessable, and recognisable as one of ours. */
export function nameTemp(commit: Commit): void {
  let at = putParent(commit.temp, commit);
  at = putOwn(at, commit);
  if (!commit.recalled) at = putHash(putDash(at), commit, 0);
  at = put(at, TEMP_SUFFIX, TEMP_SUFFIX_BYTES);
  commit.tempBytes = u32(at - commit.temp);
}

/** Whether a name is that of somebody else's temporary file for the commit's name, and not recalled yet. */
export function isRival(commit: Commit, name: usize, nameBytes: u32): bool {
  // Most names end here, before anything is built.
  if (nameBytes <= MARK_BYTES || memory.compare(name, MARK, MARK_BYTES) != 0) return false;
  const own = u32(putOwn(firstRoom, commit) - firstRoom);
  const end = u32(put(putHash(putDash(firstRoom + own), commit, 0), TEMP_SUFFIX, TEMP_SUFFIX_BYTES) - firstRoom);
  const tail = end - own;
  if (nameBytes <= MARK_BYTES + tail) return false;
  if (memory.compare(name + nameBytes - tail, firstRoom + own, tail) != 0) return false;
  return nameBytes != end || memory.compare(name, firstRoom, own) != 0;
}

/** Whether a file of that name is content on its way. */
export function isTemporaryName(name: usize, nameBytes: u32): bool {
  return nameBytes > MARK_BYTES && memory.compare(name, MARK, MARK_BYTES) == 0 && endsIn(name, nameBytes, TEMP_SUFFIX, TEMP_SUFFIX_BYTES);
}

/** Whether the entry of a lock has the mark of an append that could not be taken back. */
export function isTorn(name: usize, nameBytes: u32): bool {
  return endsIn(name, nameBytes, TORN_SUFFIX, TORN_SUFFIX_BYTES);
}

/** Whether a directory of that name is a lock, or one that is being made. */
export function isLockName(name: usize, nameBytes: u32): bool {
  if (nameBytes <= MARK_BYTES + LOCK_SUFFIX_BYTES || memory.compare(name, MARK, MARK_BYTES) != 0) return false;
  const end = name + nameBytes - LOCK_SUFFIX_BYTES;
  if (memory.compare(end, LOCK_SUFFIX, LOCK_SUFFIX_BYTES) != 0) return false;
  let at = end;
  while (hexDigit(load<u8>(at - 1)) >= 0) at--;
  // The hash of a name, or the nonce behind an owner.
  const digits = u32(end - at);
  return load<u8>(at - 1) == DASH && (digits == 2 * HASH_DIGITS || digits == 2 * NONCE_BYTES);
}

/** Path of a name in the directory of the target. */
export function besideTarget(commit: Commit, name: usize, nameBytes: u32): usize {
  return built(firstRoom, put(putParent(firstRoom, commit), name, nameBytes));
}

/** The same of a temporary file's name, recalled. Does not disturb what `besideTarget` built. */
export function recalledBeside(commit: Commit, name: usize, nameBytes: u32): usize {
  const kept = nameBytes - TEMP_SUFFIX_BYTES - HASH_DIGITS - 1;
  return built(secondRoom, put(put(putParent(secondRoom, commit), name, kept), TEMP_SUFFIX, TEMP_SUFFIX_BYTES));
}

/** Path of the directory in which a lock is made. */
export function privatePath(commit: Commit): usize {
  return built(firstRoom, putPrivate(firstRoom, commit));
}

/** The entry in it. */
export function privateEntry(commit: Commit): usize {
  return built(firstRoom, putOwn(putSlash(putPrivate(firstRoom, commit)), commit));
}

/** Path of the lock of the commit's name. */
export function lockPath(commit: Commit): usize {
  return built(secondRoom, putLock(secondRoom, commit));
}

/** Our entry in it. */
export function lockEntry(commit: Commit): usize {
  return built(firstRoom, putOwn(putSlash(putLock(firstRoom, commit)), commit));
}

/** Our entry in it with a size. Does not disturb what `lockEntry` built. */
export function sizedEntry(commit: Commit, size: u64): usize {
  return built(secondRoom, putSized(secondRoom, commit, size));
}

/** Whichever of the two our entry has. */
export function ownEntry(commit: Commit): usize {
  return commit.lock & LOCK_SIZED ? sizedEntry(commit, commit.begin) : lockEntry(commit);
}

/** Its name with a size, and the mark of an append that could not be taken back. */
export function tornEntry(commit: Commit, size: u64): usize {
  return built(firstRoom, put(putSized(firstRoom, commit, size), TORN_SUFFIX, TORN_SUFFIX_BYTES));
}

/** The entry of that name in it. */
export function foundEntry(commit: Commit, name: usize, nameBytes: u32): usize {
  return built(thirdRoom, put(putSlash(putLock(thirdRoom, commit)), name, nameBytes));
}

/** The size at the end of an entry's name with its mark, or NO_SIZE. */
export function sizeInName(name: usize, nameBytes: u32): u64 {
  let end = nameBytes;
  if (isTorn(name, nameBytes)) end -= TORN_SUFFIX_BYTES;
  if (end <= u32(SIZE_DIGITS) || load<u8>(name + end - SIZE_DIGITS - 1) != DASH) return NO_SIZE;
  let size: u64 = 0;
  for (let i = end - SIZE_DIGITS; i < end; i++) {
    const digit = hexDigit(load<u8>(name + i));
    if (digit < 0) return NO_SIZE;
    size = (size << 4) | u64(digit);
  }
  return size;
}

/** A number for a name in a root, for the gates. */
export function nameHash(commit: Commit): u32 {
  return hash(load<u32>(HASH_SEEDS) ^ commit.root, commit.path, commit.pathBytes);
}

function endsIn(name: usize, nameBytes: u32, suffix: usize, suffixBytes: u32): bool {
  return nameBytes > suffixBytes && memory.compare(name + nameBytes - suffixBytes, suffix, suffixBytes) == 0;
}

function hash(seed: u32, source: usize, bytes: u32): u32 {
  let value = seed;
  for (let i: u32 = 0; i < bytes; i++) value = (value ^ load<u8>(source + i)) * HASH_PRIME;
  return value;
}

function putPrivate(at: usize, commit: Commit): usize {
  return put(putOwn(putParent(at, commit), commit), LOCK_SUFFIX, LOCK_SUFFIX_BYTES);
}

function putLock(at: usize, commit: Commit): usize {
  if (commit.lock & LOCK_TIDY) return put(at, commit.path, commit.pathBytes);
  at = putHash(putHash(put(putParent(at, commit), MARK, MARK_BYTES), commit, 0), commit, 1);
  return put(at, LOCK_SUFFIX, LOCK_SUFFIX_BYTES);
}

/** One of the two hashes of the commit's name, without its directory. */
function putHash(at: usize, commit: Commit, half: i32): usize {
  const parent = parentBytes(commit.path, commit.pathBytes);
  const start = parent == 0 ? 0 : parent + 1;
  const value = hash(load<u32>(HASH_SEEDS + half * 4), commit.path + start, commit.pathBytes - start);
  return putHex(at, value, HASH_DIGITS);
}

function putSized(at: usize, commit: Commit, size: u64): usize {
  at = putDash(putOwn(putSlash(putLock(at, commit)), commit));
  return putHex(at, commit.lock & LOCK_SOFT ? size | SOFT : size, SIZE_DIGITS);
}

function putParent(at: usize, commit: Commit): usize {
  const parent = parentBytes(commit.path, commit.pathBytes);
  return parent == 0 ? at : put(at, commit.path, parent + 1);
}

/** `.holdfast-<owner>-<nonce>` */
function putOwn(at: usize, commit: Commit): usize {
  at = put(at, tempPrefix, tempPrefixBytes);
  for (let i: u32 = 0; i < NONCE_BYTES; i++) at = putHex(at, load<u8>(commit.nonce + i), 2);
  return at;
}

function putHex(at: usize, value: u64, digits: i32): usize {
  for (let i = digits - 1; i >= 0; i--) {
    store<u8>(at + i, load<u8>(HEX + usize(value & 15)));
    value >>= 4;
  }
  return at + digits;
}

function putDash(at: usize): usize {
  store<u8>(at, DASH);
  return at + 1;
}

function putSlash(at: usize): usize {
  store<u8>(at, SLASH);
  return at + 1;
}

function put(at: usize, source: usize, bytes: u32): usize {
  memory.copy(at, source, bytes);
  return at + bytes;
}

function built(room: usize, end: usize): usize {
  builtBytes = u32(end - room);
  assert(builtBytes <= ROOM_BYTES, 'a hidden path does not fit its room');
  return room;
}

function hexDigit(byte: u8): i32 {
  if (byte >= 48 && byte <= 57) return byte - 48;
  return byte >= 97 && byte <= 102 ? byte - 87 : -1;
}
