import { ERRNO_AGAIN } from '../../assembly/layout.js';
import type { Plan } from '../ring/plan.js';
import { Ring } from '../ring/ring.js';
import { startEngine } from '../ring/start-engine.js';
import type { Files } from '../wasi/files.js';
import { preview1 } from '../wasi/preview1.js';
import type { HomedEngine } from './engine-home.js';
import { endOfEntry } from './owner-prefix.js';

type Imports = Record<string, (...values: never[]) => unknown>;

/** A ring whose engine runs in this thread: it has to be called when something has happened. */
export class InlineRing extends Ring {
	readonly #onPoke: () => void;

	constructor(memory: WebAssembly.Memory, plan: Plan, onPoke: () => void) {
		super(memory, plan);
		this.#onPoke = onPoke;
	}

	override poke(): void {
		super.poke();
		this.#onPoke();
	}
}

/**
 * One incarnation of the engine in the thread of its caller. `poll` lets it work; what it throws is its end. A request whose step
 * was answered with AGAIN is parked until `wake`.
 */
export class InlineEngine implements HomedEngine {
	readonly #poll: () => number;
	readonly #ring: Ring;
	readonly #parked = new Set<number>();

	/** Throws when the engine cannot be started. `mayPark`: these files may answer AGAIN. */
	constructor(module: WebAssembly.Module, ring: Ring, files: Files, mayPark: boolean) {
		this.#ring = ring;
		const { memory, plan } = ring;
		const own = preview1(
			files,
			memory,
			() => true,
			(entry) => endOfEntry(entry, plan.tempPrefix),
		);
		const imports = mayPark ? this.#watch(own) : own;
		this.#poll = startEngine(module, memory, plan, imports).poll;
	}

	/** Works until there is nothing to do at the moment. Milliseconds until the next timer, or -1. */
	poll(): number {
		return this.#poll();
	}

	/** What was not ready may be now: each parked request repeats its step. */
	wake(): void {
		const slots = [...this.#parked];
		this.#parked.clear();
		for (const slot of slots) this.#ring.ready(slot);
	}

	/** Remembers whose call was answered with AGAIN. */
	#watch(modules: WebAssembly.Imports): WebAssembly.Imports {
		const watch =
			(call: (...values: never[]) => unknown) =>
			(...values: never[]) => {
				const errno = call(...values);
				if (errno === ERRNO_AGAIN) this.#parked.add(this.#ring.current);
				return errno;
			};
		const each = (imports: Imports) =>
			Object.fromEntries(Object.entries(imports).map(([name, call]) => [name, watch(call)]));
		return Object.fromEntries(Object.entries(modules).map(([name, imports]) => [name, each(imports as Imports)]));
	}
}
