import { CONTROL_BELL } from '#assembly/layout';
import type { PoolClock } from '#host/pool/clock';
import type { EngineThread, ThreadOptions } from '#host/pool/thread';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { WorkerState, WorkerStatus } from '#host/worker/status';
import type { Assignment } from '#host/worker/worker';
import type { Disk } from './disk.ts';
import { SimulatedEngine } from './engine.ts';
import type { World } from './world.ts';

/** How likely each thing is to go wrong, at every step of an engine or at every start of a thread. */
export interface Misfortune {
	readonly trap: number;
	readonly exit: number;
	/** Blocked in the kernel: it cannot be ended, and may go on later. */
	readonly block: number;
	/** An endless loop: it can be ended. */
	readonly spin: number;
	readonly nonsense: number;
	/** A thread that ends, or hangs, before its engine runs, or cannot be had at all. */
	readonly start: number;
}

const STOP_GRACE_MS = 200;
const KILL_GRACE_MS = 1000;

/** Stands in for a worker thread: the same words, the same memory, and whatever goes wrong. */
export class SimulatedThread implements EngineThread {
	readonly status = WorkerStatus.create();
	isGone = false;
	isReferenced = false;
	readonly #options: ThreadOptions;
	readonly #world: World;
	readonly #disk: Disk;
	readonly #misfortune: () => Misfortune;
	readonly #table: DescriptorTable;
	readonly #onExit: (reason: string) => void;
	readonly #waiters: ((isGone: boolean) => void)[] = [];
	#assignment: Assignment | undefined;
	#engine: SimulatedEngine | undefined;
	#isUp = false;
	#isKilled = false;
	/** Blocked in the kernel, until somebody releases it. */
	#isBlocked = false;
	#isSpinning = false;

	constructor(
		options: ThreadOptions,
		partition: number,
		_clock: PoolClock,
		onExit: (reason: string) => void,
		world: World,
		disk: Disk,
		misfortune: () => Misfortune,
	) {
		this.#options = options;
		this.#world = world;
		this.#disk = disk;
		this.#misfortune = misfortune;
		this.#onExit = onExit;
		this.#table = new DescriptorTable(options.table, partition, options.partitions);
		world.inThread(world.random.between(1, 30), () => this.#start());
	}

	get isBlocked(): boolean {
		return this.#isBlocked && !this.isGone;
	}

	assign(assignment: Assignment): void {
		this.status.state = WorkerState.starting;
		this.#assignment = assignment;
		this.status.assign(assignment.incarnation);
		if (this.#isUp) this.#soon(() => this.#serve());
	}

	ref(): void {
		this.isReferenced = true;
	}

	unref(): void {
		this.isReferenced = false;
	}

	kill(): void {
		this.#isKilled = true;
		// It takes a moment, in which the thread goes on.
		this.#world.inThread(this.#world.random.next() * 3, () => this.#endIfPossible());
	}

	async end(): Promise<boolean> {
		if (this.isGone) return true;
		this.ref();
		const hasStopped = await this.#endsWithin(STOP_GRACE_MS);
		if (hasStopped) return true;
		this.kill();
		const isKilled = await this.#endsWithin(KILL_GRACE_MS);
		if (!isKilled) this.unref();
		return isKilled;
	}

	/** The kernel lets it go on. */
	release(): void {
		if (!this.#isBlocked) return;
		this.#isBlocked = false;
		if (this.#isKilled) this.#world.inThread(this.#world.random.next() * 3, () => this.#end('terminated'));
		this.#soon(() => this.#turn());
	}

	#start(): void {
		const { random } = this.#world;
		if (this.isGone) return;
		if (random.chance(this.#misfortune().start)) {
			if (random.chance(0.5)) this.#end('could not start');
			return;
		}
		this.#isUp = true;
		if (this.#assignment !== undefined) this.#serve();
	}

	#serve(): void {
		const assignment = this.#assignment;
		if (assignment === undefined || this.isGone) return;
		const { incarnation, memory } = assignment;
		this.#table.owner = incarnation;
		const mayChange = () => !this.status.isRevoked(incarnation);
		this.#engine = new SimulatedEngine(memory, this.#options.plan, this.#world, this.#disk, this.#table, mayChange);
		this.status.state = WorkerState.running;
		this.#turn();
	}

	/** One step of the engine, and the next one after a moment. */
	#turn(): void {
		const engine = this.#engine;
		if (engine === undefined || this.isGone || this.#isBlocked || this.#isSpinning) return;
		engine.isSleeping = false;
		if (engine.isStopped) {
			this.#end('stopped');
			return;
		}
		if (this.#goWrong(engine)) return;
		const poke = Atomics.load(engine.words, engine.poke);
		const { isIdle, dueMs } = engine.turn();
		if (!isIdle) {
			this.#soon(() => this.#turn());
			return;
		}
		engine.isSleeping = true;
		const wake = () => {
			if (engine === this.#engine) this.#turn();
		};
		let isAwake = false;
		const once = () => {
			if (isAwake) return;
			isAwake = true;
			wake();
		};
		this.#world.sleep(engine.words, engine.poke, poke, once);
		if (dueMs !== Number.POSITIVE_INFINITY) this.#world.inThread(dueMs - this.#world.nowMs(), once);
	}

	/** True: the engine does not go on from here. */
	#goWrong(engine: SimulatedEngine): boolean {
		const { random } = this.#world;
		const { trap, exit, block, spin, nonsense } = this.#misfortune();
		let chance = random.next();
		const happens = (probability: number) => {
			chance -= probability;
			return chance < 0;
		};
		if (happens(trap)) {
			engine.beginStep();
			this.#trap(engine);
			return true;
		}
		if (happens(exit)) {
			engine.beginStep();
			this.#end('exit code 7');
			return true;
		}
		if (happens(block)) {
			engine.beginStep();
			this.#isBlocked = true;
			// Sometimes it takes only a while.
			if (random.chance(0.5)) this.#world.inThread(random.between(1, 2000), () => this.release());
			return true;
		}
		if (happens(spin)) {
			engine.beginStep();
			this.#isSpinning = true;
			return true;
		}
		if (happens(nonsense)) engine.postNonsense();
		return false;
	}

	#trap(engine: SimulatedEngine): void {
		this.#engine = undefined;
		this.status.report = { name: 'RuntimeError', message: 'unreachable', stack: '' };
		this.status.state = WorkerState.trapped;
		const { plan } = this.#options;
		// As the worker does it when the engine cannot any more.
		Atomics.add(engine.words, (plan.control + CONTROL_BELL) >> 2, 1);
	}

	#endIfPossible(): void {
		if (!this.#isBlocked) this.#end('terminated');
	}

	#end(reason: string): void {
		if (this.isGone) return;
		this.isGone = true;
		const engine = this.#engine;
		this.#engine = undefined;
		if (engine !== undefined) Atomics.add(engine.words, (this.#options.plan.control + CONTROL_BELL) >> 2, 1);
		for (const waiter of this.#waiters) waiter(true);
		this.#world.after(this.#world.random.next(), () => this.#onExit(reason));
	}

	#soon(callback: () => void): void {
		this.#world.inThread(0.001 + this.#world.random.next() * 0.2, () => {
			if (this.#isKilled && !this.#isBlocked && this.#world.random.chance(0.5)) this.#end('terminated');
			else callback();
		});
	}

	#endsWithin(delayMs: number): Promise<boolean> {
		if (this.isGone) return Promise.resolve(true);
		return new Promise((resolve) => {
			const timer = this.#world.after(delayMs, () => resolve(false));
			timer.hold();
			this.#waiters.push((isGone) => {
				timer.cancel();
				resolve(isGone);
			});
		});
	}
}
