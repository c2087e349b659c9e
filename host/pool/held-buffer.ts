import type { Ring } from '../ring/ring.js';

/** What a released buffer is filled with for who looks for views that were kept. */
export const POISON = 0xdb;

/** Counts what an incarnation has lent out; its memory is not used again before all of it is back. */
export interface Lender {
	held: number;
	/** A poisoned buffer that nobody gets before the next one is poisoned. */
	quarantined: number;
}

/** A buffer of an engine's memory that a caller reads in place. */
export class HeldBuffer {
	/** A view of shared memory, valid until the release. */
	readonly bytes: Buffer;
	readonly #ring: Ring;
	readonly #lender: Lender;
	readonly #buffer: number;
	#isReleased = false;

	constructor(ring: Ring, lender: Lender, buffer: number, count: number) {
		const start = ring.bufferAddress(buffer);
		this.bytes = ring.bytes.subarray(start, start + count);
		this.#ring = ring;
		this.#lender = lender;
		this.#buffer = buffer;
		lender.held++;
	}

	/** Gives it back, once. After the end of its incarnation nobody waits for it. */
	release(isPoisoned = false): void {
		if (this.#isReleased) return;
		this.#isReleased = true;
		this.#lender.held--;
		if (!isPoisoned) {
			this.#ring.freeBuffer(this.#buffer);
			return;
		}
		this.bytes.fill(POISON);
		const { quarantined } = this.#lender;
		this.#lender.quarantined = this.#buffer;
		if (quarantined !== 0) this.#ring.freeBuffer(quarantined);
	}
}
