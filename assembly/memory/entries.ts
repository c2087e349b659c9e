import { blockBits, giveBlock, takeBlock } from './blocks';
import { Node } from './node';

// The names in directories. Each is found by a hash of directory and name, and each directory has its own in a list, in the order in which they
// came. The place of an entry is the cookie behind which a listing goes on: it never becomes less, and no other one gets it.

const BUCKET_BITS: u32 = 16;
export const BUCKETS: u32 = 1 << BUCKET_BITS;
export const BUCKETS_BYTES: u32 = BUCKETS << 2;
// FNV-1a.
const HASH_SEED: u32 = 0x811c9dc5;
const HASH_PRIME: u32 = 0x01000193;

@unmanaged
export class Entry {
  place: u64;
  /** Next one of the same bucket. */
  chained: usize;
  next: usize;
  previous: usize;
  directory: usize;
  node: usize;
  hash: u32;
  nameBytes: u32;
}

const NAME: u32 = offsetof<Entry>();

let buckets: usize = 0;

export function openEntries(at: usize): void {
  buckets = at;
}

// @ts-ignore: decorator
@inline
export function nameOf(entry: Entry): usize {
  return changetype<usize>(entry) + NAME;
}

/** The entry of a name, or 0. */
export function findEntry(directory: Node, name: usize, nameBytes: u32): usize {
  const hash = hashOf(directory, name, nameBytes);
  let at = load<usize>(bucketOf(hash));
  while (at != 0) {
    const entry = changetype<Entry>(at);
    if (entry.hash == hash && entry.directory == changetype<usize>(directory) && entry.nameBytes == nameBytes
      && memory.compare(nameOf(entry), name, nameBytes) == 0) return at;
    at = entry.chained;
  }
  return 0;
}

/** Makes an entry for a name that has none; false when there is no memory. */
export function makeEntry(directory: Node, name: usize, nameBytes: u32, node: Node): bool {
  const at = takeBlock(blockBits(NAME + nameBytes));
  if (at == 0) return false;
  const entry = changetype<Entry>(at);
  const hash = hashOf(directory, name, nameBytes);
  const bucket = bucketOf(hash);
  entry.chained = load<usize>(bucket);
  store<usize>(bucket, at);
  entry.directory = changetype<usize>(directory);
  entry.node = changetype<usize>(node);
  entry.hash = hash;
  entry.nameBytes = nameBytes;
  memory.copy(nameOf(entry), name, nameBytes);
  entry.place = ++directory.size;
  entry.previous = directory.last;
  if (directory.last != 0) changetype<Entry>(directory.last).next = at;
  else directory.first = at;
  directory.last = at;
  directory.room++;
  return true;
}

export function dropEntry(entry: Entry): void {
  const at = changetype<usize>(entry);
  let link = bucketOf(entry.hash);
  while (load<usize>(link) != at) link = load<usize>(link) + offsetof<Entry>('chained');
  store<usize>(link, entry.chained);
  const directory = changetype<Node>(entry.directory);
  if (entry.next != 0) changetype<Entry>(entry.next).previous = entry.previous;
  else directory.last = entry.previous;
  if (entry.previous != 0) changetype<Entry>(entry.previous).next = entry.next;
  else directory.first = entry.next;
  directory.room--;
  giveBlock(at);
}

/** First entry of a bucket, of whatever directory, or 0. */
export function firstOf(bucket: u32): usize {
  return load<usize>(bucketOf(bucket));
}

function bucketOf(hash: u32): usize {
  return buckets + ((hash & (BUCKETS - 1)) << 2);
}

function hashOf(directory: Node, name: usize, nameBytes: u32): u32 {
  let hash = HASH_SEED ^ u32(directory.id);
  for (let index: u32 = 0; index < nameBytes; index++) hash = (hash ^ load<u8>(name + index)) * HASH_PRIME;
  return hash ^ (hash >> BUCKET_BITS);
}
