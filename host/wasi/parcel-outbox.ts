import { constants } from 'node:buffer';
import { ERRNO_NOMEM } from '../../assembly/layout.js';

/** What arrives at the host thread; the memory of `bytes` is transferred, not copied. */
export interface Parcel {
	readonly number: number;
	readonly bytes: Buffer;
}

/** How parcels leave this thread. */
export interface ParcelCarrier {
	/** Hands a parcel over; its memory is gone from here. */
	send(parcel: Parcel): void;
	/** So many of those that were ever sent were taken: a counter that wraps around. */
	readonly taken: number;
}

/** So many parcels may be on their way, being filled or sent: more than an engine has requests. */
const PARCELS_MAX = 4096;

/**
 * Results in private memory of this thread, which the engine has filled and which then travel to the thread that asked without a copy. The
 * engine names them by number, and is not trusted: what it did not fill is not sent.
 */
export class ParcelOutbox {
	readonly #carrier: ParcelCarrier;
	readonly #open = new Map<number, { readonly memory: Buffer; filled: number }>();
	#last = 0;
	#sent = 0;

	constructor(carrier: ParcelCarrier) {
		this.#carrier = carrier;
	}

	/** The number of a new parcel, or a negated errno when there is no memory for it. */
	make(bytes: number): number {
		const underWay = (this.#sent - this.#carrier.taken) | 0;
		if (this.#open.size + underWay >= PARCELS_MAX) return -ERRNO_NOMEM;
		if (bytes === 0 || bytes > constants.MAX_LENGTH) return -ERRNO_NOMEM;
		let memory: Buffer;
		try {
			memory = Buffer.allocUnsafeSlow(bytes);
		} catch {
			// A RangeError: the platform has no piece of memory that large.
			return -ERRNO_NOMEM;
		}
		this.#last = this.#last === 0xffff_ffff ? 1 : this.#last + 1;
		this.#open.set(this.#last, { memory, filled: 0 });
		return this.#last;
	}

	/** Where the next bytes of a parcel go, at most so many; `undefined` when there is no such parcel. */
	room(parcel: number, bytes: number): Uint8Array | undefined {
		const open = this.#open.get(parcel);
		return open?.memory.subarray(open.filled, open.filled + bytes);
	}

	/** So many bytes of that room were filled. */
	fill(parcel: number, bytes: number): void {
		const open = this.#open.get(parcel);
		if (open !== undefined) open.filled += bytes;
	}

	/** False when there is no such parcel. */
	send(parcel: number): boolean {
		const open = this.#open.get(parcel);
		if (open === undefined) return false;
		this.#open.delete(parcel);
		this.#sent = (this.#sent + 1) | 0;
		this.#carrier.send({ number: parcel, bytes: open.memory.subarray(0, open.filled) });
		return true;
	}

	drop(parcel: number): boolean {
		return this.#open.delete(parcel);
	}

	/** The engine has ended: nobody will send what it left. */
	clear(): void {
		this.#open.clear();
	}
}
