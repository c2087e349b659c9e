import { sleep, sleepSync } from './sleep.js';

/** Time and chance, as layers use them. Tests bring their own. */
export interface Clock {
	/** Milliseconds since some moment; it never goes back. */
	nowMs(): number;
	/** Waits. An aborted signal ends the waiting with a rejection. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
	/** Waits with the thread standing still. */
	sleepSync(milliseconds: number): void;
	/** At least 0 and less than 1. */
	random(): number;
}

export const systemClock: Clock = {
	nowMs: () => performance.now(),
	sleep,
	sleepSync,
	random: () => Math.random(),
};
