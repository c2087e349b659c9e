import { HoldfastError } from '../errors.js';

/** Waits. An aborted signal ends the waiting with a rejection. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const stop = (): void => {
			clearTimeout(timer);
			reject(signal?.reason);
		};
		const timer = setTimeout(() => {
			signal?.removeEventListener('abort', stop);
			resolve();
		}, milliseconds);
		if (signal?.aborted) stop();
		else signal?.addEventListener('abort', stop, { once: true });
	});
}

/** A thread that stands still is nothing that this platform has. */
export function sleepSync(): void {
	throw new HoldfastError('Unsupported', 'this platform cannot wait within a blocking call; use its promise form');
}
