import { EventEmitter } from 'node:events';
import type { ResourceLimits } from 'node:worker_threads';
import { OP_CLOSE, OP_WRITER_ABORT } from '../../assembly/layout.js';
import { ENGINE_PATH, type EngineModule, loadEngine } from '../engine-module.js';
import type { HoldfastError } from '../errors.js';
import { createMemory, planMemory } from '../ring/plan.js';
import { DescriptorTable } from '../wasi/descriptor-table.js';
import type { Files } from '../wasi/files.js';
import { EPOCH_WORDS, type OpenFiles } from '../wasi/files-context.js';
import { AbandonedThreads } from './abandoned.js';
import { Call, callNow } from './call.js';
import { cancelledError, timedOutError } from './call-error.js';
import { watchCall } from './call-watch.js';
import { CallerEngine, type CallerEngineOwner } from './caller-engine.js';
import { clearHidden } from './clear-hidden.js';
import { type PoolClock, sleep, systemClock } from './clock.js';
import { FsyncThreads } from './fsync-threads.js';
import type { PoolHealth, Pulse } from './health.js';
import type { Instance, Leftovers } from './instance.js';
import { Lane, type LaneOwner } from './lane.js';
import { type PoolMessages, publish } from './messages.js';
import { type OpenCounts, OpenLimits } from './open-limits.js';
import type { PoolOptions } from './options.js';
import { HOST_PARTITION, Partitions } from './partitions.js';
import {
	type CallOptions,
	type Engine,
	type Incarnation,
	type Lane as LaneName,
	type Reply,
	Request,
	SWEEP,
} from './request.js';
import type { LostCall } from './run.js';
import { runTask, type Tasks, taskKind } from './tasks.js';
import type { Temporary } from './temporary.js';
import { TEMPORARY_PREFIX } from './temporary.js';
import { type EngineThread, type StartThread, startWorkerThread, type ThreadOptions } from './thread.js';
import { type Trap, trapLine } from './trap.js';
import { lostWriterError, mayRepeat, trappedError, unavailableError } from './verdict.js';
import { Watch } from './watch.js';

/** Descriptors that all threads of a pool can have open together. */
const DESCRIPTORS = 65536;
/** A blocked caller looks this often whether the thread it waits for still lives. */
const SYNC_SLICE_MS = 50;
/** Turns without work before an engine sleeps: long enough to catch the next request of a busy caller. */
const SPIN_TURNS = 2000;
/** How long calls that were cancelled by `close` may take to put away their temporary files. */
const CLOSE_GRACE_MS = 1000;
/** The engine of the calling thread, in events. */
const CALLER_NAME = 'holdfast caller';
/** Reasons that are kept for errors and `health()`. */
const TRAPS_KEPT = 3;

/** What a service gives to the pool that runs its requests. */
export interface PoolBackend {
	/** URL of what a worker thread loads: a program that hands the same function to `runWorker`. */
	readonly worker: string;
	/** Answers the engines' calls. This one is for the host thread. */
	readonly openFiles: OpenFiles;
	/** Handed to every thread; shared memory in it stays shared. */
	readonly shared: unknown;
	/** Whether every thread may use the descriptors of the operating system that another one has opened. */
	readonly sharesDescriptors?: boolean;
	/** Whether blocking calls that only read may be served in the calling thread, by files that `openFiles` gives once more. */
	readonly servesCaller?: boolean;
}

/** For tests only; no option of a service leads here. */
export interface PoolInternals {
	/** Another engine. */
	modulePath?: string;
	/** URL of a module that wraps the imports of every instance. */
	seam?: string;
	/** Of every worker. */
	resourceLimits?: ResourceLimits;
	/** Another time, other threads and other memories: the simulator's. */
	clock?: PoolClock;
	startThread?: StartThread;
	createMemory?: () => WebAssembly.Memory;
	/** Size of the descriptor table. */
	descriptors?: number;
}

/** Threads that help with large listings: with one for reads they keep the calling thread busy. They start when they are needed first. */
const LISTING_WORKERS = 1;

/** What a pool tells. */
export interface PoolEvents extends PoolMessages {
	/** A spawned task failed. */
	error: [HoldfastError];
}

/**
 * Instances of the engine, in lanes: one for reads, one for whatever may wait for the disk in an `fsync`, and a single one that helps those
 * for reads with large listings. It settles every call exactly once, and goes on when an instance does not.
 */
export class Pool extends EventEmitter<PoolEvents> implements Engine, LaneOwner, CallerEngineOwner {
	readonly clock: PoolClock;
	readonly threadOptions: ThreadOptions;
	readonly startThread: StartThread;
	readonly createMemory: () => WebAssembly.Memory;
	readonly modulePath: string;
	readonly #engine: EngineModule;
	readonly partitions: Partitions;
	/** Open descriptors of all threads; the host thread's own are in the first partition. */
	readonly table: DescriptorTable;
	/** The host thread's way to the same files: for roots, and for what an ended instance left. */
	readonly files: Files;
	readonly #lanes: Record<LaneName, Lane>;
	/** For blocking calls that need no other thread; absent where they cannot be served there. */
	readonly #caller: CallerEngine | undefined;
	/** Another `Files` of the calling thread, with entries of the table under the number of an incarnation. */
	readonly openCallerFiles: (incarnation: number) => Files;
	readonly #stallWatch: Watch;
	readonly #lastTraps: Trap[] = [];
	/** Descriptors of open readers and listings, with their roots: they outlive the instance that opened them. */
	readonly #readers = new Map<number, number>();
	/** Those among them that nobody asked for. */
	readonly #swept = new Set<number>();
	readonly #openLimits: OpenLimits;
	readonly #abandoned = new AbandonedThreads((entry) => {
		this.onThreadEnded(entry.leftovers);
		this.#tell('unstuck', { instance: entry.instance, stuckThreads: this.#abandoned.count });
	});
	/** A word that nobody notifies. */
	readonly #never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	readonly #fsyncs: FsyncThreads;
	#incarnations = 0;
	#restarts = 0;
	#isClosed = false;

	constructor(
		readonly options: PoolOptions,
		backend: PoolBackend,
		internals: PoolInternals = {},
	) {
		super();
		const { workers, syncWorkers, maxQueued, maxQueuedBytes, stallMs, syncStallMs } = options;
		const plan = planMemory({ ...options, spinTurns: SPIN_TURNS, tempPrefix: TEMPORARY_PREFIX });
		this.clock = internals.clock ?? systemClock;
		this.startThread = internals.startThread ?? startWorkerThread;
		this.createMemory = internals.createMemory ?? (() => createMemory(plan, true));
		this.modulePath = internals.modulePath ?? ENGINE_PATH;
		this.#engine = loadEngine(this.modulePath);
		// One for the host, one for each thread, and one more for each: so many can be stuck before nothing goes on.
		const partitions = 1 + 2 * (workers + syncWorkers + LISTING_WORKERS);
		const table = new SharedArrayBuffer(DescriptorTable.bytes(internals.descriptors ?? DESCRIPTORS));
		const epoch = new SharedArrayBuffer(4 * EPOCH_WORDS);
		this.partitions = new Partitions(partitions);
		this.table = new DescriptorTable(table, HOST_PARTITION, partitions);
		const hasFsyncThreads = backend.sharesDescriptors === true && internals.startThread === undefined;
		this.#fsyncs = new FsyncThreads(this.clock, hasFsyncThreads ? syncWorkers : 0);
		const fsyncs = this.#fsyncs.queue.buffer;
		const openFiles = (own: DescriptorTable): Files =>
			backend.openFiles({ table: own, shared: backend.shared, epoch: new Int32Array(epoch), fsyncs });
		this.files = openFiles(this.table);
		this.openCallerFiles = (incarnation) => {
			const own = new DescriptorTable(table, HOST_PARTITION, partitions);
			own.owner = incarnation;
			return openFiles(own);
		};
		// What a test puts in the place of threads, or between them and their files, stands for the whole pool.
		const hasOwnThreads = internals.startThread === undefined && internals.seam === undefined;
		this.#caller = backend.servesCaller === true && hasOwnThreads ? new CallerEngine(this) : undefined;
		this.threadOptions = {
			plan,
			table,
			partitions,
			epoch,
			fsyncs,
			worker: backend.worker,
			shared: backend.shared,
			seam: internals.seam,
			resourceLimits: internals.resourceLimits,
		};
		this.#lanes = {
			read: new Lane(this, { name: 'read', size: workers, maxQueued, maxQueuedBytes, stallMs, endsWhenIdle: false }),
			sync: new Lane(this, {
				name: 'sync',
				size: syncWorkers,
				maxQueued,
				maxQueuedBytes,
				stallMs: syncStallMs,
				endsWhenIdle: true,
			}),
			listing: new Lane(this, {
				name: 'listing',
				size: LISTING_WORKERS,
				maxQueued,
				maxQueuedBytes,
				stallMs,
				endsWhenIdle: true,
			}),
		};
		this.#openLimits = new OpenLimits(options, () => this.#open());
		this.#stallWatch = new Watch(this.clock, Math.min(stallMs, syncStallMs), (elapsedMs) => {
			for (const instance of this.#instances()) instance.look(elapsedMs);
			return this.#instances().some((instance) => instance.inFlight > 0);
		});
	}

	/** When an instance is given up. */
	get limits(): PoolOptions {
		return this.options;
	}

	submit(request: Request, options?: CallOptions): Promise<Reply> {
		return new Promise((resolve, reject) => {
			const call = new Call(request, resolve, reject);
			if (options !== undefined)
				call.cleanUp = watchCall(request, options, (error) => this.#giveUp(call, error), this.#after);
			if (!call.settled && this.#admits(call)) this.#dispatch(call);
		});
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		return callNow(request, (call) => {
			if (!this.#isClosed && CallerEngine.takes(request, options) && this.#caller?.serve(call)) return;
			const deadline =
				options?.timeoutMs === undefined ? Number.POSITIVE_INFINITY : this.clock.nowMs() + options.timeoutMs;
			if (options?.signal?.aborted) call.reject(cancelledError(call.request, options.signal));
			else if (this.#admits(call)) this.#dispatch(call);
			while (!call.settled) {
				const left = deadline - this.clock.nowMs();
				if (left <= 0) this.#giveUp(call, timedOutError(call.request, options?.timeoutMs));
				else this.#waitFor(call, Math.min(left, SYNC_SLICE_MS));
			}
		});
	}

	/** Runs a task on a worker; its result, or the reason of its failure. An aborted signal discards the result. */
	dispatch<Name extends keyof Tasks>(
		task: Name,
		input: Tasks[Name]['input'],
		options?: CallOptions,
	): Promise<Tasks[Name]['output']> {
		return runTask(this, task, input, options);
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
			restarts: this.#restarts,
			inFlight: instances.reduce((sum, { inFlight }) => sum + inFlight, 0),
			queued: this.#all().reduce((sum, lane) => sum + lane.queued, 0),
			open: this.#open(),
			lastTrap: lastTrap && trapLine(lastTrap),
			stuckThreads: this.#abandoned.count,
		};
	}

	/** What each engine does at this moment. */
	heartbeats(): Pulse[] {
		return this.#instances().map((instance) => instance.pulse());
	}

	/**
	 * Rejects what belongs to a root that is being closed, and gives back whatever it has open: readers, listings, writers that
	 * nobody closed, and what cancelled calls open in their last moment. Everybody else goes on.
	 */
	async settleRoot(root: number): Promise<void> {
		const callsOf = () => this.#calls().filter((call) => call.request.root === root);
		for (const call of callsOf()) this.#giveUp(call, call.error('Closed', 'the operator was closed'));
		// The engine lets go of the root before it is taken away.
		await this.#until(() => callsOf().length === 0);
		this.#caller?.end();
		this.#abortWriters(root);
		this.#closeReaders(root);
		await this.#until(() => callsOf().length === 0);
		for (const [fd, opened] of this.#readers) if (opened === root) this.#closeReader(fd);
	}

	/** Settles every call with `Closed`, puts temporary files away and ends all threads. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const call of this.#calls()) this.#giveUp(call, call.error('Closed', 'the pool was closed'));
		for (const lane of this.#all()) lane.takeQueue();
		this.#caller?.end();
		const instances = this.#instances();
		await this.#until(() => instances.every((instance) => instance.inFlight === 0));
		await Promise.all(this.#all().map((lane) => lane.end()));
		await this.#fsyncs.end();
		this.#stallWatch.end();
		for (const fd of this.#readers.keys()) this.#closeReader(fd);
	}

	// --- What lanes and instances ask of their pool. ---

	nextIncarnation(): number {
		return ++this.#incarnations;
	}

	onBusy(): void {
		this.#stallWatch.begin();
	}

	onProgress(): void {
		for (const lane of this.#all()) lane.pump();
	}

	get module(): WebAssembly.Module {
		return this.#engine.module;
	}

	onCallerTrap(trap: Trap): void {
		this.#noteTrap(trap);
		this.#tell('trap', { ...trap, instance: CALLER_NAME, restarts: this.#restarts });
	}

	sweepCaller(incarnation: number): void {
		this.sweep({ incarnation, partition: HOST_PARTITION, temporaries: [] });
	}

	onTrap(instance: Instance, trap: Trap): void {
		this.#noteTrap(trap);
		this.#tell('trap', { ...trap, instance: instance.name, restarts: instance.restarts });
	}

	onLost(trap: Trap, calls: readonly LostCall[]): void {
		for (const lost of calls) {
			const { call } = lost;
			const { request } = call;
			if (request.op === OP_CLOSE) this.#closeHere(call);
			if (call.settled) continue;
			if (!this.#isClosed && mayRepeat(lost)) this.#dispatch(call);
			else call.reject(trappedError(lost, trap));
		}
		this.onProgress();
	}

	onBegun(instance: Instance): void {
		if (instance.restarts > 0) this.#tell('replace', { instance: instance.name, restarts: instance.restarts });
		this.onProgress();
	}

	onDelayed(): void {
		for (const lane of this.#all()) lane.hold();
	}

	onGivenUp(instance: Instance, coolDownMs: number): void {
		this.#tell('give-up', { instance: instance.name, restarts: instance.restarts, coolDownMs });
		// What waits can go to another instance, or nowhere.
		this.onProgress();
	}

	onRecovered(instance: Instance): void {
		this.#tell('recover', { instance: instance.name });
	}

	refuse(call: Call): void {
		if (call.request.lane === 'listing') {
			// Those for reads can do it as well.
			call.request.lane = 'read';
			this.#dispatch(call);
		} else if (call.request.op === OP_CLOSE) this.#closeHere(call);
		else call.reject(this.#lost(call));
	}

	sweep({ incarnation, partition, temporaries }: Leftovers): void {
		if (incarnation === 0) return;
		this.files.releaseDeadOwner?.(incarnation);
		for (const fd of this.table.ownedBy(incarnation, partition)) {
			if (!this.#readers.has(fd)) this.files.close(fd);
		}
		this.#unlink(temporaries);
	}

	onThreadEnded(leftovers: Leftovers): void {
		this.sweep(leftovers);
		this.partitions.giveBack(leftovers.partition);
	}

	onAbandoned(instance: string, thread: EngineThread, leftovers: Leftovers): void {
		this.#abandoned.add({ instance, thread, leftovers });
		// From here on its late rename finds nothing. What it still makes is unlinked when it has ended.
		this.#unlink(leftovers.temporaries);
		this.#tell('stuck', { instance, stuckThreads: this.#abandoned.count });
		// It may have ended while it was being given up.
		this.#abandoned.look();
	}

	onAbandonedExit(): void {
		this.#abandoned.look();
	}

	isOwn(fd: number, incarnation: number): boolean {
		return this.table.ownerOf(fd) === incarnation && !this.#readers.has(fd);
	}

	onOpened(fd: number, { root, operation }: Request): void {
		this.#readers.set(fd, root);
		if (operation === SWEEP) this.#swept.add(fd);
	}

	/** Whatever the engine made of it: one that only says that it has closed leaves nothing open. */
	onClosed(fd: number): void {
		this.#closeReader(fd);
	}

	discard(request: Request): void {
		const ignore = () => undefined;
		// Nobody waits for the answer: what cannot be closed any more is swept with its incarnation.
		this.#dispatch(new Call(request, ignore, ignore));
	}

	// --- Inside. ---

	#noteTrap(trap: Trap): void {
		this.#restarts++;
		this.#lastTraps.push(trap);
		if (this.#lastTraps.length > TRAPS_KEPT) this.#lastTraps.shift();
	}

	#open(): OpenCounts {
		const writers = this.#instances().reduce((sum, instance) => sum + instance.openWriters, 0);
		return { readers: this.#readers.size - this.#swept.size, writers };
	}

	#dispatch(call: Call): void {
		if (this.#isClosed) {
			call.reject(call.error('Closed', 'the pool was closed; make a new operator'));
			return;
		}
		const lane = this.#lanes[call.request.lane];
		const isTaken = lane.dispatch(call);
		if (isTaken) {
			if (call.request.lane === 'sync') this.#fsyncs.suffice(lane.inFlight);
			return;
		}
		if (isTaken === undefined) {
			this.refuse(call);
		} else if (call.request.op === OP_CLOSE) {
			this.#closeHere(call);
		} else {
			const { maxQueued, maxQueuedBytes } = lane.options;
			call.reject(
				call.error(
					'RateLimited',
					`${maxQueued} requests or ${maxQueuedBytes} bytes are waiting already; await some of them first`,
					true,
				),
			);
		}
	}

	/** Why no instance can take a call: the one it is bound to is gone, or all are. */
	#lost(call: Call): HoldfastError {
		if (call.request.pinned !== undefined) return lostWriterError(call, this.#lastTraps.at(-1));
		return unavailableError(call, this.#lastTraps);
	}

	/** A timer that keeps the process alive. */
	readonly #after = (delayMs: number, callback: () => void): (() => void) => {
		const timer = this.clock.after(delayMs, callback);
		timer.hold();
		return () => timer.cancel();
	};

	/** What the library has open for itself counts for no limit. */
	#admits(call: Call): boolean {
		return call.request.operation === SWEEP || this.#openLimits.admit(call);
	}

	/** The caller is answered now; the engine stops at its next chunk, and the slot comes back when it is done with it. */
	#giveUp(call: Call, error: HoldfastError): void {
		const { instance } = call;
		call.reject(error);
		instance?.cancel(call);
		this.#lanes[call.request.lane].forget(call);
	}

	/** A slice of a blocked caller's time: it does what timers and events would do, because none of them comes. */
	#waitFor(call: Call, milliseconds: number): void {
		this.#stallWatch.tend();
		this.#abandoned.look();
		let sliceMs = milliseconds;
		for (const lane of this.#all()) sliceMs = Math.min(sliceMs, lane.tend() ?? sliceMs);
		if (call.settled) return;
		// A queued call is waiting for others: those of the busiest instance come first.
		const instance = call.instance ?? this.#busiest(call);
		if (instance !== undefined) instance.wait(sliceMs);
		else this.clock.wait(this.#never, 0, 0, sliceMs);
		for (const other of this.#instances()) if (other !== instance) other.drain();
		this.onProgress();
	}

	#busiest(call: Call): Instance | undefined {
		const busy = this.#lanes[call.request.lane].instances.filter((instance) => instance.inFlight > 0);
		return busy.sort((a, b) => b.inFlight - a.inFlight)[0];
	}

	/** No engine closes this, or nobody knows whether one has: then the host does, because nobody else would. */
	#closeHere(call: Call): void {
		this.#closeReader(call.request.fd);
		call.resolve(emptyReply(call.request));
	}

	#closeReader(fd: number): void {
		this.#readers.delete(fd);
		this.#swept.delete(fd);
		this.files.close(fd);
	}

	#abortWriters(root: number): void {
		for (const lane of ['read', 'sync'] as const) {
			for (const instance of this.#lanes[lane].instances) {
				const pinned = instance.incarnation;
				for (const handle of instance.writersOf(root)) {
					this.discard(Object.assign(new Request(OP_WRITER_ABORT, 'close'), { root, handle, lane, pinned }));
				}
			}
		}
	}

	/** By every engine, because each may have read ahead for it: the first one closes it, all of them give up their window. */
	#closeReaders(root: number): void {
		for (const [fd, opened] of this.#readers) {
			if (opened !== root) continue;
			for (const { incarnation } of this.#lanes.read.instances) {
				if (incarnation === undefined) continue;
				this.discard(Object.assign(new Request(OP_CLOSE, 'close'), { root, fd, pinned: incarnation }));
			}
		}
	}

	#unlink(temporaries: readonly Temporary[]): void {
		for (const temporary of temporaries) clearHidden(this.files, temporary);
	}

	/** To the channel at once, to listeners when whatever happens here is over: one that throws is not to end up in the middle of it. */
	#tell<Event extends keyof PoolMessages>(event: Event, message: PoolMessages[Event][0]): void {
		publish(event, message);
		this.clock.atOnce(() => (this as EventEmitter<PoolMessages>).emit<keyof PoolMessages>(event, message as never));
	}

	/** Waits until the engines have let go of what was cancelled, but not for one that is stuck. */
	async #until(isOver: () => boolean): Promise<void> {
		const deadline = this.clock.nowMs() + CLOSE_GRACE_MS;
		while (!isOver() && this.clock.nowMs() < deadline) {
			await sleep(this.clock, 1);
			for (const instance of this.#instances()) instance.drain();
		}
	}

	#all(): Lane[] {
		return Object.values(this.#lanes);
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

/** The reply to a request that gives nothing. */
function emptyReply(request: Request): Reply {
	const incarnation: Incarnation = request.preferred ?? { number: 0 };
	return { bytes: Buffer.alloc(0), stat: undefined, total: 0, handle: 0, fd: 0, incarnation };
}
