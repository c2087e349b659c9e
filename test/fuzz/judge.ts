import { constants } from 'node:buffer';
import {
	BUFFER_FREE,
	BUFFER_HOST,
	COMPLETION_CHUNK,
	COMPLETION_DONE,
	ERRNO_SUCCESS,
	FLAG_PARCEL,
	FLAG_SUFFIX,
	LINE_BYTES,
	OP_CLOSE,
	OP_OPEN,
	PHASE_MAY_HAVE_HAPPENED,
	SLOT_RESULT_FD,
	SLOT_RESULT_HANDLE,
	SLOT_RESULT_TOTAL,
	SLOT_STATUS,
} from '#assembly/layout';
import type { Call } from '#host/pool/call';
import type { Pool } from '#host/pool/pool';
import { LENGTH_REST, type Request } from '#host/pool/request';
import { type LostCall, Run } from '#host/pool/run';
import { type Completion, Ring } from '#host/ring/ring';

const { drain, send, takeLost } = Run.prototype;
const { next } = Ring.prototype;

/**
 * Looks over the host's shoulder at each completion that it takes, and says by rules of its own whether that answers what was asked. One that does not
 * is the end of its incarnation: the host takes nothing more from it, sends it nothing more, and believes nothing of what it left. And
 * nothing else is.
 */
export class Judge {
	/** Why an incarnation is at its end. */
	readonly #condemned = new Map<Run, string>();
	readonly #runs = new Set<Run>();
	/** Descriptors that were opened for the host, and those among them that it has asked to be closed. */
	readonly #opened = new Set<number>();
	readonly #closing = new Set<number>();
	readonly #pool: Pool;
	readonly #fail: (reason: string) => void;
	#draining: Run | undefined;

	constructor(pool: Pool, fail: (reason: string) => void) {
		this.#pool = pool;
		this.#fail = fail;
		const { onOpened, onClosed, discard, submit, submitSync } = pool;
		const noteClose = (request: Request) => {
			if (request.op === OP_CLOSE) this.#closing.add(request.fd);
		};
		Object.assign(pool, {
			onOpened: (fd: number, request: Request) => {
				this.#opened.add(fd);
				onOpened.call(pool, fd, request);
			},
			onClosed: (fd: number) => {
				this.#opened.delete(fd);
				onClosed.call(pool, fd);
			},
			discard: (request: Request) => {
				noteClose(request);
				discard.call(pool, request);
			},
			submit: (...values: Parameters<Pool['submit']>) => {
				noteClose(values[0]);
				return submit.apply(pool, values);
			},
			submitSync: (...values: Parameters<Pool['submitSync']>) => {
				noteClose(values[0]);
				return submitSync.apply(pool, values);
			},
		});
	}

	/** From here on, until `leave`: one judge at a time. */
	sit(): void {
		const judge = this;
		Run.prototype.drain = function drainBeforeJudge() {
			return judge.#watch(this);
		};
		Ring.prototype.next = function nextBeforeJudge() {
			const completion = next.call(this);
			if (completion !== undefined) judge.#take(completion);
			return completion;
		};
		Run.prototype.send = function sendBeforeJudge(call) {
			const reason = judge.#condemned.get(this);
			if (reason !== undefined) judge.#fail(`an engine got another request after ${reason}`);
			judge.#runs.add(this);
			return send.call(this, call);
		};
		Run.prototype.takeLost = function takeLostBeforeJudge(isBelieved) {
			const reason = judge.#condemned.get(this);
			const lost = takeLost.call(this, isBelieved);
			// Each may have had its effect, and may be to blame.
			const isDoubted = ({ isUntaken, isSuspect, phase }: LostCall) =>
				!isUntaken && isSuspect && phase === PHASE_MAY_HAVE_HAPPENED;
			if (reason !== undefined && !lost.every(isDoubted)) {
				judge.#fail(`what an engine left was believed after ${reason}`);
			}
			return lost;
		};
	}

	leave(): void {
		Object.assign(Run.prototype, { drain, send, takeLost });
		Ring.prototype.next = next;
	}

	/** The host closes a descriptor on behalf of an engine that has ended. */
	onSwept(fd: number): void {
		if (this.#opened.has(fd) && !this.#closing.has(fd)) this.#fail('a reader that is open lost its descriptor');
	}

	/** All calls have ended, and nobody holds a lease any more. */
	checkEnd(): void {
		for (const { lender } of this.#runs) if (lender.held !== 0) this.#fail(`${lender.held} leases were not given back`);
	}

	#watch(run: Run): boolean {
		const { ring } = run;
		if (ring.waiting > ring.plan.completionEntries) this.#condemned.set(run, 'posting more than its ring holds');
		this.#draining = run;
		const makesSense = drain.call(run);
		this.#draining = undefined;
		const reason = this.#condemned.get(run);
		if (makesSense && reason !== undefined) this.#fail(`the host believes an engine after ${reason}`);
		if (!makesSense && reason === undefined) this.#fail('the host calls nonsense what makes sense');
		return makesSense;
	}

	#take(completion: Completion): void {
		const run = this.#draining;
		if (run === undefined) return;
		const before = this.#condemned.get(run);
		if (before !== undefined) this.#fail(`the host takes another completion after ${before}`);
		const reason = this.#nonsenseOf(run, completion);
		if (reason !== undefined) this.#condemned.set(run, reason);
	}

	/** What is wrong with a completion, if something is. */
	#nonsenseOf(run: Run, { slot, tag, kind, buffer, count }: Completion): string | undefined {
		const call = run.calls().find((candidate) => candidate.slot === slot && candidate.tag === tag);
		if (call === undefined) return 'an answer to nothing';
		if (count > mostOf(call.request)) return 'an answer of more bytes than were asked for';
		if (kind === COMPLETION_CHUNK) return chunkNonsense(run.ring, call, buffer, count);
		if (kind === COMPLETION_DONE) return this.#doneNonsense(run, call, count);
		return 'an answer of no kind';
	}

	#doneNonsense(run: Run, { slot, request: { op, flags } }: Call, count: number): string | undefined {
		const { ring } = run;
		if (count > ring.plan.slotDataBytes) return 'a result that is larger than its slot';
		if (word(ring, slot, SLOT_STATUS) !== ERRNO_SUCCESS) return undefined;
		if (op === OP_OPEN) {
			const fd = word(ring, slot, SLOT_RESULT_FD) >>> 0;
			const isOwn = this.#pool.table.ownerOf(fd) === run.incarnation.number;
			if (!isOwn || this.#opened.has(fd)) return "giving somebody else's descriptor for its own";
		}
		// No thread of these tests sends any.
		const hasParcel = (flags & FLAG_PARCEL) !== 0 && word(ring, slot, SLOT_RESULT_HANDLE) !== 0;
		return hasParcel ? 'a result in a parcel that was never sent' : undefined;
	}
}

function chunkNonsense(ring: Ring, call: Call, buffer: number, count: number): string | undefined {
	const { plan, words } = ring;
	if (buffer < 1 || buffer > plan.bufferCount) return 'a piece in a buffer that does not exist';
	const owner = words[(plan.bufferOwners + (buffer - 1) * LINE_BYTES) >> 2];
	if (owner !== BUFFER_HOST) return `a piece in a buffer that ${owner === BUFFER_FREE ? 'is free' : 'it keeps'}`;
	if (count > plan.bufferBytes) return 'a piece that is larger than its buffer';
	// Nobody wants it any more: it is thrown away.
	if (call.settled) return undefined;
	if (call.request.wantsLease) return call.held === undefined ? undefined : 'a second piece where one was to be lent';
	if (call.failure !== undefined) return undefined;
	const total = call.result?.length ?? totalOf(ring, call.slot);
	if (total > mostOf(call.request)) return 'announcing more bytes than were asked for';
	const room = call.request.into?.length ?? total;
	// There is no memory of that size: the call fails, and not the engine.
	if (call.result === undefined && room > constants.MAX_LENGTH) return undefined;
	return count > room - call.received ? 'a piece that does not fit what was announced' : undefined;
}

/** Bytes of a result that a request asks for at most. */
function mostOf({ flags, length, offset }: Request): number {
	if ((flags & FLAG_SUFFIX) !== 0) return offset;
	return length === LENGTH_REST ? Number.POSITIVE_INFINITY : length;
}

function totalOf(ring: Ring, slot: number): number {
	return (word(ring, slot, SLOT_RESULT_TOTAL) >>> 0) + (word(ring, slot, SLOT_RESULT_TOTAL + 4) >>> 0) * 2 ** 32;
}

function word(ring: Ring, slot: number, offset: number): number {
	return ring.words[(ring.plan.slots + slot * ring.plan.slotBytes + offset) >> 2];
}
