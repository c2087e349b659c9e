import { setTimeout as delay } from 'node:timers/promises';

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Waits. An aborted signal ends the waiting with a rejection. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
	return delay(milliseconds, undefined, { signal });
}

/** Waits with the thread standing still. */
export function sleepSync(milliseconds: number): void {
	Atomics.wait(never, 0, 0, milliseconds);
}
