import {
	COMPLETION_CHUNK,
	COMPLETION_DONE,
	ERRNO_SUCCESS,
	OP_CLOSE,
	OP_OPEN,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	PHASE_BEFORE,
} from '../../assembly/layout.js';
import { errorFromStatus } from '../errors.js';
import { replyDescriptor, replyHandle, replyPhase, replyStat, replyStatus, replyTotal } from '../ring/decode.js';
import { encodeRequest } from '../ring/encode.js';
import { createMemory, prepareMemory } from '../ring/plan.js';
import { type Completion, Ring } from '../ring/ring.js';
import { WorkerState } from '../worker/status.js';
import type { Call } from './call.js';
import type { InstanceHealth } from './health.js';
import { fillsStat, type Incarnation, type Reply, Request } from './request.js';
import { type HiddenPaths, hiddenPaths } from './temporary.js';
import { Thread, type ThreadOptions } from './thread.js';
import { describeTrap, type Trap } from './trap.js';

/** Replacements in a row without a single completion in between: then something is wrong that no new instance mends. */
const BARREN_REPLACEMENTS_MAX = 3;
/** Batches that are drained one after the other before the event loop gets its turn. */
const MICROTASK_TURNS_MAX = 8;
const NOTHING = Buffer.alloc(0);

/** What an instance needs of its pool. */
export interface InstanceOwner {
	readonly threadOptions: ThreadOptions;
	readonly modulePath: string;
	nextIncarnation(): number;
	/** A slot or a buffer became free, or nothing is in flight any more. */
	onProgress(instance: Instance): void;
	/** The incarnation has ended with these calls in flight, those in `untaken` never begun. */
	onTrap(instance: Instance, trap: Trap, calls: LostCall[], leftovers: Leftovers): void;
	/** No further replacement: these calls have nowhere to go here. */
	onGivenUp(instance: Instance, trap: Trap): void;
	/** A call that waited is bound to an incarnation that has ended meanwhile. */
	onLost(call: Call): void;
	/** A descriptor was opened for the host, or closed: it outlives this incarnation. */
	onOpened(fd: number): void;
	onClosed(fd: number): void;
	/** A reply that nobody waits for left something open: this closes it. */
	discard(request: Request): void;
}

export interface LostCall {
	readonly call: Call;
	/** The engine never saw it. */
	readonly untaken: boolean;
	/** It was the one that the engine worked on. */
	readonly culprit: boolean;
	/** `PHASE_` that it had reached. */
	readonly phase: number;
}

interface Temporary {
	readonly root: number;
	readonly paths: HiddenPaths;
}

/** What an ended incarnation may have left open or on the disk. */
export interface Leftovers {
	readonly incarnation: number;
	/** Temporary files and locks that may exist. */
	readonly temporaries: Temporary[];
}

/** One engine: its thread, its memory and what is in flight there. A trap replaces the memory, the end of the thread both. */
export class Instance {
	#ring: Ring;
	#spare: WebAssembly.Memory | undefined = undefined;
	#thread: Thread;
	#incarnation: Incarnation;
	readonly #calls: (Call | undefined)[];
	/** Temporary files of open writers, by handle. */
	readonly #writers = new Map<number, Temporary>();
	#inFlight = 0;
	#tag = 0;
	#isListening = false;
	#isEnding = false;
	#turns = 0;
	#barren = 0;
	isGivenUp = false;
	replacements = 0;

	constructor(
		readonly owner: InstanceOwner,
		readonly name: string,
		readonly partition: number,
	) {
		const { plan } = owner.threadOptions;
		this.#calls = new Array(plan.entries).fill(undefined);
		const memory = createMemory(plan, true);
		prepareMemory(memory, plan);
		this.#ring = new Ring(memory, plan);
		this.#incarnation = { number: owner.nextIncarnation() };
		this.#thread = this.#startThread();
	}

	get incarnation(): Incarnation {
		return this.#incarnation;
	}

	get inFlight(): number {
		return this.#inFlight;
	}

	/** Nothing runs, and no writer is open. */
	get isIdle(): boolean {
		return this.#inFlight === 0 && this.#writers.size === 0;
	}

	/** Writes the request into a slot and hands it over; false when there is no room for it now. */
	send(call: Call): boolean {
		const ring = this.#ring;
		const { request } = call;
		const needsBuffer = request.data !== undefined && request.data.length > ring.plan.slotDataBytes;
		if (ring.freeSlots === 0) return false;
		const buffer = needsBuffer ? ring.takeBuffer() : 0;
		if (needsBuffer && buffer === 0) return false;
		const slot = ring.takeSlot();
		this.#tag = this.#tag === 0xffff_ffff ? 1 : this.#tag + 1;
		call.begin();
		call.instance = this;
		call.slot = slot;
		call.tag = this.#tag;
		call.buffer = buffer;
		encodeRequest(ring, slot, this.#tag, request, buffer, call.nonce);
		this.#calls[slot] = call;
		if (this.#inFlight++ === 0) this.#thread.ref();
		ring.publish(slot);
		this.#listen();
		return true;
	}

	/** Asks the engine to stop working on a call that is settled already. */
	cancel(call: Call): void {
		if (this.#calls[call.slot] === call) this.#ring.cancel(call.slot, call.tag);
	}

	/** Settles what the engine has finished, and replaces the engine when it is at its end. */
	drain(): void {
		const before = this.#inFlight;
		for (let completion = this.#ring.next(); completion !== undefined; completion = this.#ring.next()) {
			if (this.#take(completion)) continue;
			this.#thread.status.revoke(this.#incarnation.number);
			this.#thread.kill();
			this.#replace({ message: 'it posted a completion that makes no sense', position: undefined, stack: '' }, true);
			return;
		}
		if (this.#isEnding || this.isGivenUp) return;
		if (this.#thread.status.state === WorkerState.trapped) {
			this.#replace(describeTrap(this.#ring, this.#thread.status.report, this.owner.modulePath), false);
		} else if (this.#inFlight < before) {
			this.owner.onProgress(this);
		}
	}

	health(): InstanceHealth {
		const state = this.isGivenUp ? 'given up' : 'running';
		return { name: this.name, state, replacements: this.replacements, inFlight: this.#inFlight };
	}

	pulse(): { isSleeping: boolean; heartbeat: number } {
		return { isSleeping: this.#ring.isSleeping, heartbeat: this.#ring.heartbeat };
	}

	/** Blocks the calling thread until the engine posts something or the time is over, then drains. */
	wait(milliseconds: number): void {
		const ring = this.#ring;
		const seen = ring.arm();
		if (ring.waiting === 0 && this.#thread.status.state !== WorkerState.trapped) {
			Atomics.wait(ring.words, ring.bell, seen, milliseconds);
		}
		if (ring.waiting === 0 && this.#thread.isGone) this.#threadEnded('its thread ended');
		this.drain();
	}

	/** Stops the thread; what was in flight there is settled by the pool before. */
	async end(): Promise<void> {
		this.#isEnding = true;
		this.#ring.stop();
		await this.#thread.end();
		this.#ring.ring();
	}

	/** What open writers and unfinished calls may have left behind. */
	leftovers(): Leftovers {
		const temporaries = [...this.#writers.values()];
		for (const call of this.#calls) {
			if (call?.nonce !== undefined) temporaries.push(temporaryOf(call, call.nonce));
		}
		return { incarnation: this.#incarnation.number, temporaries };
	}

	calls(): Call[] {
		return this.#calls.filter((call) => call !== undefined);
	}

	#startThread(): Thread {
		const thread = new Thread(this.owner.threadOptions, this.partition, this.name, (reason) => {
			if (thread === this.#thread) this.#threadEnded(reason);
		});
		thread.assign({ memory: this.#ring.memory, incarnation: this.#incarnation.number });
		return thread;
	}

	#threadEnded(reason: string): void {
		if (this.#isEnding || this.isGivenUp) return;
		this.drain();
		if (this.isGivenUp) return;
		this.#replace({ message: reason, position: undefined, stack: '' }, true);
	}

	/** One completion: false when it answers nothing that was asked. */
	#take(completion: Completion): boolean {
		const call = this.#calls[completion.slot];
		if (call === undefined || call.tag !== completion.tag) return false;
		if (completion.kind === COMPLETION_CHUNK) return this.#takeChunk(call, completion.buffer, completion.count);
		if (completion.kind !== COMPLETION_DONE || completion.count > this.#ring.plan.slotDataBytes) return false;
		this.#takeDone(call, completion.count);
		return true;
	}

	/** A piece of a result: copied into the caller's memory, and the buffer goes back. */
	#takeChunk(call: Call, buffer: number, count: number): boolean {
		const ring = this.#ring;
		if (!ring.isHandedOver(buffer) || count > ring.plan.bufferBytes) return false;
		if (!call.settled && call.failure === undefined) {
			call.result ??= this.#resultFor(call, replyTotal(ring, call.slot));
			if (call.result !== undefined) {
				const room = call.result.length - call.received;
				const start = ring.bufferAddress(buffer);
				call.result.set(ring.bytes.subarray(start, start + Math.min(count, room)), call.received);
				call.received += Math.min(count, room);
			}
		}
		ring.freeBuffer(buffer);
		return true;
	}

	/** Memory for a result of that size; a failure of the call when the platform has no buffer that large. */
	#resultFor(call: Call, total: number): Uint8Array | undefined {
		if (call.request.into !== undefined) return call.request.into;
		try {
			return Buffer.allocUnsafeSlow(total);
		} catch (cause) {
			call.failure = call.error(
				'Unsupported',
				`a result of ${total} bytes does not fit a Buffer; use a reader`,
				false,
				cause,
			);
			this.#ring.cancel(call.slot, call.tag);
			return undefined;
		}
	}

	#takeDone(call: Call, count: number): void {
		const ring = this.#ring;
		const { slot, request } = call;
		const status = replyStatus(ring, slot);
		this.#barren = 0;
		if (request.op === OP_CLOSE) this.owner.onClosed(request.fd);
		if (request.op === OP_WRITER_CLOSE || request.op === OP_WRITER_ABORT) this.#writers.delete(request.handle);
		if (status !== ERRNO_SUCCESS) {
			const error = call.failure ?? errorFromStatus(status, request, replyPhase(ring, slot));
			this.#release(call);
			call.reject(error);
			return;
		}
		const reply: Reply = {
			bytes: this.#resultOf(call, count),
			stat: undefined,
			total: replyTotal(ring, slot),
			handle: 0,
			fd: 0,
			incarnation: this.#incarnation,
		};
		if (fillsStat(request)) reply.stat = replyStat(ring, slot);
		if (request.op === OP_OPEN) {
			reply.fd = replyDescriptor(ring, slot);
			this.owner.onOpened(reply.fd);
		}
		if (request.op === OP_WRITER_OPEN) {
			reply.handle = replyHandle(ring, slot);
			if (call.nonce !== undefined) this.#writers.set(reply.handle, temporaryOf(call, call.nonce));
		}
		this.#release(call);
		if (call.settled) this.#discard(request, reply);
		else if (call.failure !== undefined) call.reject(call.failure);
		else call.resolve(reply);
	}

	/** The caller gave up, and the engine opened something for nobody. */
	#discard(request: Request, reply: Reply): void {
		const op = request.op === OP_OPEN ? OP_CLOSE : request.op === OP_WRITER_OPEN ? OP_WRITER_ABORT : 0;
		if (op === 0) return;
		const closing = new Request(op, request.operation, request.path);
		closing.root = request.root;
		closing.fd = reply.fd;
		closing.handle = reply.handle;
		closing.lane = request.lane;
		if (op === OP_WRITER_ABORT) closing.pinned = reply.incarnation;
		this.owner.discard(closing);
	}

	#resultOf(call: Call, count: number): Uint8Array {
		if (call.result !== undefined) {
			return call.received === call.result.length ? call.result : call.result.subarray(0, call.received);
		}
		if (count === 0) return NOTHING;
		const start = this.#ring.dataAddress(call.slot);
		const { into } = call.request;
		if (into !== undefined) {
			const length = Math.min(count, into.length);
			into.set(this.#ring.bytes.subarray(start, start + length));
			return into.subarray(0, length);
		}
		const bytes = Buffer.allocUnsafeSlow(count);
		this.#ring.bytes.copy(bytes, 0, start, start + count);
		return bytes;
	}

	#release(call: Call): void {
		this.#calls[call.slot] = undefined;
		this.#ring.freeSlot(call.slot);
		if (call.buffer !== 0) this.#ring.payloadEnded();
		call.instance = undefined;
		if (--this.#inFlight === 0) this.#thread.unref();
	}

	/**
	 * The incarnation is over: its calls go back to the pool, and the next one begins on the other memory. A trap keeps
	 * the thread, which waits for that memory; the end of the thread takes a new one.
	 */
	#replace(trap: Trap, withThread: boolean): void {
		const old = this.#ring;
		const untaken = old.untaken();
		const culprit = old.current;
		const lost: LostCall[] = this.calls().map((call) => ({
			call,
			untaken: untaken.has(call.slot),
			culprit: call.slot === culprit,
			phase: untaken.has(call.slot) ? PHASE_BEFORE : replyPhase(old, call.slot),
		}));
		const leftovers = this.leftovers();
		this.#calls.fill(undefined);
		this.#writers.clear();
		this.#inFlight = 0;
		this.#thread.unref();
		this.replacements++;
		this.#incarnation = { number: this.owner.nextIncarnation() };
		if (++this.#barren > BARREN_REPLACEMENTS_MAX) this.isGivenUp = true;
		else this.#renew(old, withThread);
		// The pending wait of the old memory comes to its end.
		this.#isListening = false;
		old.ring();
		for (const { call } of lost) call.instance = undefined;
		this.owner.onTrap(this, trap, lost, leftovers);
		if (this.isGivenUp) this.owner.onGivenUp(this, trap);
	}

	#renew(old: Ring, withThread: boolean): void {
		const { plan } = this.owner.threadOptions;
		const memory = this.#spare ?? createMemory(plan, true);
		// A thread that was ended from outside may still be running in the old memory for a moment: it is not used again.
		this.#spare = withThread ? undefined : old.memory;
		prepareMemory(memory, plan);
		this.#ring = new Ring(memory, plan);
		if (withThread) this.#thread = this.#startThread();
		else this.#thread.assign({ memory, incarnation: this.#incarnation.number });
	}

	/** Waits for the bell without blocking, as long as something is in flight. */
	#listen(): void {
		if (this.#isListening || this.#inFlight === 0) return;
		this.#isListening = true;
		const ring = this.#ring;
		const seen = ring.arm();
		// Looked at after arming: a completion posted before that would ring for nobody.
		const isReady = ring.waiting > 0 || this.#thread.status.state === WorkerState.trapped;
		const rung = isReady ? undefined : Atomics.waitAsync(ring.words, ring.bell, seen);
		const wake = () => {
			if (ring !== this.#ring) return;
			this.#isListening = false;
			this.drain();
			this.#listen();
		};
		if (rung?.async) {
			this.#turns = 0;
			void rung.value.then(wake);
		} else if (++this.#turns < MICROTASK_TURNS_MAX) {
			queueMicrotask(wake);
		} else {
			// An engine that is always ready must not keep the event loop from its timers and sockets.
			this.#turns = 0;
			setImmediate(wake);
		}
	}
}

function temporaryOf(call: Call, nonce: Uint8Array): Temporary {
	const { request } = call;
	return { root: request.root, paths: hiddenPaths(request.target || request.path, nonce) };
}
