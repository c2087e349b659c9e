import { ERRNO_SUCCESS, FLAG_PARCEL, PHASE_BEFORE } from '../../assembly/layout.js';
import { replyHandle } from '../ring/decode.js';
import type { Ring } from '../ring/ring.js';
import { Backlog, isSmallRead, isSmallWrite } from './backlog.js';
import type { Call } from './call.js';
import type { ParcelInbox } from './parcel-inbox.js';
import { LENGTH_REST } from './request.js';
import { type LostCall, Run, type RunOwner } from './run.js';

/**
 * A run whose engine is in a thread of its own: it gets only so many small requests at a time, and the others follow (`Backlog`); long results
 * come in memory of their own (`ParcelInbox`).
 */
export class PacedRun extends Run {
	readonly #reads: Backlog;
	/** By themselves: somebody may have locked their names. */
	readonly #writes: Backlog;

	constructor(
		owner: RunOwner,
		ring: Ring,
		incarnation: number,
		/** What its thread sends in memory of its own. */
		readonly parcels?: ParcelInbox,
	) {
		super(owner, ring, incarnation);
		this.#reads = new Backlog(ring.plan, isSmallRead);
		this.#writes = new Backlog(ring.plan, isSmallWrite);
	}

	override get inFlight(): number {
		return super.inFlight + this.#waiting;
	}

	get #waiting(): number {
		return this.#reads.size + this.#writes.size;
	}

	/** Nothing runs, and no writer is open. */
	get isIdle(): boolean {
		return this.inFlight === 0 && this.openWriters === 0;
	}

	/** Handles of writers of a root that are open. */
	writersOf(root: number): number[] {
		return [...this.writers].filter(([, temporary]) => temporary.root === root).map(([handle]) => handle);
	}

	override send(call: Call): boolean {
		// Each of those that follow has a slot, though nobody knows yet which.
		if (this.ring.freeSlots === this.#waiting) return false;
		if (this.#reads.keeps(call) || this.#writes.keeps(call)) return true;
		if (!super.send(call)) return false;
		this.#reads.begin(call);
		this.#writes.begin(call);
		return true;
	}

	override calls(): Call[] {
		return [...super.calls(), ...this.#reads.calls, ...this.#writes.calls];
	}

	override takeLost(isBelieved: boolean): LostCall[] {
		const waiting = [...this.#reads.takeAll(), ...this.#writes.takeAll()];
		const unseen = waiting.map((call) => ({ call, isUntaken: true, isSuspect: false, phase: PHASE_BEFORE }));
		for (const call of waiting) call.instance = undefined;
		const lost = super.takeLost(isBelieved);
		this.parcels?.clear();
		return [...lost, ...unseen];
	}

	protected override takeDone(call: Call, count: number, status: number): boolean {
		const mayHaveParcel = (call.request.flags & FLAG_PARCEL) !== 0 && status === ERRNO_SUCCESS;
		return (!mayHaveParcel || this.#takeParcel(call)) && super.takeDone(call, count, status);
	}

	/** A result that came in memory of its own, if it did; false when that makes no sense. */
	#takeParcel(call: Call): boolean {
		const number = replyHandle(this.ring, call.slot);
		if (number === 0) return true;
		const parcel = this.parcels?.take(number);
		if (parcel === undefined || call.result !== undefined) return false;
		if (call.request.length !== LENGTH_REST && parcel.length > call.request.length) return false;
		call.result = parcel;
		call.received = parcel.length;
		return true;
	}

	protected override onReleased(call: Call): void {
		const next = this.#reads.end(call) ?? this.#writes.end(call);
		if (next !== undefined) this.send(next);
	}
}
