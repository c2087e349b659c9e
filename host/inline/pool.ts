import { OP_CLOSE } from '../../assembly/layout.js';
import type { HoldfastError } from '../errors.js';
import { Call, callNow } from '../pool/call.js';
import { cancelledError, timedOutError } from '../pool/call-error.js';
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
	readonly #lastTraps: Trap[] = [];
	#queue: Call[] = [];
	#state: InstanceState = 'running';
	#run: Run | undefined;
	#engine: HomedEngine | undefined;
	/** Made for the first call: in workerd there are no random numbers where a program begins. */
	#plan: Plan | undefined;
	#memory: WebAssembly.Memory | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#trialDueMs = 0;
	#beginDueMs = 0;
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
		tellCollected();
		return new Promise((resolve, reject) => {
			const call = new Call(request, resolve, reject);
			if (options !== undefined) call.cleanUp = watchCall(request, options, (error) => this.#giveUp(call, error));
			if (!call.settled && this.#openLimits.admit(call)) this.#dispatch(call);
		});
	}

	/** `Unsupported` when the call cannot be answered at once: this thread can work, but not wait. */
	submitSync(request: Request, options?: CallOptions): Reply {
		tellCollected();
		return callNow(request, (call) => {
			if (options?.signal?.aborted) call.reject(cancelledError(call.request, options.signal));
			else if (options?.timeoutMs !== undefined && options.timeoutMs <= 0)
				call.reject(timedOutError(call.request, options.timeoutMs));
			else if (this.#home.mayPark) call.reject(cannotWait(call));
			else if (this.#openLimits.admit(call)) this.#dispatch(call);
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
		const lastTrap = this.#lastTraps.at(-1);
		const reason = lastTrap && trapLine(lastTrap);
		const inFlight = this.#run?.inFlight ?? 0;
		const restarts = this.#restarts;
		const instances = [{ name: NAME, state: this.#state, restarts, inFlight, lastTrap: reason }];
		const open = this.#open();
		return { instances, restarts, inFlight, queued: this.#queue.length, open, lastTrap: reason, stuckThreads: 0 };
	}

	/** What the engine does at this moment: nothing, because this thread does something else. */
	heartbeats(): Pulse[] {
		const ring = this.#run?.ring;
		return [{ isSleeping: true, heartbeat: ring?.heartbeat ?? 0, buffersInUse: ring?.buffersInUse ?? 0, thread: 0 }];
	}

	/** What is open now. */
	#open(): OpenCounts {
		return { readers: this.#readers.size, writers: this.#run?.openWriters ?? 0 };
	}

	/** Settles every call with `Closed` and puts temporary files away. */
	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const call of this.#calls()) this.#giveUp(call, call.error('Closed', 'the operator was closed'));
		this.#queue = [];
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

	#dispatch(call: Call): void {
		if (this.#isClosed) {
			if (call.request.op === OP_CLOSE) this.#closeHere(call);
			else call.reject(call.error('Closed', 'the operator was closed; make a new one'));
			return;
		}
		if (this.#queue.length === 0 && this.#send(call)) return;
		if (call.settled) return;
		if (this.#queue.length < this.options.maxQueued) {
			this.#queue.push(call);
			call.isQueued = true;
		} else if (call.request.op === OP_CLOSE) {
			this.#closeHere(call);
		} else {
			const { maxQueued } = this.options;
			const message = `${maxQueued} requests are waiting already; await some of them first`;
			call.reject(call.error('RateLimited', message, true));
		}
	}

	/** False when there is no room now. A call that can never be sent is settled. */
	#send(call: Call): boolean {
		// The timer may have gone with the request that it was started for.
		const isWaiting = this.#timer !== undefined && performance.now() < this.#beginDueMs;
		if (this.#run === undefined && !isWaiting && !this.#isGivenUp()) this.#begin();
		const { pinned } = call.request;
		if (pinned !== undefined && pinned.number !== this.#run?.incarnation.number) return this.#refuse(call);
		if (this.#run !== undefined) return this.#run.send(call);
		return this.#isGivenUp() ? this.#refuse(call) : false;
	}

	#refuse(call: Call): true {
		if (call.request.op === OP_CLOSE) this.#closeHere(call);
		else if (call.request.pinned !== undefined) call.reject(lostWriterError(call, this.#lastTraps.at(-1)));
		else call.reject(unavailableError(call, this.#lastTraps));
		return true;
	}

	/** Given up, and not yet cooled down. */
	#isGivenUp(): boolean {
		return this.#state === 'given up' && performance.now() < this.#trialDueMs;
	}

	/** Sends what waits, in order, until there is no room. */
	#pump(): void {
		while (this.#queue.length > 0) {
			const call = this.#queue[0] as Call;
			if (!call.settled && !this.#send(call)) return;
			call.isQueued = false;
			this.#queue.shift();
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
			const { name, message, stack = '' } = thrown instanceof Error ? thrown : new Error(String(thrown));
			this.#end(run, describeTrap(run.ring, { name, message, stack }, ''), isBelieved);
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
		const plan = this.#plan ?? planMemory({ ...this.options, tempPrefix: newPrefix(), spinTurns: 0 });
		const memory = this.#memory ?? createMemory(plan, this.#home.isShared);
		this.#plan = plan;
		this.#memory = memory;
		prepareMemory(memory, plan);
		const ring = new InlineRing(memory, plan, () => {
			this.#isPoked = true;
			this.#turns.take();
		});
		const run = new Run(this, ring, ++this.#incarnations);
		this.#run = run;
		try {
			this.#engine = this.#home.begin(ring, this.#incarnations);
		} catch (error) {
			this.#end(run, endOf('start', error instanceof Error ? error.message : String(error)), true);
			return;
		}
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
		this.#lastTraps.push(trap);
		if (this.#lastTraps.length > TRAPS_KEPT) this.#lastTraps.shift();
		this.#tell('trap', { ...trap, instance: NAME, restarts: this.#restarts });
		this.#beginAgain(hadStarted);
		for (const entry of lost) {
			const { call } = entry;
			if (call.request.op === OP_CLOSE) this.#closeHere(call);
			if (call.settled) continue;
			if (!this.#isClosed && mayRepeat(entry)) this.#dispatch(call);
			else call.reject(trappedError(entry, trap));
		}
		this.#pump();
	}

	/** The next incarnation begins with the next call, after a delay, or not for a while. */
	#beginAgain(hadStarted: boolean): void {
		const nowMs = performance.now();
		const delayMs = this.#state === 'trial' ? undefined : this.#policy.delayMs(nowMs, hadStarted);
		if (delayMs === undefined) {
			this.#state = 'given up';
			const coolDownMs = this.#policy.coolDownMs();
			this.#trialDueMs = nowMs + coolDownMs;
			this.#tell('give-up', { instance: NAME, restarts: this.#restarts, coolDownMs });
		} else if (delayMs > 0) {
			this.#state = 'restarting';
			this.#beginDueMs = nowMs + delayMs;
			this.#timer = setTimeout(() => {
				this.#timer = undefined;
				this.#pump();
			}, delayMs);
		}
	}

	#closeHere(call: Call): void {
		this.#readers.delete(call.request.fd);
		this.#home.sweep([call.request.fd], []);
		const incarnation = call.request.preferred ?? { number: 0 };
		call.resolve({ bytes: Buffer.alloc(0), stat: undefined, total: 0, handle: 0, fd: 0, incarnation });
	}

	/** The caller is answered now; the engine stops at its next chunk, and the slot comes back when it is done with it. */
	#giveUp(call: Call, error: HoldfastError): void {
		call.reject(error);
		this.#run?.cancel(call);
		if (call.isQueued) this.#queue = this.#queue.filter((other) => other !== call);
	}

	#calls(): Call[] {
		return [...(this.#run?.calls() ?? []), ...this.#queue];
	}

	/** Listeners hear of it when whatever happens here is over. */
	#tell<Event extends keyof PoolEvents>(event: Event, message: PoolEvents[Event][0]): void {
		queueMicrotask(() => this.emit(event, ...([message] as unknown as PoolEvents[Event])));
	}
}

function cannotWait(call: Call): HoldfastError {
	const message = 'this call would have to wait, and this platform cannot wait within a call; use its promise form';
	return call.error('Unsupported', message);
}
