import type { Heap } from './heap.js';
import { type Journal, long } from './journal.js';
import {
	CHUNK_CAPACITY,
	CHUNK_FIRST,
	CHUNK_LIVE,
	CHUNK_MAX_BYTES,
	CHUNK_MIN_BYTES,
	CHUNK_NEXT,
	CHUNK_PREVIOUS,
	CHUNK_SLOTS,
	CHUNK_USED,
	ENTRY_CHUNK,
	ENTRY_PLACE,
	ENTRY_PLACE_SHIFT,
	INODE_CONTENT,
	INODE_LAST_CHUNK,
	INODE_NEXT,
} from './layout.js';
import type { Slots } from './slots.js';

const NAME_MASK = 2 ** ENTRY_PLACE_SHIFT - 1;

/**
 * The order of a directory's entries: every entry gets the next sequence number of its directory and keeps it, which
 * makes it a cookie that no insertion or removal disturbs. The numbers are slots of a linked list of chunks of growing size;
 * a chunk goes when its last entry does.
 */
export class Listing {
	readonly #heap: Heap;
	readonly #journal: Journal;
	readonly #slots: Slots;

	constructor(heap: Heap, journal: Journal, slots: Slots) {
		this.#heap = heap;
		this.#journal = journal;
		this.#slots = slots;
	}

	/** Puts a new entry at the end; throws STORE_FULL. */
	append(directory: number, entry: number): void {
		let chunk = this.#heap.words[directory + INODE_LAST_CHUNK];
		if (chunk === 0 || this.#heap.words[chunk + CHUNK_USED] === this.#heap.words[chunk + CHUNK_CAPACITY]) {
			chunk = this.#addChunk(directory, chunk);
		}
		const words = this.#heap.words;
		const slot = words[chunk + CHUNK_USED];
		this.#journal.set(chunk + CHUNK_SLOTS + slot, entry);
		this.#journal.set(chunk + CHUNK_USED, slot + 1);
		this.#journal.set(chunk + CHUNK_LIVE, words[chunk + CHUNK_LIVE] + 1);
		this.#journal.setLong(directory + INODE_NEXT, long(words, directory + INODE_NEXT) + 1);
		// The entry is new: its words need no journal.
		words[entry + ENTRY_CHUNK] = chunk;
		words[entry + ENTRY_PLACE] = (words[entry + ENTRY_PLACE] & NAME_MASK) | (slot << ENTRY_PLACE_SHIFT);
	}

	remove(directory: number, entry: number): void {
		const words = this.#heap.words;
		const chunk = words[entry + ENTRY_CHUNK];
		this.#journal.set(chunk + CHUNK_SLOTS + (words[entry + ENTRY_PLACE] >> ENTRY_PLACE_SHIFT), 0);
		this.#journal.set(chunk + CHUNK_LIVE, words[chunk + CHUNK_LIVE] - 1);
		if (words[chunk + CHUNK_LIVE] > 0) return;
		const next = words[chunk + CHUNK_NEXT];
		const previous = words[chunk + CHUNK_PREVIOUS];
		this.#journal.set(previous === 0 ? directory + INODE_CONTENT : previous + CHUNK_NEXT, next);
		this.#journal.set(next === 0 ? directory + INODE_LAST_CHUNK : next + CHUNK_PREVIOUS, previous);
		this.#slots.give(chunk, bytesOf(words[chunk + CHUNK_CAPACITY]));
	}

	/** The first entry of a directory, or 0. */
	first(directory: number): number {
		let found = 0;
		this.visit(directory, 0, (entry) => {
			found = entry;
			return false;
		});
		return found;
	}

	/** Calls `visit` with entries from sequence number `from` on, and with the number after each, until it returns false. */
	visit(directory: number, from: number, visit: (entry: number, next: number) => boolean): void {
		const words = this.#heap.words;
		let chunk = words[directory + INODE_CONTENT];
		// Chunks before the wanted one are passed without a look at their slots: up to 248 entries per step.
		while (chunk !== 0 && long(words, chunk + CHUNK_FIRST) + words[chunk + CHUNK_USED] <= from) {
			chunk = words[chunk + CHUNK_NEXT];
		}
		for (; chunk !== 0; chunk = words[chunk + CHUNK_NEXT]) {
			const first = long(words, chunk + CHUNK_FIRST);
			const used = words[chunk + CHUNK_USED];
			for (let slot = Math.max(from - first, 0); slot < used; slot++) {
				const entry = words[chunk + CHUNK_SLOTS + slot];
				if (entry !== 0 && !visit(entry, first + slot + 1)) return;
			}
		}
	}

	#addChunk(directory: number, last: number): number {
		const before = last === 0 ? 0 : bytesOf(this.#heap.words[last + CHUNK_CAPACITY]);
		const bytes = Math.min(Math.max(before * 2, CHUNK_MIN_BYTES), CHUNK_MAX_BYTES);
		const chunk = this.#slots.take(bytes);
		const words = this.#heap.words;
		// The chunk is new: its words need no journal.
		words.fill(0, chunk, chunk + bytes / 4);
		words[chunk + CHUNK_PREVIOUS] = last;
		words[chunk + CHUNK_FIRST] = words[directory + INODE_NEXT];
		words[chunk + CHUNK_FIRST + 1] = words[directory + INODE_NEXT + 1];
		words[chunk + CHUNK_CAPACITY] = bytes / 4 - CHUNK_SLOTS;
		this.#journal.set(last === 0 ? directory + INODE_CONTENT : last + CHUNK_NEXT, chunk);
		this.#journal.set(directory + INODE_LAST_CHUNK, chunk);
		return chunk;
	}
}

function bytesOf(capacity: number): number {
	return (capacity + CHUNK_SLOTS) * 4;
}
