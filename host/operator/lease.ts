import { HoldfastError } from '../errors.js';
import { onAbort } from '../pool/abort-watch.js';
import type { HeldBuffer } from '../pool/held-buffer.js';
import type { Engine } from '../pool/request.js';
import type { Store } from '../services/service.js';

/** Options of `Reader.leases`. */
export interface LeaseOptions {
	/** Bytes of a lease, at most 1 MiB and at most a buffer of the pool; default is that most. The last one may be shorter. */
	chunkBytes?: number | undefined;
	/** For tests: fills a released chunk with 0xdb and keeps it out of use for a while, so that a view that was kept shows. */
	poison?: boolean | undefined;
}

/** The engine sends no more than this in one piece. */
export const LEASE_MAX_BYTES = 1024 * 1024;

/**
 * A piece of a file in the memory that the engine read it into: no copy was made. It is the reader's until `release()`, or the
 * end of the block of a `using`; a view that is kept longer shows what others read. Views of shared memory are refused by
 * `Response` and `crypto.subtle`: copy those.
 *
 * @example
 * for await (const lease of reader.leases()) {
 *   hash.update(lease.bytes);
 *   lease.release();
 * }
 */
export class Lease {
	readonly #hold: Hold;
	/** Where the first byte is in the file. */
	readonly offset: number;

	/** @internal */
	constructor(held: HeldBuffer, gate: LeaseGate, offset: number, isPoisoned: boolean) {
		this.#hold = { held, gate, isPoisoned };
		this.offset = offset;
		registry.register(this, this.#hold, this);
	}

	/** The bytes, in shared memory. Throws `Closed` after the release. */
	get bytes(): Buffer {
		const { held } = this.#hold;
		if (held !== undefined) return held.bytes;
		throw new HoldfastError('Closed', 'this lease was released; use its bytes before, or copy them', {
			operation: 'leases',
		});
	}

	/** Gives the memory back. Fine at any time. */
	release(): void {
		registry.unregister(this);
		release(this.#hold);
	}

	[Symbol.dispose](): void {
		this.release();
	}
}

/** Holds leases that nobody has asked for yet. */
interface Spare {
	drop(): void;
}

interface Hold {
	held: HeldBuffer | undefined;
	readonly gate: LeaseGate;
	readonly isPoisoned: boolean;
}

function release(hold: Hold): void {
	hold.held?.release(hold.isPoisoned);
	if (hold.held !== undefined) hold.gate.giveBack();
	hold.held = undefined;
}

// A lease that was dropped must not keep a buffer from everybody else.
const registry = new FinalizationRegistry<Hold>(release);

/**
 * So many leases of a pool at a time: half of the buffers of one engine, less one that may be in quarantine, because all of them
 * may be in the same. Who wants more waits for a release; whoever wants no lease does not notice.
 */
export class LeaseGate {
	readonly #most: number;
	#taken = 0;
	readonly #waiting: (() => void)[] = [];
	readonly #spares = new Set<WeakRef<Spare>>();

	constructor(buffers: number) {
		this.#most = Math.max(1, Math.floor(buffers / 2) - 1);
	}

	static of(store: Store): LeaseGate {
		const known = gates.get(store.engine);
		if (known !== undefined) return known;
		const gate = new LeaseGate(store.buffers);
		gates.set(store.engine, gate);
		return gate;
	}

	/** A place for a lease that nobody has asked for yet: never while somebody waits for one. */
	trySpare(): boolean {
		return this.#waiting.length === 0 && this.#tryTake();
	}

	/** Whoever takes spare places gives them back when somebody has to wait. Gives what takes that back. */
	addSpare(spare: Spare): () => boolean {
		// Whoever was dropped without an end has no spare places any more: its leases were collected with it.
		for (const known of this.#spares) if (known.deref() === undefined) this.#spares.delete(known);
		const reference = new WeakRef(spare);
		this.#spares.add(reference);
		return () => this.#spares.delete(reference);
	}

	/** Waits for its turn; a signal ends the waiting. */
	async take(signal: AbortSignal | undefined): Promise<void> {
		while (true) {
			if (signal?.aborted) break;
			if (this.#tryTake()) return;
			for (const spare of this.#spares) spare.deref()?.drop();
			await new Promise<void>((resolve) => {
				const go = (): void => {
					forgetSignal?.();
					const at = this.#waiting.indexOf(go);
					if (at >= 0) this.#waiting.splice(at, 1);
					resolve();
				};
				this.#waiting.push(go);
				const forgetSignal = signal && onAbort(signal, go);
			});
			if (!signal?.aborted) continue;
			// The turn that was perhaps meant for this one is the next one's.
			this.#waiting[0]?.();
			break;
		}
		throw new HoldfastError('Cancelled', 'the wait for a lease was cancelled by its signal', {
			operation: 'leases',
			cause: signal?.reason,
		});
	}

	giveBack(): void {
		this.#taken--;
		this.#waiting[0]?.();
	}

	#tryTake(): boolean {
		if (this.#taken >= this.#most) return false;
		this.#taken++;
		return true;
	}
}

const gates = new WeakMap<Engine, LeaseGate>();
