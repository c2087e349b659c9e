import type { Heap } from './heap.js';
import type { Journal } from './journal.js';
import { HEADER_PARTIAL, PAGE_BYTES, PAGE_MASK, PAGE_SHIFT, PAGE_WORDS } from './layout.js';
import { descriptionOf, PAGE_NEXT, PAGE_PREVIOUS, PAGE_USE, type Pages, STORE_FULL } from './pages.js';

// Pieces smaller than a page. Sizes are powers of two from 64 bytes; a page is cut into slots of one size, and goes back when
// its last slot does. Pages with room are in one list for each size. The page table keeps for such a page:
//
//   use:  live slots | slots ever used << 8 | first given back slot + 1 << 16 | size << 24
//
// A slot that was given back holds the number of the next one (+ 1) in its first word.
const SMALLEST_BYTES = 64;
const SMALLEST_SHIFT = 6;
const SIZES = 6;
const LIVE = 0xff;
const CARVED_SHIFT = 8;
const FREE_SHIFT = 16;
const SIZE_SHIFT = 24;
const FIELD = 0xff;

/** Gives out slots of 64 bytes to 2 KiB, and whole pages for what is larger. Throws STORE_FULL. */
export class Slots {
	readonly #heap: Heap;
	readonly #journal: Journal;
	readonly #pages: Pages;

	constructor(heap: Heap, journal: Journal, pages: Pages) {
		this.#heap = heap;
		this.#journal = journal;
		this.#pages = pages;
	}

	/** Address of at least so many bytes (at most a page), aligned to 64 bytes, with whatever was in them. */
	take(bytes: number): number {
		const size = sizeOf(bytes);
		const address = size < SIZES ? this.#takeSlot(size) : this.#pages.take();
		if (address === 0) throw STORE_FULL;
		return address;
	}

	/** `bytes` as it was given to `take`. */
	give(address: number, bytes: number): void {
		if (sizeOf(bytes) < SIZES) this.#giveSlot(address);
		else this.#pages.give(address);
	}

	#takeSlot(size: number): number {
		let page = this.#heap.words[HEADER_PARTIAL + size];
		if (page === 0) {
			page = this.#pages.take() >> PAGE_SHIFT;
			if (page === 0) return 0;
			this.#journal.set(descriptionOf(page) + PAGE_USE, size << SIZE_SHIFT);
			this.#link(page, size);
		}
		const words = this.#heap.words;
		const use = words[descriptionOf(page) + PAGE_USE];
		let carved = (use >> CARVED_SHIFT) & FIELD;
		let free = (use >> FREE_SHIFT) & FIELD;
		const slot = free === 0 ? carved++ : free - 1;
		const address = page * PAGE_WORDS + slot * wordsOf(size);
		if (free !== 0) {
			free = words[address];
			// Undoing makes the slot free again: what its taker stores over the number of the next one must be undone then.
			this.#journal.set(address, 0);
		}
		const live = (use & LIVE) + 1;
		this.#journal.set(
			descriptionOf(page) + PAGE_USE,
			(size << SIZE_SHIFT) | (free << FREE_SHIFT) | (carved << CARVED_SHIFT) | live,
		);
		if (live === capacityOf(size)) this.#unlink(page, size);
		return address;
	}

	#giveSlot(address: number): void {
		const page = address >> PAGE_SHIFT;
		const description = descriptionOf(page);
		const use = this.#heap.words[description + PAGE_USE];
		const size = use >> SIZE_SHIFT;
		const live = use & LIVE;
		if (live === 1) {
			if (live !== capacityOf(size)) this.#unlink(page, size);
			this.#pages.give(page * PAGE_WORDS);
			return;
		}
		const slot = (address & PAGE_MASK) / wordsOf(size);
		this.#journal.set(address, (use >> FREE_SHIFT) & FIELD);
		const carved = use & (FIELD << CARVED_SHIFT);
		this.#journal.set(description + PAGE_USE, (size << SIZE_SHIFT) | ((slot + 1) << FREE_SHIFT) | carved | (live - 1));
		if (live === capacityOf(size)) this.#link(page, size);
	}

	#link(page: number, size: number): void {
		const next = this.#heap.words[HEADER_PARTIAL + size];
		this.#journal.set(descriptionOf(page) + PAGE_NEXT, next);
		this.#journal.set(descriptionOf(page) + PAGE_PREVIOUS, 0);
		if (next !== 0) this.#journal.set(descriptionOf(next) + PAGE_PREVIOUS, page);
		this.#journal.set(HEADER_PARTIAL + size, page);
	}

	#unlink(page: number, size: number): void {
		const next = this.#heap.words[descriptionOf(page) + PAGE_NEXT];
		const previous = this.#heap.words[descriptionOf(page) + PAGE_PREVIOUS];
		if (next !== 0) this.#journal.set(descriptionOf(next) + PAGE_PREVIOUS, previous);
		this.#journal.set(previous === 0 ? HEADER_PARTIAL + size : descriptionOf(previous) + PAGE_NEXT, next);
	}
}

/** The smallest size that `take` gives for so many bytes, in bytes. */
export function roundedBytes(bytes: number): number {
	return Math.min(SMALLEST_BYTES << sizeOf(bytes), PAGE_BYTES);
}

/** 0 for 64 bytes, 1 for 128, ...; SIZES for a page. */
function sizeOf(bytes: number): number {
	return bytes <= SMALLEST_BYTES ? 0 : 32 - SMALLEST_SHIFT - Math.clz32(bytes - 1);
}

function wordsOf(size: number): number {
	return (SMALLEST_BYTES / 4) << size;
}

function capacityOf(size: number): number {
	return (PAGE_BYTES / SMALLEST_BYTES) >> size;
}
