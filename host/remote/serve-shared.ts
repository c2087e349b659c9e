import { CONTROL_POKE, CONTROL_SLEEPING } from '../../assembly/layout.js';
import { InlineEngine } from '../inline/inline-engine.js';
import { sweepFiles } from '../inline/inline-home.js';
import { Ring } from '../ring/ring.js';
import type { OpenedTree } from '../services/tree-store.js';
import type { DescriptorTable } from '../wasi/descriptor-table.js';
import type { BeginMessage, SweepMessage } from './messages.js';
import type { Place } from './serve.js';

/**
 * The worker's end of an engine whose memory is shared. It polls instead of running the engine's own loop: only a thread that comes
 * back to its event loop is told that a file was opened.
 */
export class SharedServer {
	readonly #place: Place;
	readonly #module: WebAssembly.Module;
	readonly #table: DescriptorTable;
	readonly #tree: OpenedTree;
	#engine: InlineEngine | undefined;

	constructor(
		place: Place,
		module: WebAssembly.Module,
		table: DescriptorTable,
		open: (table: DescriptorTable, ready: () => void) => OpenedTree,
	) {
		this.#place = place;
		this.#module = module;
		this.#table = table;
		this.#tree = open(table, () => this.#engine?.wake());
	}

	get root(): number {
		return this.#tree.root;
	}

	async begin({ memory, plan, incarnation }: BeginMessage['begin']): Promise<void> {
		const ring = new Ring(memory, plan);
		this.#table.owner = incarnation;
		try {
			const engine = new InlineEngine(this.#module, ring, this.#tree.files, true);
			this.#engine = engine;
			while (this.#engine === engine) await turn(engine, ring);
		} catch (thrown) {
			// Whatever was thrown, this instance is never called again.
			const { name, message, stack = '' } = thrown instanceof Error ? thrown : new Error(String(thrown));
			this.#place.postMessage({ trapped: { name, message, stack }, incarnation });
		}
	}

	sweep({ descriptors, temporaries }: SweepMessage['sweep']): void {
		sweepFiles(this.#tree.files, descriptors, temporaries);
	}

	async close(): Promise<void> {
		this.#engine = undefined;
		await this.#tree.close();
	}
}

/** Lets the engine work, then waits for the next event or its next timer. */
async function turn(engine: InlineEngine, ring: Ring): Promise<void> {
	const word = (control: number) => (ring.plan.control + control) >> 2;
	const poke = word(CONTROL_POKE);
	// Read before the engine looks at anything: an event after this moves it, and the wait below does not begin.
	const seen = Atomics.load(ring.words, poke);
	const idleMs = engine.poll();
	Atomics.store(ring.words, word(CONTROL_SLEEPING), 1);
	const waiting = Atomics.waitAsync(ring.words, poke, seen, idleMs < 0 ? Number.POSITIVE_INFINITY : idleMs);
	if (waiting.async) await waiting.value;
	Atomics.store(ring.words, word(CONTROL_SLEEPING), 0);
	// Messages have their turn too.
	if (!waiting.async) await new Promise((resolve) => setTimeout(resolve, 0));
}
