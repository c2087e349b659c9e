/** A callback that was asked for and has not come. */
export interface Timer {
	/** While a timer is held, it keeps the process alive. */
	hold(): void;
	cancel(): void;
}

/**
 * Time, timers and waiting, as a pool uses them: all of it goes through here, so that a simulator can own it. Times are
 * milliseconds since some moment and never go back.
 */
export interface PoolClock {
	nowMs(): number;
	/** Calls back once after a delay. Unless it is held, the timer does not keep the process alive. */
	after(delayMs: number, callback: () => void): Timer;
	/** Calls back before the event loop goes on. */
	atOnce(callback: () => void): void;
	/** Calls back when the event loop has had its turn. */
	nextTurn(callback: () => void): void;
	/** Calls back when somebody notifies the word; false, and no call, when it differs from `seen` already. */
	onNotify(words: Int32Array, index: number, seen: number, callback: () => void): boolean;
	/** Blocks the calling thread until somebody notifies the word, it differs from `seen`, or the time is over. */
	wait(words: Int32Array, index: number, seen: number, timeoutMs: number): void;
}

export const systemClock: PoolClock = {
	nowMs: () => performance.now(),
	after(delayMs, callback) {
		const timeout = setTimeout(callback, delayMs).unref();
		return { hold: () => void timeout.ref(), cancel: () => clearTimeout(timeout) };
	},
	atOnce: queueMicrotask,
	nextTurn: setImmediate,
	onNotify(words, index, seen, callback) {
		const waiting = Atomics.waitAsync(words, index, seen);
		if (waiting.async) void waiting.value.then(callback);
		return waiting.async;
	},
	wait: (words, index, seen, timeoutMs) => void Atomics.wait(words, index, seen, timeoutMs),
};

/** Resolves after a delay, and keeps the process alive until then. */
export function sleep(clock: PoolClock, delayMs: number): Promise<void> {
	return new Promise((resolve) => clock.after(delayMs, resolve).hold());
}

/** Whether something comes within a delay; the process stays alive until then. */
export function comesWithin(clock: PoolClock, delayMs: number, awaited: Promise<unknown>): Promise<boolean> {
	return new Promise((resolve) => {
		const timer = clock.after(delayMs, () => resolve(false));
		timer.hold();
		void awaited.then(() => {
			timer.cancel();
			resolve(true);
		});
	});
}
