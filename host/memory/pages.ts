import type { Heap } from './heap.js';
import type { Journal } from './journal.js';
import {
	HEADER_COMMITTED_PAGES,
	HEADER_FREE_PAGE,
	HEADER_FRESH_PAGE,
	HEADER_USED_PAGES,
	PAGE_BYTES,
	PAGE_SHIFT,
	PAGE_WORDS,
	TABLE_PAGES,
} from './layout.js';

/** Words of a page's description in the page table: its own use, next, previous, and one spare. */
const DESCRIPTION_WORDS = 4;
export const PAGE_USE = 0;
export const PAGE_NEXT = 1;
export const PAGE_PREVIOUS = 2;

/** Thrown when the store has no room; the operation is then undone. One object, because nobody looks at its stack. */
export const STORE_FULL = new Error('the memory store has reached maximumBytes');

/** Gives out pages of 4 KiB: those that were given back first, then fresh ones, growing the buffer up to its maximum. */
export class Pages {
	readonly #heap: Heap;
	readonly #journal: Journal;

	constructor(heap: Heap, journal: Journal) {
		this.#heap = heap;
		this.#journal = journal;
	}

	/** Address of a page with whatever was in it, or 0. */
	take(): number {
		const words = this.#heap.words;
		let page = words[HEADER_FREE_PAGE];
		if (page !== 0) {
			this.#journal.set(HEADER_FREE_PAGE, words[descriptionOf(page) + PAGE_NEXT]);
		} else {
			page = words[HEADER_FRESH_PAGE];
			// Every 256th page is a page table.
			if (page % TABLE_PAGES === 0) page++;
			if (page >= words[HEADER_COMMITTED_PAGES] && !this.#heap.grow()) return 0;
			// At the very end of a store a page table can be left without pages.
			if (page >= this.#heap.words[HEADER_COMMITTED_PAGES]) return 0;
			this.#journal.set(HEADER_FRESH_PAGE, page + 1);
		}
		this.#journal.set(HEADER_USED_PAGES, this.#heap.words[HEADER_USED_PAGES] + 1);
		return page * PAGE_WORDS;
	}

	/** Like `take`, filled with zeros. */
	takeZeroed(): number {
		const address = this.take();
		if (address !== 0) this.#heap.bytes.set(ZEROS, address * 4);
		return address;
	}

	give(address: number): void {
		const page = address >> PAGE_SHIFT;
		const words = this.#heap.words;
		this.#journal.set(descriptionOf(page) + PAGE_NEXT, words[HEADER_FREE_PAGE]);
		this.#journal.set(HEADER_FREE_PAGE, page);
		this.#journal.set(HEADER_USED_PAGES, words[HEADER_USED_PAGES] - 1);
	}

	usedBytes(): number {
		return Atomics.load(this.#heap.words, HEADER_USED_PAGES) * PAGE_BYTES;
	}
}

/** Where the page table describes a page. */
export function descriptionOf(page: number): number {
	const place = page % TABLE_PAGES;
	return (page - place) * PAGE_WORDS + place * DESCRIPTION_WORDS;
}

/** Source of zeros: copying them is five times faster than `fill` on shared memory. */
export const ZEROS = new Uint8Array(PAGE_BYTES);
