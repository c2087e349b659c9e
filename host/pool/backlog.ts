import { FLAG_IF_NOT_EXISTS, OP_READ_AT, OP_STAT, OP_WRITE } from '../../assembly/layout.js';
import type { Plan } from '../ring/plan.js';
import type { Call } from './call.js';
import { locksName, type Request } from './request.js';

/**
 * Small requests of one kind that an engine has at a time. It serves them one after the other, so that more of them make nothing faster; but
 * their slots would no longer fit the processor's cache, and a read cost a third more with 1,024 of them (decision 0071).
 */
const SMALL_MAX = 128;

/** Its result fits a slot, and the engine is never long at it. */
export function isSmallRead({ op, length, wantsLease }: Request, plan: Plan): boolean {
	return op === OP_STAT || (op === OP_READ_AT && length <= plan.slotDataBytes && !wantsLease);
}

/** Its content fits a slot, and it depends on nothing that is there. */
export function isSmallWrite(request: Request, plan: Plan): boolean {
	const { op, data, flags } = request;
	if (op !== OP_WRITE || (flags & FLAG_IF_NOT_EXISTS) !== 0 || locksName(request)) return false;
	return data === undefined || data.length <= plan.slotDataBytes;
}

/** Calls of one kind that an instance has taken and its engine not yet, in the order in which they came: each follows when another one has ended. */
export class Backlog {
	/** Those that the engine has, and the slots that they are in. */
	#handed = 0;
	readonly #isHanded: boolean[];
	#calls: Call[] = [];
	/** Those before it were taken. */
	#first = 0;

	constructor(
		readonly plan: Plan,
		readonly isSmall: (request: Request, plan: Plan) => boolean,
	) {
		this.#isHanded = new Array(plan.entries).fill(false);
	}

	get calls(): readonly Call[] {
		return this.#calls.slice(this.#first);
	}

	/** The calls, which are none afterwards. */
	takeAll(): readonly Call[] {
		const { calls } = this;
		this.#calls = [];
		this.#first = 0;
		return calls;
	}

	get size(): number {
		return this.#calls.length - this.#first;
	}

	/** True: the call has to wait, and is kept here. It has no slot until it follows. */
	keeps(call: Call): boolean {
		if (this.#handed < SMALL_MAX || !this.isSmall(call.request, this.plan)) return false;
		call.slot = -1;
		this.#calls.push(call);
		return true;
	}

	/** The engine gets this one. */
	begin(call: Call): void {
		const isSmall = this.isSmall(call.request, this.plan);
		this.#isHanded[call.slot] = isSmall;
		if (isSmall) this.#handed++;
	}

	/** The engine is through with this one. Gives the one that follows, if one does; those that were settled meanwhile, or lost their content, are forgotten. */
	end(call: Call): Call | undefined {
		if (!this.#isHanded[call.slot]) return undefined;
		this.#handed--;
		let next = this.#shift();
		while (next !== undefined && (next.settled || !next.hasContent())) {
			next.instance = undefined;
			next = this.#shift();
		}
		return next;
	}

	#shift(): Call | undefined {
		if (this.size === 0) return undefined;
		const call = this.#calls[this.#first++];
		// What was taken is half of it at least, so that each call is moved once on the average.
		if (this.#first * 2 >= this.#calls.length) {
			this.#calls = this.#calls.slice(this.#first);
			this.#first = 0;
		}
		return call;
	}
}
