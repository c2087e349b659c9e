import { PHASE_BEFORE } from '../../assembly/layout.js';
import type { Ring } from '../ring/ring.js';
import { Backlog } from './backlog.js';
import type { Call } from './call.js';
import type { ParcelInbox } from './parcel-inbox.js';
import { type LostCall, Run, type RunOwner } from './run.js';

/** A run whose engine, in a thread of its own, gets only so many small requests at a time; the others follow. See `Backlog`. */
export class PacedRun extends Run {
	readonly #backlog: Backlog;

	constructor(owner: RunOwner, ring: Ring, incarnation: number, parcels?: ParcelInbox) {
		super(owner, ring, incarnation, parcels);
		this.#backlog = new Backlog(ring.plan);
	}

	override get inFlight(): number {
		return super.inFlight + this.#backlog.size;
	}

	override send(call: Call): boolean {
		// Each of those that follow has a slot, though nobody knows yet which.
		if (this.ring.freeSlots === this.#backlog.size) return false;
		if (this.#backlog.keeps(call)) return true;
		if (!super.send(call)) return false;
		this.#backlog.begin(call);
		return true;
	}

	override calls(): Call[] {
		return [...super.calls(), ...this.#backlog.calls];
	}

	override takeLost(isBelieved: boolean): LostCall[] {
		const waiting = this.#backlog.takeAll();
		const unseen = waiting.map((call) => ({ call, isUntaken: true, isSuspect: false, phase: PHASE_BEFORE }));
		for (const call of waiting) call.instance = undefined;
		return [...super.takeLost(isBelieved), ...unseen];
	}

	protected override onReleased(call: Call): void {
		const next = this.#backlog.end(call);
		if (next !== undefined) this.send(next);
	}
}
