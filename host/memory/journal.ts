import type { Heap } from './heap.js';
import { HEADER_JOURNAL_RECORDS, JOURNAL, JOURNAL_RECORDS_MAX } from './layout.js';

/**
 * Undo log of the operation that runs, so that an operation happens as a whole or not at all: when the store is full,
 * when something is thrown, and when the thread is terminated at any store. Whoever takes the lock next finds the records
 * and undoes them.
 *
 * Not everything is logged: memory that was taken by the same operation (undoing gives it back, whatever is in it) and
 * bytes of files. This is safe under one rule: *an operation takes first and gives back last*, because memory that was
 * given back and taken again within one operation would be overwritten without a record.
 *
 * The order of plain stores is enough here: the engine keeps stores to typed arrays in program order, and the end of a
 * thread is seen by others only after everything it stored.
 */
export class Journal {
	readonly #heap: Heap;

	constructor(heap: Heap) {
		this.#heap = heap;
	}

	/** Stores a word so that it can be undone. */
	set(address: number, value: number): void {
		const words = this.#heap.words;
		const records = words[HEADER_JOURNAL_RECORDS];
		if (records === JOURNAL_RECORDS_MAX) throw new Error('journal full: an operation of the memory store is unbounded');
		const record = JOURNAL + 2 * records;
		words[record] = address;
		words[record + 1] = words[address];
		// The record counts before the word changes.
		words[HEADER_JOURNAL_RECORDS] = records + 1;
		words[address] = value;
	}

	/** A number of up to 53 bits in two words. */
	setLong(address: number, value: number): void {
		this.set(address, value | 0);
		this.set(address + 1, Math.floor(value / 2 ** 32));
	}

	/** What was stored stays. */
	commit(): void {
		this.#heap.words[HEADER_JOURNAL_RECORDS] = 0;
	}

	/** What was stored since the last commit is undone. May itself be cut off and begun again by another thread. */
	rollback(): void {
		const words = this.#heap.words;
		for (let records = words[HEADER_JOURNAL_RECORDS]; records > 0; records--) {
			const record = JOURNAL + 2 * (records - 1);
			words[words[record]] = words[record + 1];
			words[HEADER_JOURNAL_RECORDS] = records - 1;
		}
	}
}

/** Reads what `setLong` stored. */
export function long(words: Int32Array, address: number): number {
	return (words[address] >>> 0) + words[address + 1] * 2 ** 32;
}
