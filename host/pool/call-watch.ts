import type { HoldfastError } from '../errors.js';
import { onAbort } from './abort-watch.js';
import { cancelledError, timedOutError } from './call-error.js';
import type { CallOptions, Request } from './request.js';

/** Calls back once after a delay, and keeps the process alive until then; what it returns takes the timer away. */
type StartTimer = (delayMs: number, callback: () => void) => () => void;

/**
 * Gives a call up when its signal is aborted, which it may be already, and when its time is over; what it returns takes listener and timer
 * away.
 */
export function watchCall(
	request: Request,
	{ signal, timeoutMs }: CallOptions,
	giveUp: (error: HoldfastError) => void,
	startTimer: StartTimer = systemTimer,
): (() => void) | undefined {
	if (signal?.aborted) {
		giveUp(cancelledError(request, signal));
		return undefined;
	}
	const cancel =
		timeoutMs === undefined ? undefined : startTimer(timeoutMs, () => giveUp(timedOutError(request, timeoutMs)));
	const unwatch = signal && onAbort(signal, () => giveUp(cancelledError(request, signal)));
	return () => {
		cancel?.();
		unwatch?.();
	};
}

function systemTimer(delayMs: number, callback: () => void): () => void {
	const timer = setTimeout(callback, delayMs);
	return () => clearTimeout(timer);
}
