import {
	COMPLETION_CHUNK,
	COMPLETION_DONE,
	ERRNO_CANCELED,
	ERRNO_SUCCESS,
	FLAG_SUFFIX,
	OP_CLOSE,
	OP_OPEN,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	PHASE_BEFORE,
	PHASE_MAY_HAVE_HAPPENED,
} from '../../assembly/layout.js';
import type { ErrorCode } from '../errors.js';
import { copyBytes } from '../ring/copy-bytes.js';
import { replyDescriptor, replyHandle, replyPhase, replyStat, replyStatus, replyTotal } from '../ring/decode.js';
import { encodeRequest } from '../ring/encode.js';
import type { Completion, Ring } from '../ring/ring.js';
import type { Call } from './call.js';
import { closingRequest } from './closing-request.js';
import { HeldBuffer, type Lender } from './held-buffer.js';
import { replyError } from './reply-error.js';
import { fillsStat, type Incarnation, LENGTH_REST, type Reply, type Request } from './request.js';
import { Slab } from './slab.js';
import type { Temporary } from './temporary.js';
import { writtenPath } from './written-path.js';

const NOTHING = Buffer.allocUnsafeSlow(0);
/** Of memory to read into. */
const GONE = 'the buffer was transferred or made smaller while it was read into; keep it as it is';

/** What a run needs of its pool. */
export interface RunOwner {
	/** Whether a descriptor was opened by that incarnation, and by it alone. */
	isOwn(fd: number, incarnation: number): boolean;
	/** A descriptor was opened for the host, or closed: it outlives this incarnation. */
	onOpened(fd: number, request: Request): void;
	onClosed(fd: number): void;
	/** A reply that nobody waits for left something open: this closes it. */
	discard(request: Request): void;
}

/** A call whose instance came to its end. */
export interface LostCall {
	readonly call: Call;
	/** The engine never saw it. */
	readonly isUntaken: boolean;
	/** The engine worked on it at the end. */
	readonly isSuspect: boolean;
	/** `PHASE_` that it had reached. */
	readonly phase: number;
}

/**
 * One incarnation of an engine, from its start to its end: its memory, what is in flight there and the writers that are open.
 * What the engine posts is checked against what was asked of it; the first thing that makes no sense is the end.
 */
export class Run {
	readonly incarnation: Incarnation;
	/** Requests that the engine has ended. */
	ended = 0;
	/** What callers hold of its memory. */
	readonly lender: Lender = { held: 0, quarantined: 0 };
	/** By slot. */
	#calls: (Call | undefined)[] = [];
	readonly #slab = new Slab();
	/** Temporary files of open writers, by handle. */
	protected readonly writers = new Map<number, Temporary>();
	#inFlight = 0;
	#tag = 0;

	constructor(
		readonly owner: RunOwner,
		readonly ring: Ring,
		incarnation: number,
	) {
		this.incarnation = { number: incarnation };
	}

	get inFlight(): number {
		return this.#inFlight;
	}

	/** Writes the request into a slot and hands it over; false when there is no room for it now. */
	send(call: Call): boolean {
		const { ring } = this;
		const { request } = call;
		if (ring.freeSlots === 0) return false;
		const needsBuffer = request.data !== undefined && request.data.length > ring.plan.slotDataBytes;
		const buffer = needsBuffer ? ring.takeBuffer() : 0;
		if (needsBuffer && buffer === 0) return false;
		const slot = ring.takeSlot();
		// 32 bits, and never 0.
		this.#tag = (this.#tag + 1) >>> 0 || 1;
		call.begin();
		call.slot = slot;
		call.tag = this.#tag;
		call.buffer = buffer;
		encodeRequest(ring, slot, this.#tag, request, buffer, call.nonce);
		request.isCopied = true;
		this.#calls[slot] = call;
		this.#inFlight++;
		ring.publish(slot);
		return true;
	}

	/** Asks the engine to stop working on a call that is settled already. */
	cancel(call: Call): void {
		if (this.#calls[call.slot] === call) this.ring.cancel(call.slot, call.tag);
	}

	/** Settles what the engine has finished: at most one ring full, so that others get their turn. False: it makes no sense. */
	drain(): boolean {
		const { ring } = this;
		if (ring.waiting > ring.plan.completionEntries) return false;
		for (let taken = ring.plan.completionEntries; taken > 0; taken--) {
			const completion = ring.next();
			if (completion === undefined) return true;
			if (!this.#take(completion)) return false;
		}
		return true;
	}

	calls(): Call[] {
		return this.#calls.filter((call) => call !== undefined);
	}

	/** Temporary files of open writers and of unfinished calls. */
	temporaries(): Temporary[] {
		const temporaries = [...this.writers.values()];
		for (const call of this.#calls) {
			if (call?.nonce !== undefined) temporaries.push(temporaryOf(this.ring, call, call.nonce));
		}
		return temporaries;
	}

	get openWriters(): number {
		return this.writers.size;
	}

	/**
	 * Takes all calls away at the end. A memory that is not believed proves nothing: then every call may have been taken, may
	 * have had its effect, and may be to blame.
	 */
	takeLost(isBelieved: boolean): LostCall[] {
		const untaken = isBelieved ? this.ring.untaken() : undefined;
		const suspect = this.ring.current;
		const lost = this.calls().map((call) => {
			const isUntaken = untaken?.has(call.slot) ?? false;
			return {
				call,
				isUntaken,
				isSuspect: !isUntaken && (!isBelieved || call.slot === suspect),
				phase: isUntaken ? PHASE_BEFORE : isBelieved ? replyPhase(this.ring, call.slot) : PHASE_MAY_HAVE_HAPPENED,
			};
		});
		this.#calls = [];
		this.writers.clear();
		this.#inFlight = 0;
		for (const { call } of lost) {
			call.instance = undefined;
			// Nobody has seen it yet, and it is read again.
			call.held?.release();
		}
		return lost;
	}

	/** One completion: false when it answers nothing that was asked. */
	#take(completion: Completion): boolean {
		const call = this.#calls[completion.slot];
		if (call === undefined || call.tag !== completion.tag) return false;
		if (completion.kind === COMPLETION_CHUNK) return this.#takeChunk(call, completion.buffer, completion.count);
		if (completion.kind !== COMPLETION_DONE || completion.count > this.ring.plan.slotDataBytes) return false;
		if (completion.count > mostOf(call)) return false;
		return this.takeDone(call, completion.count, replyStatus(this.ring, call.slot));
	}

	/** A piece of a result: copied into the caller's memory, and the buffer goes back. */
	#takeChunk(call: Call, buffer: number, count: number): boolean {
		const { ring } = this;
		if (!ring.isHandedOver(buffer) || count > ring.plan.bufferBytes || count > mostOf(call)) return false;
		if (call.request.wantsLease && !call.settled) {
			// One piece was asked for.
			if (call.held !== undefined) return false;
			call.held = new HeldBuffer(ring, this.lender, buffer, count);
			return true;
		}
		const start = ring.bufferAddress(buffer);
		if (!this.#place(call, ring.bytes.subarray(start, start + count), replyTotal(ring, call.slot))) return false;
		ring.freeBuffer(buffer);
		return true;
	}

	/** Copies a piece of a result behind what is there; all of it has `total` bytes. False when that makes no sense. */
	#place(call: Call, piece: Uint8Array, total: number): boolean {
		if (call.settled || call.failure !== undefined) return true;
		// More than was asked for is no reason to take memory for it.
		if (call.result === undefined && total > mostOf(call)) return false;
		const target = this.#targetOf(call, total);
		if (target === undefined) return true;
		if (piece.length > target.length - call.received) return false;
		try {
			copyBytes(target, piece, call.received);
		} catch (cause) {
			this.#fail(call, 'ConfigInvalid', GONE, cause);
		}
		call.received += piece.length;
		return true;
	}

	/** Memory for a result of that size; undefined when there is none, or none any more: then the call has failed. */
	#targetOf(call: Call, total: number): Uint8Array | undefined {
		const { into, length } = call.request;
		if (into !== undefined && into.length < length) this.#fail(call, 'ConfigInvalid', GONE);
		else {
			try {
				call.result ??= into ?? this.#slab.take(total);
				return call.result;
			} catch (cause) {
				this.#fail(call, 'Unsupported', `a result of ${total} bytes does not fit a Buffer; use a reader`, cause);
			}
		}
		return undefined;
	}

	/** What is still to come is let go. */
	#fail(call: Call, code: ErrorCode, message: string, cause?: unknown): void {
		call.failure = call.error(code, message, false, cause);
		this.ring.cancel(call.slot, call.tag);
	}

	/** The engine is through with a call; false when what it says makes no sense. */
	protected takeDone(call: Call, count: number, status: number): boolean {
		const { ring, owner } = this;
		const { slot, request } = call;
		const isOpened = request.op === OP_OPEN && status === ERRNO_SUCCESS;
		const fd = isOpened ? replyDescriptor(ring, slot) : 0;
		// Behind the number of another one's descriptor stands a file that would later be read, or closed.
		if (isOpened && !owner.isOwn(fd, this.incarnation.number)) return false;
		if (status === ERRNO_SUCCESS && (count > 0 || call.result !== undefined || request.into !== undefined)) {
			// A small result is in the slot; of one that came in pieces the caller's memory may be gone by now.
			const piece = call.result === undefined ? ring.slotData(slot, count) : NOTHING;
			if (!this.#place(call, piece, count)) return false;
		}
		this.ended++;
		// What was cancelled may not have begun: then the descriptor, or the writer and its temporary file, is still there. An engine
		// that says so of a closing which nobody has cancelled leaves nothing open either.
		if (request.op === OP_CLOSE && (status !== ERRNO_CANCELED || !call.settled)) owner.onClosed(request.fd);
		const endsWriter = request.op === OP_WRITER_CLOSE || request.op === OP_WRITER_ABORT;
		if (endsWriter && status !== ERRNO_CANCELED) this.writers.delete(request.handle);
		if (status !== ERRNO_SUCCESS) {
			call.held?.release();
			const error = call.failure ?? replyError(ring, slot, request);
			this.#release(call);
			call.reject(error);
			return true;
		}
		const reply: Reply = {
			bytes: call.held?.bytes ?? resultOf(call),
			stat: fillsStat(request) ? replyStat(ring, slot) : undefined,
			total: replyTotal(ring, slot),
			handle: replyHandle(ring, slot),
			fd,
			incarnation: this.incarnation,
			held: call.held,
		};
		if (isOpened) owner.onOpened(fd, request);
		if (request.op === OP_WRITER_OPEN && call.nonce !== undefined) {
			this.writers.set(reply.handle, temporaryOf(ring, call, call.nonce));
		}
		this.#release(call);
		if (!call.settled && call.failure === undefined) {
			call.resolve(reply);
			return true;
		}
		call.held?.release();
		// The caller gave up, or what came before was too much for it, and the engine may have opened something for nobody.
		const closing = closingRequest(request, reply);
		if (closing !== undefined) this.owner.discard(closing);
		if (call.failure !== undefined) call.reject(call.failure);
		return true;
	}

	#release(call: Call): void {
		this.#calls[call.slot] = undefined;
		this.ring.freeSlot(call.slot);
		if (call.buffer !== 0) this.ring.payloadEnded();
		call.instance = undefined;
		this.#inFlight--;
		this.onReleased(call);
	}

	/** The slot of a call is free again. */
	protected onReleased(_call: Call): void {}
}

function resultOf({ result = NOTHING, received }: Call): Uint8Array {
	return result.length === received ? result : result.subarray(0, received);
}

/** Bytes of a result that were asked for, as far as the request says so. */
function mostOf({ request: { flags, length, offset } }: Call): number {
	if ((flags & FLAG_SUFFIX) !== 0) return offset;
	return length === LENGTH_REST ? Number.POSITIVE_INFINITY : length;
}

function temporaryOf(ring: Ring, call: Call, nonce: Uint8Array): Temporary {
	return { root: call.request.root, beside: writtenPath(ring, call), nonce, prefix: ring.plan.tempPrefix };
}
