import type { Ring } from '../ring/ring.js';

/** What a released buffer is filled with for who looks for views that were kept. */
export const POISON = 0xdb;

/** Counts what an incarnation has lent out; its memory is not used again before all of it is back. */
export interface Lender {
	held: number;
	/** A poisoned buffer that nobody gets before the next one is poisoned. */
	quarantined: number;
	/** The last one came back after the end of the incarnation. */
	onReturned?: () => void;
}

/** A buffer of an engine's memory that a caller reads in place. */
export class HeldBuffer {
	/** A view of shared memory, valid until the release. */
	readonly bytes: Buffer;
	readonly #loan: Loan;

	constructor(ring: Ring, lender: Lender, buffer: number, count: number) {
		const start = ring.bufferAddress(buffer);
		this.bytes = ring.bytes.subarray(start, start + count);
		this.#loan = new Loan(ring, lender, buffer);
		registry.register(this, this.#loan, this);
	}

	/** Gives it back, once. */
	release(isPoisoned = false): void {
		if (this.#loan.isReturned) return;
		registry.unregister(this);
		if (isPoisoned) this.bytes.fill(POISON);
		this.#loan.giveBack(isPoisoned);
	}
}

/** What has to be given back, whatever becomes of the view. */
class Loan {
	readonly #ring: Ring;
	readonly #lender: Lender;
	readonly #buffer: number;
	isReturned = false;

	constructor(ring: Ring, lender: Lender, buffer: number) {
		this.#ring = ring;
		this.#lender = lender;
		this.#buffer = buffer;
		lender.held++;
	}

	giveBack(toQuarantine: boolean): void {
		this.isReturned = true;
		const lender = this.#lender;
		const free = toQuarantine ? lender.quarantined : this.#buffer;
		if (toQuarantine) lender.quarantined = this.#buffer;
		if (free !== 0) this.#ring.freeBuffer(free);
		lender.held--;
		// Nothing touches the memory after this: it may be another incarnation's at once.
		if (lender.held === 0) lender.onReturned?.();
	}
}

// A reply that got lost on its way, say in a layer that failed after it, must not keep a buffer from everybody else.
const registry = new FinalizationRegistry<Loan>((loan) => loan.giveBack(false));
