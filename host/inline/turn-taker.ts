/** Turns that follow each other within one turn of the event loop, and the time that they may take together. */
const TURNS_MAX = 1024;
const TURNS_MAX_MS = 8;
/** The same where the clock stands still meanwhile, as it does in workerd. */
const TURNS_MAX_TIMELESS = 64;
// In workerd a timer ends with the request that it was started in, and a turn that waited for it would never come for the others. The
// requests of a Durable Object share their timers. Elsewhere there is nothing to give way to: a request has a limit of its own.
const TIMERS_END = globalThis.navigator?.userAgent === 'Cloudflare-Workers';

type Timer = ReturnType<typeof setTimeout>;

/**
 * Calls back when the code that runs now has come to its end, once for all that asked for it. After some milliseconds of such
 * turns it lets the event loop have its own, so that timers and events come, and answers of a storage.
 */
export class TurnTaker {
	readonly #turn: () => void;
	readonly #givesWay: boolean;
	#isTaken = false;
	#isEnded = false;
	#turns = 0;
	#sinceMs = 0;
	#timer: Timer | undefined;

	/** `waitsForOthers`: what is done here waits for events, so that these must come whatever happens. */
	constructor(turn: () => void, waitsForOthers: boolean) {
		this.#turn = turn;
		this.#givesWay = waitsForOthers || !TIMERS_END;
	}

	take(): void {
		if (this.#isTaken) return;
		this.#isTaken = true;
		const isLater = this.#givesWay && this.#isLong() && startTimer(() => this.#runLater(), 0) !== undefined;
		if (!isLater) queueMicrotask(() => this.#run());
	}

	/** Takes one more turn after a while; the last wish counts. */
	takeAfter(delayMs: number): void {
		clearTimeout(this.#timer);
		this.#timer = startTimer(() => this.take(), delayMs);
	}

	end(): void {
		this.#isEnded = true;
		clearTimeout(this.#timer);
	}

	/** Whether the event loop has waited long enough. */
	#isLong(): boolean {
		const nowMs = performance.now();
		if (this.#turns++ === 0) {
			this.#sinceMs = nowMs;
			// The event loop has its turn by itself before this.
			startTimer(() => {
				this.#turns = 0;
			}, 0);
		}
		const passedMs = nowMs - this.#sinceMs;
		return passedMs >= TURNS_MAX_MS || this.#turns >= (passedMs === 0 ? TURNS_MAX_TIMELESS : TURNS_MAX);
	}

	#runLater(): void {
		this.#turns = 0;
		this.#run();
	}

	#run(): void {
		this.#isTaken = false;
		if (!this.#isEnded) this.#turn();
	}
}

/** Undefined where timers are refused: in workerd, outside of a request. */
function startTimer(callback: () => void, delayMs: number): Timer | undefined {
	try {
		return setTimeout(callback, delayMs);
	} catch {
		// There is no event loop to give way to; whoever calls next takes its turn.
		return undefined;
	}
}
