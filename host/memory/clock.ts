import type { Heap } from './heap.js';
import type { Journal } from './journal.js';
import { HEADER_CLOCK } from './layout.js';

const NANOSECONDS_PER_SECOND = 1_000_000_000;
const NANOSECONDS_PER_MILLISECOND = 1_000_000;

/** Milliseconds since 1970. The only source of time of a memory store; a test passes its own. */
export type Now = () => number;

/** Gives times that grow strictly within a store, on whatever thread, so that no two states of a file have the same time. */
export class StoreClock {
	readonly #heap: Heap;
	readonly #journal: Journal;
	readonly #now: Now;

	constructor(heap: Heap, journal: Journal, now: Now) {
		this.#heap = heap;
		this.#journal = journal;
		this.#now = now;
	}

	/** A new time, to be stored with `stamp`. */
	tick(): void {
		const words = this.#heap.words;
		const nowMs = this.#now();
		let seconds = Math.floor(nowMs / 1000);
		let nanoseconds = Math.floor((nowMs - seconds * 1000) * NANOSECONDS_PER_MILLISECOND);
		const lastSeconds = words[HEADER_CLOCK] >>> 0;
		const lastNanoseconds = words[HEADER_CLOCK + 1];
		if (seconds < lastSeconds || (seconds === lastSeconds && nanoseconds <= lastNanoseconds)) {
			const carry = lastNanoseconds + 1 === NANOSECONDS_PER_SECOND;
			seconds = carry ? lastSeconds + 1 : lastSeconds;
			nanoseconds = carry ? 0 : lastNanoseconds + 1;
		}
		this.#journal.set(HEADER_CLOCK, seconds | 0);
		this.#journal.set(HEADER_CLOCK + 1, nanoseconds);
	}

	/** Stores the last tick in the two words at `address`. */
	stamp(address: number): void {
		const words = this.#heap.words;
		this.#journal.set(address, words[HEADER_CLOCK]);
		this.#journal.set(address + 1, words[HEADER_CLOCK + 1]);
	}
}

/** The time in the two words at `address`, in nanoseconds since 1970. */
export function timeNs(words: Int32Array, address: number): bigint {
	return BigInt(words[address] >>> 0) * BigInt(NANOSECONDS_PER_SECOND) + BigInt(words[address + 1]);
}
