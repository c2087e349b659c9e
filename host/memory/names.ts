import type { Heap } from './heap.js';
import type { Journal } from './journal.js';
import {
	BUCKET_PAGES,
	BUCKET_PAGES_MAX,
	BUCKETS_MIN,
	ENTRY_HASH,
	ENTRY_INODE,
	ENTRY_NAME,
	ENTRY_NEXT,
	ENTRY_PARENT,
	ENTRY_PLACE,
	ENTRY_PLACE_SHIFT,
	HEADER_BUCKETS,
	HEADER_ENTRIES,
	HEADER_HASH_SEED,
	PAGE_MASK,
	PAGE_SHIFT,
	PAGE_WORDS,
} from './layout.js';
import type { Pages } from './pages.js';
import type { Slots } from './slots.js';

const NAME_MASK = 2 ** ENTRY_PLACE_SHIFT - 1;
const BUCKETS_MAX = BUCKET_PAGES_MAX * PAGE_WORDS;
/** A longer chain is not split: moving it would take more of the journal than one operation has. */
const SPLIT_ENTRIES_MAX = 256;
/** Buckets that one removal may merge: two keep step, more catch up. */
const MERGES_MAX = 4;

/**
 * Finds directory entries by directory and name: one hash table for the whole store. It grows by linear hashing, one
 * bucket for each new entry, and shrinks the same way, so that no operation ever moves more than one chain.
 */
export class Names {
	readonly #heap: Heap;
	readonly #journal: Journal;
	readonly #pages: Pages;
	readonly #slots: Slots;

	constructor(heap: Heap, journal: Journal, pages: Pages, slots: Slots) {
		this.#heap = heap;
		this.#journal = journal;
		this.#pages = pages;
		this.#slots = slots;
	}

	/** The entry of the name that stands in `path` from `start` to `end`, or 0. */
	find(directory: number, path: string, start: number, end: number): number {
		const words = this.#heap.words;
		const hash = this.#hash(directory, path, start, end);
		let entry = words[this.#bucket(hash)];
		while (entry !== 0) {
			if (words[entry + ENTRY_HASH] === hash && this.#is(entry, directory, path, start, end)) return entry;
			entry = words[entry + ENTRY_NEXT];
		}
		return 0;
	}

	/** A new entry, which the directory does not list yet; throws STORE_FULL. The name is not there. */
	insert(directory: number, path: string, start: number, end: number, inode: number): number {
		const entry = this.#slots.take(entryBytes(end - start));
		const hash = this.#hash(directory, path, start, end);
		const bucket = this.#bucket(hash);
		const words = this.#heap.words;
		// The entry is new: its words need no journal.
		words[entry + ENTRY_NEXT] = words[bucket];
		words[entry + ENTRY_HASH] = hash;
		words[entry + ENTRY_PARENT] = directory;
		words[entry + ENTRY_INODE] = inode;
		words[entry + ENTRY_PLACE] = end - start;
		const bytes = this.#heap.bytes;
		const name = (entry + ENTRY_NAME) * 4;
		for (let at = start; at < end; at++) bytes[name + at - start] = path.charCodeAt(at);
		this.#journal.set(bucket, entry);
		this.#journal.set(HEADER_ENTRIES, words[HEADER_ENTRIES] + 1);
		if (words[HEADER_ENTRIES] > words[HEADER_BUCKETS]) this.#split();
		return entry;
	}

	/** Gives an entry back that its directory does not list any more. */
	remove(entry: number): void {
		const words = this.#heap.words;
		let link = this.#bucket(words[entry + ENTRY_HASH]);
		while (words[link] !== entry) link = words[link] + ENTRY_NEXT;
		this.#journal.set(link, words[entry + ENTRY_NEXT]);
		this.#journal.set(HEADER_ENTRIES, words[HEADER_ENTRIES] - 1);
		this.#slots.give(entry, entryBytes(words[entry + ENTRY_PLACE] & NAME_MASK));
		for (let merges = 0; merges < MERGES_MAX; merges++) {
			if (words[HEADER_BUCKETS] <= Math.max(BUCKETS_MIN, words[HEADER_ENTRIES] * 2)) return;
			this.#merge();
		}
	}

	inode(entry: number): number {
		return this.#heap.words[entry + ENTRY_INODE];
	}

	/** The entry keeps its name and its place in the listing, and names another file. */
	replace(entry: number, inode: number): void {
		this.#journal.set(entry + ENTRY_INODE, inode);
	}

	/** The name, as a byte string. */
	name(entry: number): string {
		const start = (entry + ENTRY_NAME) * 4;
		return this.#heap.text.toString('latin1', start, start + (this.#heap.words[entry + ENTRY_PLACE] & NAME_MASK));
	}

	#is(entry: number, directory: number, path: string, start: number, end: number): boolean {
		const words = this.#heap.words;
		if (words[entry + ENTRY_PARENT] !== directory || (words[entry + ENTRY_PLACE] & NAME_MASK) !== end - start)
			return false;
		const bytes = this.#heap.bytes;
		const name = (entry + ENTRY_NAME) * 4;
		for (let at = start; at < end; at++) {
			if (bytes[name + at - start] !== path.charCodeAt(at)) return false;
		}
		return true;
	}

	/** FNV-1a over the directory and the name, with the bits mixed at the end because buckets take the low ones. */
	#hash(directory: number, path: string, start: number, end: number): number {
		let hash = Math.imul(this.#heap.words[HEADER_HASH_SEED] ^ directory, 0x01000193);
		for (let at = start; at < end; at++) hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193);
		hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
		return hash ^ (hash >>> 13);
	}

	/** Address of the bucket of a hash. */
	#bucket(hash: number): number {
		const buckets = this.#heap.words[HEADER_BUCKETS];
		const half = halfOf(buckets);
		const bucket = hash & (2 * half - 1);
		return this.#bucketAt(bucket < buckets ? bucket : bucket - half);
	}

	#bucketAt(bucket: number): number {
		return this.#heap.words[BUCKET_PAGES + (bucket >> PAGE_SHIFT)] + (bucket & PAGE_MASK);
	}

	/** One more bucket, which takes its entries from one other. Without room the table stays as it is. */
	#split(): void {
		const words = this.#heap.words;
		const added = words[HEADER_BUCKETS];
		if (added === BUCKETS_MAX) return;
		const half = halfOf(added);
		const splitBucket = this.#bucketAt(added - half);
		let length = 0;
		for (let entry = words[splitBucket]; entry !== 0; entry = words[entry + ENTRY_NEXT]) length++;
		if (length > SPLIT_ENTRIES_MAX) return;
		if ((added & PAGE_MASK) === 0) {
			const page = this.#pages.takeZeroed();
			if (page === 0) return;
			this.#journal.set(BUCKET_PAGES + (added >> PAGE_SHIFT), page);
		}
		this.#moveEntries(splitBucket, this.#bucketAt(added), half);
		this.#journal.set(HEADER_BUCKETS, added + 1);
	}

	/** Moves the entries whose hash has `bit` from one chain to the front of another. */
	#moveEntries(source: number, target: number, bit: number): void {
		const words = this.#heap.words;
		let link = source;
		while (words[link] !== 0) {
			const entry = words[link];
			if ((words[entry + ENTRY_HASH] & bit) === 0) {
				link = entry + ENTRY_NEXT;
				continue;
			}
			this.#journal.set(link, words[entry + ENTRY_NEXT]);
			this.#journal.set(entry + ENTRY_NEXT, words[target]);
			this.#journal.set(target, entry);
		}
	}

	/** The last bucket goes; its chain is put in front of the one that it was split from. */
	#merge(): void {
		const words = this.#heap.words;
		const last = words[HEADER_BUCKETS] - 1;
		const source = this.#bucketAt(last);
		const target = this.#bucketAt(last - halfOf(last));
		const first = words[source];
		if (first !== 0) {
			let link = first + ENTRY_NEXT;
			while (words[link] !== 0) link = words[link] + ENTRY_NEXT;
			this.#journal.set(link, words[target]);
			this.#journal.set(target, first);
			this.#journal.set(source, 0);
		}
		this.#journal.set(HEADER_BUCKETS, last);
		if ((last & PAGE_MASK) !== 0) return;
		this.#pages.give(words[BUCKET_PAGES + (last >> PAGE_SHIFT)]);
		this.#journal.set(BUCKET_PAGES + (last >> PAGE_SHIFT), 0);
	}
}

function entryBytes(nameBytes: number): number {
	return ENTRY_NAME * 4 + nameBytes;
}

/** The largest power of two that is not above `count`. */
function halfOf(count: number): number {
	return 1 << (31 - Math.clz32(count));
}
