import { ERRNO_BUSY, ERRNO_NOSPC } from '../../assembly/layout.js';
import { type Now, StoreClock } from './clock.js';
import { Content } from './content.js';
import { Heap } from './heap.js';
import { Inodes } from './inodes.js';
import { Journal } from './journal.js';
import { HEADER_JOURNAL_RECORDS } from './layout.js';
import { Listing } from './listing.js';
import { StoreLock } from './lock.js';
import { Names } from './names.js';
import { Pages, STORE_FULL } from './pages.js';
import { Slots } from './slots.js';

/** One thread's access to a store: its parts, wired, and the way in which an operation runs. */
export class Store {
	readonly heap: Heap;
	readonly journal: Journal;
	readonly lock: StoreLock;
	readonly pages: Pages;
	readonly names: Names;
	readonly listing: Listing;
	readonly content: Content;
	readonly inodes: Inodes;

	constructor(buffer: SharedArrayBuffer, now: Now) {
		this.heap = new Heap(buffer);
		this.journal = new Journal(this.heap);
		this.lock = new StoreLock(this.heap);
		this.pages = new Pages(this.heap, this.journal);
		const slots = new Slots(this.heap, this.journal, this.pages);
		this.names = new Names(this.heap, this.journal, this.pages, slots);
		this.listing = new Listing(this.heap, this.journal, slots);
		this.content = new Content(this.heap, this.journal, this.pages, slots);
		this.inodes = new Inodes(
			this.heap,
			this.journal,
			slots,
			new StoreClock(this.heap, this.journal, now),
			this.content,
		);
	}

	/**
	 * Runs an operation with the lock held: as a whole, or not at all when it gives a negated errno or throws. A full store
	 * gives `-ERRNO_NOSPC`, a lock that cannot be had `-ERRNO_BUSY`.
	 */
	run(owner: number, operation: () => number): number {
		for (;;) {
			const result = this.#attempt(owner, operation);
			if (!this.inodes.hasOrphans()) return result;
			const reaped = this.#reap(owner);
			// Pages of removed files may be all that was missing.
			if (result !== -ERRNO_NOSPC || !reaped) return result;
		}
	}

	#attempt(owner: number, operation: () => number): number {
		if (!this.lock.acquire(owner)) return -ERRNO_BUSY;
		try {
			this.heap.renew();
			// The last holder died, or failed so badly that it could not undo what it had done.
			if (this.heap.words[HEADER_JOURNAL_RECORDS] !== 0) this.journal.rollback();
			const result = operation();
			if (result < 0) this.journal.rollback();
			else this.journal.commit();
			return result;
		} catch (error) {
			this.journal.rollback();
			if (error === STORE_FULL) return -ERRNO_NOSPC;
			throw error;
		} finally {
			this.lock.release();
		}
	}

	/** Gives removed files back, in steps between which others get their turn; false when somebody else did. */
	#reap(owner: number): boolean {
		let reaped = false;
		for (let more = 1; more === 1; ) {
			more = this.#attempt(owner, () => {
				if (!this.inodes.hasOrphans()) return 0;
				this.inodes.reap();
				reaped = true;
				return 1;
			});
		}
		return reaped;
	}
}
