import { invalid } from '../config.js';
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

const METHODS = ['nowMs', 'sleep', 'sleepSync', 'random'] as const;

/** The clock that a layer was given. */
export function parseClock(value: unknown): Clock {
	const clock = value as Partial<Clock> | null;
	const isClock = typeof clock === 'object' && METHODS.every((name) => typeof clock?.[name] === 'function');
	if (!isClock) throw invalid('clock', value, `an object with the functions ${METHODS.join(', ')}; leave it out`);
	return clock as Clock;
}
