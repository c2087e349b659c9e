import type { Heap } from './heap.js';
import { HEADER_LOCK } from './layout.js';

/** Looks at the word before a thread goes to sleep: most operations are over sooner than a sleep takes. */
const SPINS_MAX = 200;
/** A sleeper looks again after this long, whatever happened to the one that should have woken it. */
const SLICE_MS = 2;
/** Nobody works this long with the lock held: its holder died and was not reported, so the caller is told. */
const PATIENCE_MS = 5000;
/** Somebody sleeps and must be woken. */
const CONTENDED = 1 << 30;

/**
 * The store's one lock: a word that is 0 or holds the owner's number + 1, so that it can be freed for an owner who died.
 * Not reentrant.
 */
export class StoreLock {
	readonly #heap: Heap;
	readonly #patienceMs: number;

	constructor(heap: Heap, patienceMs = PATIENCE_MS) {
		this.#heap = heap;
		this.#patienceMs = patienceMs;
	}

	/** False when the lock could not be had in time. */
	acquire(owner: number): boolean {
		return (
			Atomics.compareExchange(this.#heap.words, HEADER_LOCK, 0, holderOf(owner)) === 0 || this.#wait(holderOf(owner))
		);
	}

	release(): void {
		const words = this.#heap.words;
		if (Atomics.exchange(words, HEADER_LOCK, 0) & CONTENDED) Atomics.notify(words, HEADER_LOCK, 1);
	}

	/** Frees the lock if this owner, who is dead, held it. */
	releaseDeadOwner(owner: number): boolean {
		const seen = Atomics.load(this.#heap.words, HEADER_LOCK);
		if ((seen & ~CONTENDED) !== holderOf(owner)) return false;
		this.release();
		return true;
	}

	#wait(holder: number): boolean {
		const words = this.#heap.words;
		for (let spins = 0; spins < SPINS_MAX; spins++) {
			if (Atomics.load(words, HEADER_LOCK) !== 0) continue;
			if (Atomics.compareExchange(words, HEADER_LOCK, 0, holder) === 0) return true;
		}
		const giveUpMs = performance.now() + this.#patienceMs;
		while (performance.now() < giveUpMs) {
			const seen = Atomics.load(words, HEADER_LOCK);
			if (seen === 0) {
				// The mark stays set, since others may sleep as well; at worst one wakes for nothing.
				if (Atomics.compareExchange(words, HEADER_LOCK, 0, holder | CONTENDED) === 0) return true;
				continue;
			}
			const marked = seen | CONTENDED;
			if (seen === marked || Atomics.compareExchange(words, HEADER_LOCK, seen, marked) === seen) {
				Atomics.wait(words, HEADER_LOCK, marked, SLICE_MS);
			}
		}
		return false;
	}
}

/** Never 0, and clear of the mark. */
function holderOf(owner: number): number {
	return ((owner & (CONTENDED - 1)) % (CONTENDED - 1)) + 1;
}
