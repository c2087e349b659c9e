import type { EngineThread, ThreadOptions } from '#host/pool/thread';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { WorkerState, WorkerStatus } from '#host/worker/status';
import type { Assignment } from '#host/worker/worker';
import type { World } from '../supervision/simulator/world.ts';
import { HostileEngine } from './hostile-engine.ts';

/** One that turns and never answers is waited for, by right: so many turns, and it has had its time. */
const TURNS_MAX = 400;

/** How the threads of a case behave; one that turns honest does so for all of them at once. */
export interface Intent {
	/** Chance that a turn attacks, and that it ends the incarnation. */
	attack: number;
	trap: number;
	/** Descriptors that an engine could name and must not get. */
	readonly foreign: readonly number[];
	/** Told of every memory before an engine gets it. */
	onMemory(memory: WebAssembly.Memory): void;
}

/** A worker in which one hostile engine runs after the other. */
export class HostileThread implements EngineThread {
	readonly status = WorkerStatus.create();
	isGone = false;
	isReferenced = false;
	readonly #options: ThreadOptions;
	readonly #world: World;
	readonly #intent: Intent;
	readonly #table: DescriptorTable;
	readonly #onExit: (reason: string) => void;
	#engine: HostileEngine | undefined;
	/** It was not honest from the beginning. */
	#isHostile = false;
	#turnsLeft = 0;

	constructor(
		options: ThreadOptions,
		partition: number,
		onExit: (reason: string) => void,
		world: World,
		intent: Intent,
	) {
		this.#options = options;
		this.#world = world;
		this.#intent = intent;
		this.#table = new DescriptorTable(options.table, partition, options.partitions);
		this.#onExit = onExit;
	}

	assign({ memory, incarnation }: Assignment): void {
		this.#intent.onMemory(memory);
		this.status.state = WorkerState.running;
		this.#table.owner = incarnation;
		const { random } = this.#world;
		const engine = new HostileEngine(memory, this.#options.plan, random, this.#table, this.#intent.foreign);
		this.#engine = engine;
		this.#isHostile = this.#intent.attack > 0;
		this.#turnsLeft = random.between(20, TURNS_MAX);
		this.#soon(engine);
	}

	ref(): void {
		this.isReferenced = true;
	}

	unref(): void {
		this.isReferenced = false;
	}

	/** It goes on for a moment, in which nothing that it does counts any more. */
	kill(): void {
		this.#world.inThread(this.#world.random.next() * 3, () => this.#end('terminated'));
	}

	async end(): Promise<boolean> {
		this.#end('stopped');
		return true;
	}

	#soon(engine: HostileEngine): void {
		this.#world.inThread(0.01 + this.#world.random.next() * 0.1, () => {
			if (engine === this.#engine && !this.isGone) this.#turn(engine);
		});
	}

	#turn(engine: HostileEngine): void {
		const { random } = this.#world;
		const { attack, trap } = this.#intent;
		engine.turn();
		if (random.chance(trap) || (this.#isHostile && (attack === 0 || this.#turnsLeft-- === 0))) {
			this.#trap(engine);
			return;
		}
		// One that attacks does not wait until it is asked.
		if (random.chance(attack)) engine.attack();
		else if (!engine.isIdle) engine.answer();
		else if (attack === 0) {
			this.#sleep(engine);
			return;
		}
		this.#soon(engine);
	}

	#sleep(engine: HostileEngine): void {
		const seen = Atomics.load(engine.words, engine.poke);
		this.#world.sleep(engine.words, engine.poke, seen, () => this.#soon(engine));
	}

	#trap(engine: HostileEngine): void {
		this.#engine = undefined;
		this.status.report = { name: 'RuntimeError', message: 'unreachable', stack: '' };
		this.status.state = WorkerState.trapped;
		engine.ring();
	}

	#end(reason: string): void {
		if (this.isGone) return;
		this.isGone = true;
		this.#engine?.ring();
		this.#engine = undefined;
		this.#world.after(this.#world.random.next(), () => this.#onExit(reason));
	}
}
