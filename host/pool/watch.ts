import type { PoolClock, Timer } from './clock.js';

/** An engine is looked at so often before it counts as stuck. */
const LOOKS = 8;
const INTERVAL_MS_MIN = 10;
const INTERVAL_MS_MAX = 1000;

/** Looks at the engines again and again while there is something to look at; a pool that does nothing has no timer. */
export class Watch {
	readonly intervalMs: number;
	readonly #clock: PoolClock;
	readonly #look: (elapsedMs: number) => boolean;
	#timer: Timer | undefined = undefined;
	#lastMs = 0;

	/** `look` says whether it wants to look again. */
	constructor(clock: PoolClock, stallMs: number, look: (elapsedMs: number) => boolean) {
		this.#clock = clock;
		this.#look = look;
		this.intervalMs = Math.min(Math.max(stallMs / LOOKS, INTERVAL_MS_MIN), INTERVAL_MS_MAX);
	}

	begin(): void {
		if (this.#timer !== undefined) return;
		this.#lastMs = this.#clock.nowMs();
		this.#arm();
	}

	/** Looks now if it is time: for callers that are blocked and get no timer. */
	tend(): void {
		if (this.#timer === undefined || this.#clock.nowMs() - this.#lastMs < this.intervalMs) return;
		this.#timer.cancel();
		this.#tick();
	}

	end(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}

	#arm(): void {
		this.#timer = this.#clock.after(this.intervalMs, () => this.#tick());
	}

	#tick(): void {
		const nowMs = this.#clock.nowMs();
		// A process that was stopped, or a machine that slept, finds hours gone in which no engine could move either.
		const elapsedMs = Math.min(nowMs - this.#lastMs, 2 * this.intervalMs);
		this.#lastMs = nowMs;
		this.#timer = undefined;
		if (this.#look(elapsedMs)) this.#arm();
	}
}
