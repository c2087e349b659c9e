import { OP_CLOSE } from '../../assembly/layout.js';
import type { HoldfastError } from '../errors.js';
import { Call, callNow } from '../pool/call.js';
import { cancelledError, closedError } from '../pool/call-error.js';
import { watchCall } from '../pool/call-watch.js';
import type { InstanceState, PoolHealth, Pulse } from '../pool/health.js';
import { type OpenCounts, OpenLimits } from '../pool/open-limits.js';
import type { PoolEvents } from '../pool/pool.js';
import type { CallOptions, Engine, Reply, Request } from '../pool/request.js';
import { RestartPolicy } from '../pool/restart-policy.js';
import { Run, type RunOwner } from '../pool/run.js';
import { runTask, type Tasks, taskKind } from '../pool/tasks.js';
import { describeTrap, endOf, type Trap, trapLine } from '../pool/trap.js';
import { lostWriterError, mayRepeat, trappedError, unavailableError } from '../pool/verdict.js';
import { createMemory, type Plan, planMemory, prepareMemory } from '../ring/plan.js';
import { tellCollected } from '../web/collected.js';
import { Emitter } from './emitter.js';
import type { DescriptorOwners, EngineHome, HomedEngine } from './engine-home.js';
import { InlineRing } from './inline-engine.js';
import type { InlineLimits } from './options.js';
import { newPrefix } from './owner-prefix.js';
import { TurnTaker } from './turn-taker.js';

const NAME = 'holdfast inline';
/** How long calls that were cancelled by `close` may take to put away their temporary files. */
const CLOSE_GRACE_MS = 1000;
/** Reasons that are kept for errors. */
const TRAPS_KEPT = 3;

/**
 * One engine for platforms without Node's threads; where it runs is its home's business. In the thread of its callers, requests of
 * one turn of the event loop are worked on together when it ends, and a blocking call works at once. It settles every call
 * exactly once, and a trapped engine is replaced, as in `pool/pool.ts`; but nobody is there to notice one that does not
 * come back.
 */
export class InlinePool
	extends Emitter<{ [Event in keyof PoolEvents]: PoolEvents[Event] }>
	implements Engine, RunOwner
{
	readonly options: InlineLimits;
	readonly table: DescriptorOwners;
	readonly #home: EngineHome;
	readonly #policy: RestartPolicy;
	readonly #turns: TurnTaker;
	readonly #openLimits: OpenLimits;
	/** Descriptors of open readers and listings: they outlive the incarnation that opened them. */
	readonly #readers = new Set<number>();
	#lastTraps: Trap[] = [];
	#queue: Call[] = [];
	#state: InstanceState = 'running';
	#run: Run | undefined;
	#engine: HomedEngine | undefined;
	/** Made for the first call: in workerd there are no random numbers where a program begins. */
	#plan: Plan | undefined;
	#memory: WebAssembly.Memory | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** When the next incarnation may begin. */
	#dueMs = 0;
	#incarnations = 0;
	#restarts = 0;
	#isPoked = false;
	#isWorking = false;
	#isClosed = false;

	/** `openHome` gets what is to be called when the engine has posted something, or has come to its end. */
	constructor(options: InlineLimits, openHome: (wake: () => void) => EngineHome) {
		super();
		this.options = options;
		this.#home = openHome(() => this.#turns.take());
		this.#turns = new TurnTaker(() => this.#work(), this.#home.mayPark);
		this.table = this.#home.table;
		this.#policy = new RestartPolicy(options);
		this.#openLimits = new OpenLimits(options, () => this.#open());
	}

	submit(request: Request, options?: CallOptions): Promise<Reply> {
		return new Promise((resolve, reject) => this.#accept(new Call(request, resolve, reject), options));
	}

	/** `Unsupported` when the call cannot be answered at once: this thread can work, but not wait. */
	submitSync(request: Request, options?: CallOptions): Reply {
		return callNow(request, (call) => {
			if (this.#home.mayPark) call.reject(cannotWait(call));
			else if (options?.signal?.aborted) call.reject(cancelledError(request, options.signal));
			// While this thread works nobody can abort it, and no timer ends.
			else this.#accept(call, undefined);
			while (!call.settled) {
				this.#isPoked = false;
				this.#work();
				if (!call.settled && !this.#isPoked) this.#giveUp(call, cannotWait(call));
			}
		});
	}

	/** Runs a task in the engine; its result, or the reason of its failure. */
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
		const trap = this.#lastTraps.at(-1);
		const lastTrap = trap && trapLine(trap);
		const inFlight = this.#run?.inFlight ?? 0;
		const restarts = this.#restarts;
		const instances = [{ name: NAME, state: this.#state, restarts, inFlight, lastTrap }];
		return { instances, restarts, inFlight, queued: this.#queue.length, open: this.#open(), lastTrap, stuckThreads: 0 };
	}

	/** None, as in a page without shared memory: whoever asks has the thread in which the engine would have a pulse. */
	heartbeats(): Pulse[] {
		return [];
	}

	/** What is open now. */
	#open(): OpenCounts {
		return { readers: this.#readers.size, writers: this.#run?.openWriters ?? 0 };
	}

	/** Settles every call with `Closed` and puts temporary files away. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		const calls = [...(this.#run?.calls() ?? []), ...this.#queue];
		this.#queue = [];
		for (const call of calls) this.#giveUp(call, closedError(call.request));
		const deadline = performance.now() + CLOSE_GRACE_MS;
		while ((this.#run?.inFlight ?? 0) > 0 && performance.now() < deadline) {
			await new Promise((resolve) => setTimeout(resolve, 1));
		}
		clearTimeout(this.#timer);
		this.#turns.end();
		this.#home.sweep([...this.#readers], this.#run?.temporaries() ?? []);
		this.#readers.clear();
		this.#engine?.end?.();
		this.#run = undefined;
		this.#engine = undefined;
		this.#memory = undefined;
		await this.#home.end();
	}

	// --- What a run asks of its pool. ---

	isOwn(fd: number, incarnation: number): boolean {
		return this.table.ownerOf(fd) === incarnation && !this.#readers.has(fd);
	}

	onOpened(fd: number): void {
		this.#readers.add(fd);
	}

	onClosed(fd: number): void {
		this.#readers.delete(fd);
	}

	discard(request: Request): void {
		const ignore = () => undefined;
		// Nobody waits for the answer: what cannot be closed any more is swept with its incarnation.
		this.#dispatch(new Call(request, ignore, ignore));
	}

	// --- Inside. ---

	#accept(call: Call, options: CallOptions | undefined): void {
		tellCollected();
		if (options !== undefined) call.cleanUp = watchCall(call.request, options, (error) => this.#giveUp(call, error));
		if (!call.settled && this.#openLimits.admit(call)) this.#dispatch(call);
	}

	#dispatch(call: Call): void {
		const { maxQueued } = this.options;
		if (this.#isClosed) this.#refuse(call, closedError(call.request));
		else if (this.#queue.length === 0 && this.#send(call)) return;
		else if (this.#queue.length < maxQueued) {
			this.#queue.push(call);
			call.isQueued = true;
		} else {
			const message = `${maxQueued} requests are waiting already; await some of them first`;
			this.#refuse(call, call.error('RateLimited', message, true));
		}
	}

	/** False when there is no room now. A call that can never be sent is settled. */
	#send(call: Call): boolean {
		if (call.settled || !call.hasContent()) return true;
		if (this.#run === undefined && performance.now() >= this.#dueMs) this.#begin();
		const { pinned } = call.request;
		if (pinned !== undefined && pinned.number !== this.#run?.incarnation.number) {
			return this.#refuse(call, lostWriterError(call, this.#lastTraps.at(-1)));
		}
		if (this.#run !== undefined) return this.#run.send(call);
		return this.#state === 'given up' && this.#refuse(call, unavailableError(call, this.#lastTraps));
	}

	/** What closes a descriptor is never refused: it does so here. */
	#refuse(call: Call, error: HoldfastError): true {
		const { op, fd } = call.request;
		if (op === OP_CLOSE) {
			this.#readers.delete(fd);
			this.#home.sweep([fd], []);
			const incarnation = call.request.preferred ?? { number: 0 };
			call.resolve({ bytes: Buffer.allocUnsafeSlow(0), stat: undefined, total: 0, handle: 0, fd: 0, incarnation });
		}
		call.reject(error);
		return true;
	}

	/** Sends what waits, in order, until there is no room. */
	#pump(): void {
		while (this.#queue.length > 0) {
			const call = this.#queue[0] as Call;
			if (!this.#send(call)) return;
			// Sending may have ended an engine, after which those that wait were looked at already.
			if (this.#queue[0] === call) this.#queue.shift();
			call.isQueued = false;
		}
	}

	/** One turn: the engine works until it has nothing to do, and what it posted is settled. */
	#work(): void {
		const run = this.#run;
		const engine = this.#engine;
		// A callback of somebody who is settled here may lead back here.
		if (run === undefined || engine === undefined || this.#isWorking) return;
		this.#isWorking = true;
		try {
			this.#settle(run, engine);
		} finally {
			this.#isWorking = false;
		}
	}

	#settle(run: Run, engine: HomedEngine): void {
		let idleMs: number;
		try {
			idleMs = engine.poll();
		} catch (thrown) {
			// What it had posted until then counts.
			const isBelieved = run.drain();
			this.#end(run, describeTrap(run.ring, errorOf(thrown), ''), isBelieved);
			return;
		}
		const { ended } = run;
		if (!run.drain()) {
			this.#end(run, endOf('nonsense', 'it posted a completion that makes no sense'), false);
			return;
		}
		if (run.ended > ended && this.#state === 'trial') {
			this.#state = 'running';
			this.#policy.forgive();
			this.#tell('recover', { instance: NAME });
		}
		this.#pump();
		if (idleMs >= 0) this.#turns.takeAfter(idleMs);
	}

	#begin(): void {
		this.#state = this.#state === 'given up' ? 'trial' : 'running';
		this.#plan ??= planMemory({ ...this.options, tempPrefix: newPrefix() });
		this.#memory ??= createMemory(this.#plan, this.#home.isShared);
		const [plan, memory] = [this.#plan, this.#memory];
		prepareMemory(memory, plan);
		const ring = new InlineRing(memory, plan, () => {
			this.#isPoked = true;
			this.#turns.take();
		});
		const run = new Run(this, ring, ++this.#incarnations);
		try {
			this.#engine = this.#home.begin(ring, this.#incarnations);
		} catch (thrown) {
			this.#end(run, endOf('start', errorOf(thrown).message), true);
			return;
		}
		this.#run = run;
		if (this.#restarts > 0) this.#tell('replace', { instance: NAME, restarts: this.#restarts });
	}

	/** The end of an incarnation: its memory is wiped and used again, unless somebody reads in it. */
	#end(run: Run, trap: Trap, isBelieved: boolean): void {
		const hadStarted = run.ended > 0 || run.ring.heartbeat !== 0;
		const temporaries = run.temporaries();
		const lost = run.takeLost(isBelieved);
		this.#run = undefined;
		this.#engine = undefined;
		if (run.lender.held > 0) this.#memory = undefined;
		const opened = this.table.ownedBy(run.incarnation.number).filter((fd) => !this.#readers.has(fd));
		this.#home.sweep(opened, temporaries);
		this.#restarts++;
		this.#lastTraps = [...this.#lastTraps, trap].slice(-TRAPS_KEPT);
		this.#tell('trap', { ...trap, instance: NAME, restarts: this.#restarts });
		this.#beginAgain(hadStarted);
		for (const entry of lost) {
			const { call } = entry;
			const isWanted = !call.settled && !this.#isClosed && call.request.op !== OP_CLOSE;
			if (isWanted && mayRepeat(entry)) this.#dispatch(call);
			else this.#refuse(call, trappedError(entry, trap));
		}
		this.#pump();
	}

	/** The next incarnation begins with the next call, after a delay, or not for a while. */
	#beginAgain(hadStarted: boolean): void {
		// Of an incarnation that began by the other clock before its timer ended.
		clearTimeout(this.#timer);
		const nowMs = performance.now();
		const delayMs = this.#state === 'trial' ? undefined : this.#policy.delayMs(nowMs, hadStarted);
		if (delayMs === undefined) {
			this.#state = 'given up';
			const coolDownMs = this.#policy.coolDownMs();
			this.#dueMs = nowMs + coolDownMs;
			this.#tell('give-up', { instance: NAME, restarts: this.#restarts, coolDownMs });
		} else if (delayMs > 0) {
			this.#state = 'restarting';
			this.#dueMs = nowMs + delayMs;
			this.#timer = setTimeout(() => {
				// By the other clock it may be too early yet.
				this.#dueMs = 0;
				this.#pump();
			}, delayMs);
		}
	}

	/** The caller is answered now; the engine stops at its next chunk, and the slot comes back when it is done with it. */
	#giveUp(call: Call, error: HoldfastError): void {
		call.reject(error);
		this.#run?.cancel(call);
		if (call.isQueued) this.#queue = this.#queue.filter((other) => other !== call);
	}

	/** Listeners hear of it when whatever happens here is over. */
	#tell<Event extends keyof PoolEvents>(event: Event, message: PoolEvents[Event][0]): void {
		queueMicrotask(() => this.emit(event, ...([message] as unknown as PoolEvents[Event])));
	}
}

function errorOf(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function cannotWait(call: Call): HoldfastError {
	const message = 'this call would have to wait, and this platform cannot wait within a call; use its promise form';
	return call.error('Unsupported', message);
}
