import { EventEmitter } from 'node:events';
import { OP_ECHO, OP_LIST, OP_OPEN, OP_READ, OP_READ_AT, OP_SLEEP, OP_STAT, OP_WRITE } from '../../assembly/layout.js';
import { ENGINE_PATH, loadEngine } from '../engine-module.js';
import type { HoldfastError } from '../errors.js';
import { planMemory } from '../ring/plan.js';
import { DescriptorTable } from '../wasi/descriptor-table.js';
import type { Files } from '../wasi/files.js';
import type { OpenFiles } from '../wasi/files-context.js';
import { clearAbandoned } from './abandoned.js';
import { onAbort } from './abort-watch.js';
import { Call } from './call.js';
import type { PoolHealth } from './health.js';
import type { Instance, InstanceOwner, Leftovers, LostCall } from './instance.js';
import { Lane } from './lane.js';
import type { PoolOptions } from './options.js';
import { type CallOptions, type Engine, isUntouched, type Reply, type Request } from './request.js';
import { type Tasks, taskKind } from './tasks.js';
import { TEMPORARY_PREFIX } from './temporary.js';
import type { ThreadOptions } from './thread.js';
import { type Trap, trapLine } from './trap.js';

/** Descriptors that all threads of a pool can have open together. */
const DESCRIPTORS = 65536;
/** A request is given to an instance at most so often. */
const ATTEMPTS_MAX = 2;
/** A blocked caller looks this often whether the thread it waits for still lives. */
const SYNC_SLICE_MS = 50;
/** How long calls that were cancelled by `close` may take to put away their temporary files. */
const CLOSE_GRACE_MS = 1000;
/** Reasons that are kept for errors and `health()`. */
const TRAPS_KEPT = 3;
/** Operations that change nothing: repeating one is invisible. */
const REPEATABLE: ReadonlySet<number> = new Set([OP_ECHO, OP_SLEEP, OP_STAT, OP_READ, OP_OPEN, OP_READ_AT, OP_LIST]);

/** What a service gives to the pool that runs its requests. */
export interface PoolBackend {
	/** URL of the module that answers the engines' calls in the workers, and the same function for the host thread. */
	readonly files: string;
	readonly openFiles: OpenFiles;
	/** Handed to every thread; shared memory in it stays shared. */
	readonly shared: unknown;
}

/** For tests only: another engine, and a module that wraps the imports of every instance. */
export interface PoolInternals {
	modulePath?: string;
	seam?: string;
}

/** What a pool tells. */
export interface PoolEvents {
	/** A spawned task failed. */
	error: [HoldfastError];
	/** An instance came to its end and was replaced, or given up. */
	trap: [Trap];
}

/**
 * Instances of the engine, in two lanes: one for reads, one for whatever may wait for the disk in an `fsync`. It settles
 * every call exactly once, and goes on when an instance does not.
 */
export class Pool extends EventEmitter<PoolEvents> implements Engine, InstanceOwner {
	readonly threadOptions: ThreadOptions;
	readonly modulePath: string;
	/** Open descriptors of all threads; the host thread's own are in the first partition. */
	readonly table: DescriptorTable;
	/** The host thread's way to the same files: for roots, and for what an ended instance left. */
	readonly files: Files;
	readonly #lanes: { read: Lane; sync: Lane };
	readonly #lastTraps: Trap[] = [];
	/** Descriptors of open readers and listings: they outlive the instance that opened them. */
	readonly #readers = new Set<number>();
	#incarnations = 0;
	#replacements = 0;
	#isClosed = false;

	constructor(
		readonly options: PoolOptions,
		backend: PoolBackend,
		internals: PoolInternals = {},
	) {
		super();
		const { workers, syncWorkers, maxQueued } = options;
		this.modulePath = internals.modulePath ?? ENGINE_PATH;
		const partitions = 1 + workers + syncWorkers;
		const table = new SharedArrayBuffer(DescriptorTable.bytes(DESCRIPTORS));
		const epoch = new SharedArrayBuffer(4);
		this.table = new DescriptorTable(table, 0, partitions);
		this.files = backend.openFiles({ table: this.table, shared: backend.shared, epoch: new Int32Array(epoch) });
		this.threadOptions = {
			module: loadEngine(this.modulePath),
			plan: planMemory({ ...options, tempPrefix: TEMPORARY_PREFIX }),
			table,
			partitions,
			epoch,
			files: backend.files,
			shared: backend.shared,
			seam: internals.seam,
		};
		this.#lanes = {
			read: new Lane(this, { name: 'read', size: workers, firstPartition: 1, maxQueued, endsWhenIdle: false }),
			sync: new Lane(this, {
				name: 'sync',
				size: syncWorkers,
				firstPartition: 1 + workers,
				maxQueued,
				endsWhenIdle: true,
			}),
		};
	}

	submit(request: Request, options?: CallOptions): Promise<Reply> {
		return new Promise((resolve, reject) => {
			const call = new Call(request, resolve, reject);
			if (options !== undefined && !this.#watch(call, options)) return;
			this.#dispatch(call);
		});
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		let reply: Reply | undefined;
		let error: HoldfastError | undefined;
		const call = new Call(
			request,
			(value) => {
				reply = value;
			},
			(reason) => {
				error = reason;
			},
		);
		const deadline = options?.timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.timeoutMs;
		if (options?.signal?.aborted) call.reject(cancelled(call, options.signal));
		else this.#dispatch(call);
		while (!call.settled) {
			const left = deadline - Date.now();
			if (left <= 0) this.#giveUp(call, timedOut(call, options?.timeoutMs));
			else this.#waitFor(call, Math.min(left, SYNC_SLICE_MS));
		}
		if (error !== undefined) throw error;
		return reply as Reply;
	}

	/** Runs a task on a worker; its result, or the reason of its failure. An aborted signal discards the result. */
	dispatch<Name extends keyof Tasks>(
		task: Name,
		input: Tasks[Name]['input'],
		options?: CallOptions,
	): Promise<Tasks[Name]['output']> {
		const kind = taskKind(task);
		return this.submit(kind.request(input), options).then(kind.output);
	}

	/** Starts a task and does not wait for it: a failure is told as an `error` event. */
	spawn<Name extends keyof Tasks>(task: Name, input: Tasks[Name]['input']): void {
		this.submit(taskKind(task).request(input)).catch((error: HoldfastError) => this.emit('error', error));
	}

	health(): PoolHealth {
		const instances = this.#instances().map((instance) => instance.health());
		const lastTrap = this.#lastTraps.at(-1);
		return {
			instances,
			replacements: this.#replacements,
			inFlight: instances.reduce((sum, { inFlight }) => sum + inFlight, 0),
			queued: this.#all().reduce((sum, lane) => sum + lane.waiting.length, 0),
			lastTrap: lastTrap && trapLine(lastTrap),
		};
	}

	/** Whether each engine sleeps, and the counter that moves while its loop turns. */
	heartbeats(): { isSleeping: boolean; heartbeat: number }[] {
		return this.#instances().map((instance) => instance.pulse());
	}

	/** Rejects what belongs to a root that is being closed; everybody else goes on. */
	async settleRoot(root: number): Promise<void> {
		const calls = this.#calls().filter((call) => call.request.root === root);
		for (const call of calls) this.#giveUp(call, call.error('Closed', 'the operator was closed'));
		// The engine lets go of the root before it is taken away.
		await this.#until(() => calls.every((call) => call.instance === undefined));
	}

	/** Settles every call with `Closed`, puts temporary files away and ends all threads. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const call of this.#calls()) this.#giveUp(call, call.error('Closed', 'the pool was closed'));
		for (const lane of this.#all()) lane.takeQueue();
		const instances = this.#instances();
		await this.#until(() => instances.every((instance) => instance.inFlight === 0));
		const leftovers = instances.map((instance) => instance.leftovers());
		await Promise.all(this.#all().map((lane) => lane.end()));
		for (const left of leftovers) this.#sweep(left);
	}

	// --- What instances ask of their pool. ---

	nextIncarnation(): number {
		return ++this.#incarnations;
	}

	onProgress(): void {
		for (const lane of this.#all()) lane.pump();
	}

	onTrap(_instance: Instance, trap: Trap, lost: LostCall[], leftovers: Leftovers): void {
		this.#replacements++;
		this.#lastTraps.push(trap);
		if (this.#lastTraps.length > TRAPS_KEPT) this.#lastTraps.shift();
		this.#sweep(leftovers);
		for (const entry of lost) {
			const { call } = entry;
			if (call.settled) continue;
			if (!this.#isClosed && mayRepeat(entry)) this.#dispatch(call);
			else call.reject(trapped(entry, trap));
		}
		for (const lane of this.#all()) lane.pump();
		this.emit('trap', trap);
	}

	onGivenUp(): void {
		for (const lane of this.#all()) {
			if (lane.instances.length < lane.options.size || lane.instances.some((instance) => !instance.isGivenUp)) continue;
			for (const call of lane.takeQueue()) call.reject(this.#unavailable(call));
		}
	}

	onOpened(fd: number): void {
		this.#readers.add(fd);
	}

	onClosed(fd: number): void {
		this.#readers.delete(fd);
	}

	onLost(call: Call): void {
		call.reject(this.#lost(call));
	}

	discard(request: Request): void {
		const ignore = () => undefined;
		// Nobody waits for the answer: what cannot be closed any more is swept with its incarnation.
		this.#dispatch(new Call(request, ignore, ignore));
	}

	// --- Inside. ---

	#dispatch(call: Call): void {
		if (this.#isClosed) {
			call.reject(call.error('Closed', 'the pool was closed; make a new operator'));
			return;
		}
		const lane = this.#lanes[call.request.lane];
		const isTaken = lane.dispatch(call);
		if (isTaken) return;
		if (isTaken === undefined) {
			this.onLost(call);
			return;
		}
		const { maxQueued } = lane.options;
		call.reject(call.error('RateLimited', `${maxQueued} requests are waiting already; await some of them first`, true));
	}

	/** Why no instance can take a call: the one it is bound to is gone, or all are. */
	#lost(call: Call): HoldfastError {
		if (call.request.pinned === undefined) return this.#unavailable(call);
		const trap = this.#lastTraps.at(-1);
		const reason = trap === undefined ? 'its instance is gone' : trapLine(trap);
		return call.error(
			'EngineTrapped',
			`the writer was lost when its instance ended: ${reason}; write again`,
			true,
			trap,
		);
	}

	#unavailable(call: Call): HoldfastError {
		const reasons = this.#lastTraps.map(trapLine).join('; ');
		return call.error(
			'EngineUnavailable',
			`no instance of the engine is left: ${reasons}`,
			false,
			this.#lastTraps.at(-1),
		);
	}

	/** Signal and deadline of one call; false when it is over before it began. */
	#watch(call: Call, { signal, timeoutMs }: CallOptions): boolean {
		if (signal?.aborted) {
			call.reject(cancelled(call, signal));
			return false;
		}
		const timer =
			timeoutMs === undefined ? undefined : setTimeout(() => this.#giveUp(call, timedOut(call, timeoutMs)), timeoutMs);
		const unwatch = signal && onAbort(signal, () => this.#giveUp(call, cancelled(call, signal)));
		call.cleanUp = () => {
			clearTimeout(timer);
			unwatch?.();
		};
		return true;
	}

	/** The caller is answered now; the engine stops at its next chunk, and the slot comes back when it is done with it. */
	#giveUp(call: Call, error: HoldfastError): void {
		const { instance } = call;
		call.reject(error);
		instance?.cancel(call);
	}

	#waitFor(call: Call, milliseconds: number): void {
		// A queued call is waiting for others: those of the busiest instance come first.
		const busiest = this.#instances().sort((a, b) => b.inFlight - a.inFlight)[0];
		const instance = call.instance ?? busiest;
		if (instance === undefined) {
			call.reject(this.#unavailable(call));
			return;
		}
		instance.wait(milliseconds);
		for (const other of this.#instances()) if (other !== instance) other.drain();
	}

	/** Descriptors and temporary files that an ended incarnation left. Open readers keep theirs. */
	#sweep({ incarnation, temporaries }: Leftovers): void {
		this.files.releaseDeadOwner?.(incarnation);
		for (const fd of this.table.ownedBy(incarnation)) {
			if (!this.#readers.has(fd)) this.files.close(fd);
		}
		for (const { root, paths } of temporaries) clearAbandoned(this.files, root, paths);
	}

	/** Waits until the engines have let go of what was cancelled, but not for one that is stuck. */
	async #until(isOver: () => boolean): Promise<void> {
		const deadline = Date.now() + CLOSE_GRACE_MS;
		while (!isOver() && Date.now() < deadline) {
			await new Promise((resolve) => setTimeout(resolve, 1));
			for (const instance of this.#instances()) instance.drain();
		}
	}

	#all(): Lane[] {
		return [this.#lanes.read, this.#lanes.sync];
	}

	#instances(): Instance[] {
		return this.#all().flatMap((lane) => lane.instances);
	}

	/** Every call that is not settled: in flight or queued. */
	#calls(): Call[] {
		const running = this.#instances().flatMap((instance) => instance.calls());
		return [...running, ...this.#all().flatMap((lane) => lane.waiting)];
	}
}

/** What was never begun moves on; what changes nothing is repeated; a whole file whose naming has not begun, too. */
function mayRepeat({ call, untaken, culprit, phase }: LostCall): boolean {
	if (call.request.pinned !== undefined) return false;
	if (untaken) return true;
	if (culprit && call.attempts >= ATTEMPTS_MAX) return false;
	const { op } = call.request;
	return REPEATABLE.has(op) || (op === OP_WRITE && isUntouched(phase));
}

function trapped({ call, phase }: LostCall, trap: Trap): HoldfastError {
	const isRetryable = isUntouched(phase);
	const effect = isRetryable ? 'nothing was changed' : 'its effect may have happened';
	return call.error('EngineTrapped', `the engine trapped: ${trapLine(trap)}; ${effect}`, isRetryable, trap);
}

function cancelled(call: Call, signal: AbortSignal): HoldfastError {
	return call.error('Cancelled', 'the call was cancelled by its signal', false, signal.reason);
}

function timedOut(call: Call, timeoutMs: number | undefined): HoldfastError {
	return call.error('Timeout', `there was no answer within ${timeoutMs} ms`, true);
}
