import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';
import { HoldfastError } from '../index.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A shell's exit code for a program that a signal ended. */
const SIGNAL_EXIT_BASE = 128;
/**
 * A package manager passes the Ctrl-C on that the terminal has sent to everybody: what comes right behind the first is the same
 * key press. After this a second one means that somebody does not want to wait.
 */
const SAME_PRESS_MS = 1000;

/** Turns Ctrl-C and the signals that end a program into an `AbortSignal`, so that what is open is put away first. */
export class Interruption {
	readonly #controller = new AbortController();
	#exitCode: number | undefined = undefined;
	#firstMs = 0;

	constructor() {
		// Every call in flight listens: their number is bounded by the concurrency and no leak.
		setMaxListeners(0, this.#controller.signal);
		for (const name of SIGNALS) process.on(name, () => this.#onSignal(name));
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** What the program ends with, once it was interrupted. */
	get exitCode(): number | undefined {
		return this.#exitCode;
	}

	#onSignal(name: (typeof SIGNALS)[number]): void {
		const now = performance.now();
		if (this.#exitCode !== undefined) {
			if (now - this.#firstMs > SAME_PRESS_MS) process.exit(this.#exitCode);
			return;
		}
		this.#firstMs = now;
		this.#exitCode = SIGNAL_EXIT_BASE + constants.signals[name];
		this.#controller.abort(new HoldfastError('Cancelled', `interrupted by ${name}`));
	}
}
