/** An engine that comes to its end so often in a row before its loop has turned once is given up. */
const FAILED_STARTS_MAX = 5;
/** Delay after the first failed start; each further one doubles it. */
const FAILED_START_DELAY_MS = 10;
/** First of the delays that grow when restarts come fast. */
const FIRST_DELAY_MS = 1;
/** A trial that fails doubles the time until the next one, up to so many times the first. */
const COOL_DOWN_FACTOR_MAX = 16;

export interface RestartLimits {
	/** One restart more within the window, and the instance is given up. */
	readonly maxRestarts: number;
	readonly restartWindowMs: number;
}

/**
 * When an instance that came to its end may begin again, as a supervisor of Erlang decides it: at once for the first half of the
 * restarts that a window allows, then after delays that double, then no more. A delay is never longer than the window
 * divided by the restarts, so whatever ends again at once does reach the limit. An instance that was given up may be tried
 * again after a window; the more often that fails, the later.
 */
export class RestartPolicy {
	readonly #limits: RestartLimits;
	/** When the restarts within the window happened, the oldest first. */
	readonly #restarts: number[] = [];
	#failedStarts = 0;
	#failedTrials = 0;

	constructor(limits: RestartLimits) {
		this.#limits = limits;
	}

	/** An incarnation has ended. Milliseconds until the next one may begin; undefined: none may. */
	delayMs(nowMs: number, hadStarted: boolean): number | undefined {
		const { maxRestarts, restartWindowMs } = this.#limits;
		while (this.#restarts.length > 0 && this.#restarts[0] <= nowMs - restartWindowMs) this.#restarts.shift();
		this.#restarts.push(nowMs);
		this.#failedStarts = hadStarted ? 0 : this.#failedStarts + 1;
		if (this.#restarts.length > maxRestarts || this.#failedStarts > FAILED_STARTS_MAX) return undefined;
		const startDelayMs = this.#failedStarts === 0 ? 0 : FAILED_START_DELAY_MS * 2 ** (this.#failedStarts - 1);
		const beyondHalf = this.#restarts.length - Math.ceil(maxRestarts / 2);
		if (beyondHalf <= 0) return startDelayMs;
		return Math.max(startDelayMs, Math.min(FIRST_DELAY_MS * 2 ** (beyondHalf - 1), restartWindowMs / maxRestarts));
	}

	/** Milliseconds until an instance that was given up, or whose trial has failed, may be tried. */
	coolDownMs(): number {
		const factor = Math.min(2 ** this.#failedTrials, COOL_DOWN_FACTOR_MAX);
		this.#failedTrials++;
		return this.#limits.restartWindowMs * factor;
	}

	/** The trial went well: what was before does not count any more. */
	forgive(): void {
		this.#restarts.length = 0;
		this.#failedStarts = 0;
		this.#failedTrials = 0;
	}
}
