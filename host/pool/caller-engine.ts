import { FLAG_SEQUENTIAL, KEEP_MS, OP_READ, OP_READ_AT, OP_STAT } from '../../assembly/layout.js';
import { createMemory, type Plan, planMemory, prepareMemory } from '../ring/plan.js';
import { Ring } from '../ring/ring.js';
import { type StartedEngine, startEngine } from '../ring/start-engine.js';
import { postedCount } from '../ring/thread-signals.js';
import type { Files } from '../wasi/files.js';
import { preview1 } from '../wasi/preview1.js';
import type { Call } from './call.js';
import type { PoolClock, Timer } from './clock.js';
import type { CallOptions, Request } from './request.js';
import { Run, type RunOwner } from './run.js';
import { TEMPORARY_PREFIX } from './temporary.js';
import { describeTrap, type Trap } from './trap.js';

/** One request at a time; a large file passes through in pieces. */
const PLAN_OPTIONS = { ringEntries: 2, buffers: 2, bufferBytes: 1024 ** 2, tempPrefix: TEMPORARY_PREFIX };

/** What it needs of its pool. */
export interface CallerEngineOwner extends RunOwner {
	readonly clock: PoolClock;
	readonly module: WebAssembly.Module;
	readonly modulePath: string;
	nextIncarnation(): number;
	/** Files of the calling thread for an incarnation: what it opens is under that number in the table. */
	openCallerFiles(incarnation: number): Files;
	/** An incarnation has trapped. */
	onCallerTrap(trap: Trap): void;
	/** Closes whatever this incarnation has open. */
	sweepCaller(incarnation: number): void;
}

/** One incarnation. */
interface Begun {
	readonly run: Run;
	readonly engine: StartedEngine;
	readonly files: Files;
}

/**
 * An engine in the calling thread, for blocking calls that only look and read: that thread would do nothing else meanwhile, and to wake
 * another one and be woken again takes many times longer than to read a small file. Begun when it is first needed. An incarnation that
 * traps is never called again; the call then goes to a worker, as if this had not been there.
 */
export class CallerEngine {
	readonly #plan: Plan = planMemory(PLAN_OPTIONS);
	#memory: WebAssembly.Memory | undefined;
	#begun: Begun | undefined;
	#timer: Timer | undefined;

	constructor(readonly owner: CallerEngineOwner) {}

	/** Whether a call is of that kind. Where a deadline or a signal is to end it, only another thread can be left alone. */
	static takes({ op, flags, pinned }: Request, options: CallOptions | undefined): boolean {
		if (options?.signal !== undefined || options?.timeoutMs !== undefined || pinned !== undefined) return false;
		// What is read ahead stays with the instance that has read it.
		return op === OP_READ || op === OP_STAT || (op === OP_READ_AT && (flags & FLAG_SEQUENTIAL) === 0);
	}

	/** Settles the call; false when it has to be served elsewhere. */
	serve(call: Call): boolean {
		let begun = this.#begun;
		try {
			begun ??= this.#begin();
			const { run, engine } = begun;
			run.send(call);
			while (!call.settled) {
				const posted = postedCount(run.ring);
				engine.poll();
				if (!run.drain() || postedCount(run.ring) === posted) throw new Error('it posted nothing that makes sense');
			}
		} catch (thrown) {
			if (begun !== undefined) this.#trapped(begun, thrown);
			return call.settled;
		}
		this.#tend(begun.files);
		return true;
	}

	/** Gives back whatever is open. The next call begins anew. */
	end(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		const begun = this.#begun;
		this.#begun = undefined;
		if (begun === undefined) return;
		begun.run.takeLost(false);
		this.owner.sweepCaller(begun.run.incarnation.number);
	}

	#begin(): Begun {
		const { owner } = this;
		this.#memory ??= createMemory(this.#plan, true);
		const memory = this.#memory;
		prepareMemory(memory, this.#plan);
		const run = new Run(owner, new Ring(memory, this.#plan), owner.nextIncarnation());
		const { number } = run.incarnation;
		const files = owner.openCallerFiles(number);
		try {
			const imports = preview1(files, memory, () => true);
			const engine = startEngine(owner.module, memory, this.#plan, imports);
			this.#begun = { run, engine, files };
			return this.#begun;
		} catch (error) {
			owner.sweepCaller(number);
			throw error;
		}
	}

	#trapped({ run }: Begun, thrown: unknown): void {
		const error = thrown instanceof Error ? thrown : new Error(String(thrown));
		const trap = describeTrap(run.ring, error, this.owner.modulePath);
		this.end();
		this.owner.onCallerTrap(trap);
	}

	/** What `Files` keeps is given up by batches: when no call comes, this makes one. */
	#tend(files: Files): void {
		if (this.#timer !== undefined || files.isKeeping !== true) return;
		this.#timer = this.owner.clock.after(KEEP_MS, () => {
			this.#timer = undefined;
			files.batch();
			this.#tend(files);
		});
	}
}
