/** Turns that follow each other within one turn of the event loop, and the time that they may take together. */
const TURNS_MAX = 1024;
const TURNS_MAX_MS = 8;
// In workerd, timers that a Durable Object asked for after its storage had answered were seen not to come. There a turn waits for its
// storage anyway, and the time of a request has a limit of its own.
const HAS_TIMERS = globalThis.navigator?.userAgent !== 'Cloudflare-Workers';

/**
 * Calls back when the code that runs now has come to its end, once for all that asked for it. After some milliseconds of such
 * turns it lets the event loop have its own, so that timers and events come.
 */
export class TurnTaker {
	readonly #turn: () => void;
	#isTaken = false;
	#isEnded = false;
	#turns = 0;
	#sinceMs = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(turn: () => void) {
		this.#turn = turn;
	}

	take(): void {
		if (this.#isTaken) return;
		this.#isTaken = true;
		if (HAS_TIMERS && this.#isLong()) setTimeout(() => this.#run(), 0);
		else queueMicrotask(() => this.#run());
	}

	/** Takes one more turn after a while; the last wish counts. */
	takeAfter(delayMs: number): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.take(), delayMs);
	}

	end(): void {
		this.#isEnded = true;
		clearTimeout(this.#timer);
	}

	/** Whether the event loop has waited long enough. */
	#isLong(): boolean {
		if (this.#turns++ === 0) {
			this.#sinceMs = performance.now();
			// The event loop has its turn by itself before this.
			setTimeout(() => {
				this.#turns = 0;
			}, 0);
		}
		return this.#turns >= TURNS_MAX || performance.now() - this.#sinceMs >= TURNS_MAX_MS;
	}

	#run(): void {
		this.#isTaken = false;
		if (!this.#isEnded) this.#turn();
	}
}
