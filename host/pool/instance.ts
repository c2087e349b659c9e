import { prepareMemory } from '../ring/plan.js';
import { Ring } from '../ring/ring.js';
import { armBell, bellWord, isAsleep, postedCount, ringBell, stopEngine } from '../ring/thread-signals.js';
import { type TrapReport, WorkerState } from '../worker/status.js';
import type { Call } from './call.js';
import type { PoolClock, Timer } from './clock.js';
import type { InstanceHealth, InstanceState, Pulse } from './health.js';
import { PacedRun } from './paced-run.js';
import type { Partitions } from './partitions.js';
import { Polling } from './polling.js';
import type { Incarnation } from './request.js';
import { type RestartLimits, RestartPolicy } from './restart-policy.js';
import type { LostCall, RunOwner } from './run.js';
import type { Temporary } from './temporary.js';
import type { EngineThread, StartThread, ThreadOptions } from './thread.js';
import { describeTrap, endOf, type Trap, trapLine } from './trap.js';

/** Of a thread that ended before it could say why. */
const NO_REPORT: TrapReport = { name: '', message: 'its thread ended', stack: '' };
/** Batches that are drained one after the other before the event loop gets its turn. */
const MICROTASK_TURNS_MAX = 8;
/** A new thread may take so long until its engine runs, whatever the limit for those that run: a busy machine starts slowly. */
const START_STALL_MS = 10_000;
/** With more in flight than this, nobody waits for one of them alone, and the threads that serve them need the processor. */
const POLL_REQUESTS_MAX = 4;
/** Several fsyncs of a slow disk: longer than that an engine rarely stays with small requests. */
const BLOCKED_MS = 100;
/** Requests that an instance on trial has in flight at most. */
const TRIAL_REQUESTS_MAX = 4;

/** What an instance needs of its pool. */
export interface InstanceOwner extends RunOwner {
	readonly clock: PoolClock;
	readonly partitions: Partitions;
	readonly threadOptions: ThreadOptions;
	readonly module: WebAssembly.Module;
	readonly modulePath: string;
	readonly limits: RestartLimits;
	readonly startThread: StartThread;
	createMemory(): WebAssembly.Memory;
	nextIncarnation(): number;
	/** Something is in flight. */
	onBusy(): void;
	/** There is room again, or nothing is in flight any more. */
	onProgress(): void;
	/** An incarnation has ended, or could not begin. */
	onTrap(instance: Instance, trap: Trap): void;
	/** It had these calls in flight. */
	onLost(trap: Trap, calls: readonly LostCall[]): void;
	/** The next one begins. */
	onBegun(instance: Instance): void;
	/** The next one begins after a delay. */
	onDelayed(instance: Instance): void;
	/** The next one begins after this time at the earliest, on trial. */
	onGivenUp(instance: Instance, coolDownMs: number): void;
	/** A trial went well. */
	onRecovered(instance: Instance): void;
	/** Nothing of this incarnation runs any more. */
	sweep(leftovers: Leftovers): void;
	/** The same, and its thread has ended too. */
	onThreadEnded(leftovers: Leftovers): void;
	/** Its thread was given up and may still run: what it left is swept when the thread has ended. */
	onAbandoned(name: string, thread: EngineThread, leftovers: Leftovers): void;
	/** A thread that was given up has ended. */
	onAbandonedExit(): void;
}

/** What an ended incarnation may have left open or on the disk. */
export interface Leftovers {
	readonly incarnation: number;
	/** Where its descriptors are; its thread's own. */
	readonly partition: number;
	readonly temporaries: readonly Temporary[];
}

/**
 * How an incarnation ends. `trapped`: its thread waits for the next one. `gone`: the thread has ended. `abandoned`: the
 * thread may still run, was told by its revoked number that it may not change anything any more, and is ended from outside.
 */
type Ending = 'trapped' | 'gone' | 'abandoned';

/**
 * One engine of a lane: its thread, its memories, and one incarnation after the other. A trap replaces the memory, the end of
 * the thread both. After too many ends in too short a time it is given up, and tried again when it has cooled down.
 */
export class Instance {
	restarts = 0;
	lastTrap: Trap | undefined = undefined;
	/** When it had something in flight last. */
	busyMs = 0;
	#state: InstanceState = 'restarting';
	#run: PacedRun | undefined = undefined;
	#thread: EngineThread | undefined = undefined;
	#partition = -1;
	/** Memory for the next incarnation, and that of the last one, which comes after it. */
	#next: WebAssembly.Memory | undefined = undefined;
	#spare: WebAssembly.Memory | undefined = undefined;
	readonly #policy: RestartPolicy;
	#restart: { timer: Timer; dueMs: number } | undefined = undefined;
	#trialDueMs = 0;
	#isListening = false;
	readonly #polling = new Polling();
	#isEnding = false;
	#turns = 0;
	/** What was seen of the engine's progress, and for how long it has not moved since. */
	#progress = '';
	#stalledMs = 0;
	/** The heartbeat that was seen last, and since when it was that. */
	#beat = 0;
	#movedMs = 0;

	constructor(
		readonly owner: InstanceOwner,
		readonly name: string,
		/** Milliseconds without progress after which the thread counts as stuck. */
		readonly stallMs: number,
	) {
		this.#policy = new RestartPolicy(owner.limits);
	}

	get state(): InstanceState {
		return this.#state;
	}

	/** The incarnation that runs, if one does. */
	get incarnation(): Incarnation | undefined {
		return this.#run?.incarnation;
	}

	get inFlight(): number {
		return this.#run?.inFlight ?? 0;
	}

	/** Nothing runs, and no writer is open. */
	get isIdle(): boolean {
		return this.#run?.isIdle ?? true;
	}

	/** Whether it takes calls at the moment, as far as there is room. */
	get isOpen(): boolean {
		return this.#state === 'running' || (this.#state === 'trial' && this.inFlight < TRIAL_REQUESTS_MAX);
	}

	/** Looks whether its thread has something to do and has not moved for a moment: then it is in a long system call, or was in several between two looks. */
	looksBlocked(): boolean {
		const nowMs = this.owner.clock.nowMs();
		const beat = this.#thread?.status.state === WorkerState.running ? (this.#run?.ring.heartbeat ?? 0) : 0;
		if (beat === 0 || beat !== this.#beat || this.inFlight === 0) {
			this.#beat = beat;
			this.#movedMs = nowMs;
		}
		return nowMs - this.#movedMs >= BLOCKED_MS;
	}

	/** Given up, and cooled down. */
	get isTrialDue(): boolean {
		return this.#state === 'given up' && this.owner.clock.nowMs() >= this.#trialDueMs;
	}

	/** Begins the first incarnation. */
	start(): void {
		this.#begin('running');
	}

	/** Begins again with a few requests: the first that is answered closes the trial. */
	startTrial(): void {
		this.#begin('trial');
	}

	/** Hands the request over; false when there is no room for it now. */
	send(call: Call): boolean {
		const run = this.#run;
		if (run === undefined || !run.send(call)) return false;
		call.instance = this;
		if (run.inFlight === 1) {
			this.#stalledMs = 0;
			this.#thread?.ref();
			this.owner.onBusy();
		}
		this.#listen();
		return true;
	}

	/** Asks the engine to stop working on a call that is settled already. */
	cancel(call: Call): void {
		this.#run?.cancel(call);
	}

	/** Settles what the engine has finished, and replaces the engine when it is at its end. */
	drain(): void {
		const run = this.#run;
		const thread = this.#thread;
		if (run === undefined || thread === undefined) return;
		// Looked at before: what it had posted until then is seen below.
		const isTrapped = thread.status.state === WorkerState.trapped;
		if (!this.#settle(run)) return;
		if (isTrapped && !this.#isEnding) {
			this.#end(describeTrap(run.ring, thread.status.report ?? NO_REPORT, this.owner.modulePath), 'trapped');
		}
	}

	/**
	 * Looks whether the engine moves, some milliseconds after the last look. They are counted, and not the time, because the whole
	 * process may have slept in between. An engine that sleeps is woken: it turns once, if its thread can.
	 */
	look(elapsedMs: number): void {
		this.drain();
		const run = this.#run;
		const thread = this.#thread;
		if (run === undefined || thread === undefined || run.inFlight === 0) return;
		const { ring } = run;
		const progress = `${run.incarnation.number} ${ring.heartbeat} ${ring.current} ${ring.taken} ${postedCount(ring)}`;
		this.#stalledMs = progress === this.#progress ? this.#stalledMs + elapsedMs : 0;
		this.#progress = progress;
		if (isAsleep(ring)) ring.poke();
		const isStarting = thread.status.state === WorkerState.starting;
		const limitMs = isStarting ? Math.max(this.stallMs, START_STALL_MS) : this.stallMs;
		if (this.#stalledMs < limitMs) return;
		const message = isStarting ? 'it did not start' : 'its thread did not move';
		this.#abandon(endOf('stall', `${message} for ${Math.round(this.#stalledMs)} ms`), true);
	}

	/** Begins a restart that is due: for callers that are blocked and get no timer. Milliseconds until then, or undefined. */
	tend(): number | undefined {
		if (this.#restart === undefined) return undefined;
		const leftMs = this.#restart.dueMs - this.owner.clock.nowMs();
		if (leftMs > 0) return leftMs;
		this.#restart.timer.cancel();
		this.#begin('running');
		return 0;
	}

	/** Somebody waits for the restart: until then the process stays alive. */
	hold(): void {
		this.#restart?.timer.hold();
	}

	/** Blocks the calling thread until the engine posts something or the time is over, then drains. */
	wait(milliseconds: number): void {
		const run = this.#run;
		const thread = this.#thread;
		if (run === undefined || thread === undefined) return;
		const { ring } = run;
		const seen = armBell(ring);
		if (!this.#isReady(ring)) this.owner.clock.wait(ring.words, bellWord(ring), seen, milliseconds);
		// To ask for the thread takes a system call: one that has just answered is there.
		if (ring.waiting === 0 && thread === this.#thread && thread.isGone) this.#threadEnded('its thread ended');
		else this.drain();
	}

	health(): InstanceHealth {
		const isStarting = this.#run !== undefined && this.#thread?.status.state === WorkerState.starting;
		return {
			name: this.name,
			state: isStarting && this.#state === 'running' ? 'starting' : this.#state,
			restarts: this.restarts,
			inFlight: this.inFlight,
			lastTrap: this.lastTrap && trapLine(this.lastTrap),
		};
	}

	pulse(): Pulse {
		const ring = this.#run?.ring;
		return {
			isSleeping: ring === undefined || isAsleep(ring),
			heartbeat: ring?.heartbeat ?? 0,
			buffersInUse: ring?.buffersInUse ?? 0,
			thread: this.#thread?.status.thread ?? 0,
		};
	}

	calls(): Call[] {
		return this.#run?.calls() ?? [];
	}

	get openWriters(): number {
		return this.#run?.openWriters ?? 0;
	}

	/** Handles of writers of a root that are open in the incarnation that runs. */
	writersOf(root: number): number[] {
		return this.#run?.writersOf(root) ?? [];
	}

	/** Stops the thread; what was in flight there is settled by the pool before. */
	async end(): Promise<void> {
		this.#isEnding = true;
		this.#restart?.timer.cancel();
		this.#restart = undefined;
		const run = this.#run;
		const thread = this.#thread;
		if (thread === undefined) return;
		if (run !== undefined) stopEngine(run.ring);
		const hasEnded = await thread.end();
		if (!hasEnded && run !== undefined) thread.status.revoke(run.incarnation.number);
		const leftovers = this.#leftovers(run);
		run?.takeLost(true);
		this.#run = undefined;
		this.#thread = undefined;
		if (hasEnded) this.owner.onThreadEnded(leftovers);
		else this.owner.onAbandoned(this.name, thread, leftovers);
		// The pending wait comes to its end.
		if (run !== undefined) ringBell(run.ring);
	}

	/** The next incarnation, on the thread that waits for it or on a new one. */
	#begin(state: 'running' | 'trial'): void {
		this.#restart = undefined;
		this.#state = state;
		const { plan } = this.owner.threadOptions;
		let thread: EngineThread;
		let memory: WebAssembly.Memory;
		let module: WebAssembly.Module;
		try {
			// Where there is no room for it, a thread must not be started: for want of memory V8 ends the whole process.
			memory = this.#next ?? this.owner.createMemory();
			this.#next = undefined;
			// Before all else: a new thread needs some time until it can take anything.
			thread = this.#thread ?? this.#startThread();
			this.#thread = thread;
			prepareMemory(memory, plan);
			module = this.owner.module;
		} catch (error) {
			// No thread, no memory or no partition can be had: nothing was begun.
			this.#beginAgain(endOf('start', error instanceof Error ? error.message : String(error)), false);
			return;
		}
		const run = new PacedRun(this.owner, new Ring(memory, plan), this.owner.nextIncarnation(), thread.parcels);
		this.#run = run;
		this.#isListening = false;
		thread.assign({ module, memory, incarnation: run.incarnation.number });
		this.owner.onBegun(this);
	}

	#startThread(): EngineThread {
		const { partitions, threadOptions, clock, startThread } = this.owner;
		const partition = partitions.take();
		if (partition === undefined) throw new Error('stuck threads hold all parts of the descriptor table');
		try {
			const thread = startThread(threadOptions, partition, this.name, clock, (reason) => {
				if (thread === this.#thread) this.#threadEnded(reason);
				else this.owner.onAbandonedExit();
			});
			this.#partition = partition;
			return thread;
		} catch (error) {
			partitions.giveBack(partition);
			throw error;
		}
	}

	#threadEnded(reason: string): void {
		const run = this.#run;
		if (this.#isEnding) return;
		if (run === undefined) {
			// It ended while it waited for a memory: the next incarnation takes a new one.
			this.#thread = undefined;
			this.owner.onThreadEnded(this.#leftovers(undefined));
		} else if (this.#settle(run)) this.#end(endOf('exit', reason), 'gone');
	}

	/** Settles what was posted. False: it made no sense, and the incarnation is over. */
	#settle(run: PacedRun): boolean {
		const { inFlight, ended } = run;
		if (!run.drain()) {
			if (!this.#isEnding) this.#abandon(endOf('nonsense', 'it posted a completion that makes no sense'), false);
			return false;
		}
		if (run.inFlight === 0 && inFlight > 0) {
			this.#thread?.unref();
			this.busyMs = this.owner.clock.nowMs();
		}
		if (run.ended > ended) {
			if (this.#state === 'trial') {
				this.#state = 'running';
				this.#policy.forgive();
				this.owner.onRecovered(this);
			}
			this.owner.onProgress();
		}
		return true;
	}

	/** Ends an incarnation whose thread may still run: first it loses the right to change anything. */
	#abandon(trap: Trap, isBelieved: boolean): void {
		const run = this.#run;
		const thread = this.#thread;
		if (run === undefined || thread === undefined) return;
		thread.status.revoke(run.incarnation.number);
		thread.kill();
		// What it finished until now counts.
		if (isBelieved && !this.#settle(run)) return;
		this.#end(trap, 'abandoned', isBelieved);
	}

	#end(trap: Trap, ending: Ending, isBelieved = true): void {
		const run = this.#run;
		const thread = this.#thread;
		if (run === undefined || thread === undefined) return;
		const hadStarted = run.ring.heartbeat !== 0;
		const leftovers = this.#leftovers(run);
		const lost = run.takeLost(isBelieved);
		this.#run = undefined;
		thread.unref();
		this.#next = this.#spare;
		this.#spare = undefined;
		if (ending !== 'abandoned') this.#keepSpare(run);
		if (ending !== 'trapped') this.#thread = undefined;
		if (ending === 'gone') this.owner.onThreadEnded(leftovers);
		if (ending === 'abandoned') this.owner.onAbandoned(this.name, thread, leftovers);
		// The pending wait of the old memory comes to its end.
		ringBell(run.ring);
		this.#beginAgain(trap, hadStarted);
		if (ending === 'trapped') this.owner.sweep(leftovers);
		this.owner.onLost(trap, lost);
	}

	/** Its memory is used again: at once, or when nobody reads in it any more. */
	#keepSpare({ lender, ring: { memory } }: PacedRun): void {
		const keep = (): void => {
			if (!this.#isEnding) this.#spare ??= memory;
		};
		if (lender.held === 0) keep();
		else lender.onReturned = keep;
	}

	/** The next incarnation: at once, after a delay, or not for a while. */
	#beginAgain(trap: Trap, hadStarted: boolean): void {
		const { clock } = this.owner;
		const nowMs = clock.nowMs();
		const delayMs = this.#state === 'trial' ? undefined : this.#policy.delayMs(nowMs, hadStarted);
		this.restarts++;
		this.lastTrap = trap;
		this.owner.onTrap(this, trap);
		if (delayMs === undefined) {
			this.#state = 'given up';
			const coolDownMs = this.#policy.coolDownMs();
			this.#trialDueMs = nowMs + coolDownMs;
			this.owner.onGivenUp(this, coolDownMs);
		} else if (delayMs === 0) {
			this.#begin('running');
		} else {
			this.#state = 'restarting';
			const timer = clock.after(delayMs, () => this.#begin('running'));
			this.#restart = { timer, dueMs: nowMs + delayMs };
			this.owner.onDelayed(this);
		}
	}

	#leftovers(run: PacedRun | undefined): Leftovers {
		return {
			incarnation: run?.incarnation.number ?? 0,
			partition: this.#partition,
			temporaries: run?.temporaries() ?? [],
		};
	}

	/** Waits for completions without blocking, as long as something is in flight. */
	#listen(): void {
		const run = this.#run;
		if (this.#isListening || run === undefined || run.inFlight === 0) return;
		this.#isListening = true;
		if (run.inFlight <= POLL_REQUESTS_MAX && this.#polling.begin()) this.#poll(run);
		else this.#awaitBell(run);
	}

	/** Looks once per turn of the event loop: what comes from the page cache is there before a wake-up would be. */
	#poll(run: PacedRun): void {
		this.owner.clock.nextTurn(() => {
			if (run !== this.#run) return;
			const isReady = this.#isReady(run.ring);
			const goesOn = this.#polling.look(isReady);
			if (isReady) this.#wake(run);
			else if (goesOn) this.#poll(run);
			else this.#awaitBell(run);
		});
	}

	#awaitBell(run: PacedRun): void {
		const { clock } = this.owner;
		const { ring } = run;
		const wake = () => this.#wake(run);
		const seen = armBell(ring);
		// Looked at after arming: a completion posted before that would ring for nobody.
		if (!this.#isReady(ring) && clock.onNotify(ring.words, bellWord(ring), seen, wake)) {
			this.#turns = 0;
		} else if (++this.#turns < MICROTASK_TURNS_MAX) {
			clock.atOnce(wake);
		} else {
			// An engine that is always ready must not keep the event loop from its timers and sockets.
			this.#turns = 0;
			clock.nextTurn(wake);
		}
	}

	#wake(run: PacedRun): void {
		if (run !== this.#run) return;
		this.#isListening = false;
		this.drain();
		this.#listen();
	}

	/** There is a completion, or the engine is at its end. */
	#isReady(ring: Ring): boolean {
		return ring.waiting > 0 || this.#thread?.status.state === WorkerState.trapped;
	}
}
