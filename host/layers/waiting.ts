import { HoldfastError, shownPath } from '../errors.js';
import type { CallOptions, Request } from '../pool/request.js';
import type { Clock } from './clock.js';

// A call that waits in a layer is bound by its signal and its deadline there, as it is in the engine.

/** When a call must be answered, on the clock of its layer; infinity when it has no deadline. */
export function deadlineOf(clock: Clock, options: CallOptions | undefined): number {
	return options?.timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() + options.timeoutMs;
}

/** The options for the rest of a call: what is left of its time. Fails when nothing is. */
export function remaining(
	clock: Clock,
	request: Request,
	options: CallOptions | undefined,
	deadlineMs: number,
): CallOptions | undefined {
	if (deadlineMs === Number.POSITIVE_INFINITY) return options;
	const leftMs = deadlineMs - clock.nowMs();
	if (leftMs <= 0) throw timedOut(request, options);
	return { ...options, timeoutMs: Math.ceil(leftMs) };
}

/** Waits within the limits of a call. `Timeout` at once when the time would not suffice, `Cancelled` when the signal says so. */
export async function pause(
	clock: Clock,
	milliseconds: number,
	request: Request,
	options: CallOptions | undefined,
	deadlineMs: number,
): Promise<void> {
	if (clock.nowMs() + milliseconds >= deadlineMs) throw timedOut(request, options);
	try {
		await clock.sleep(milliseconds, options?.signal);
	} catch (error) {
		throw options?.signal?.aborted === true ? cancelled(request, options.signal) : error;
	}
}

/** The same, blocking: nobody can abort a signal while the thread stands still. */
export function pauseSync(
	clock: Clock,
	milliseconds: number,
	request: Request,
	options: CallOptions | undefined,
	deadlineMs: number,
): void {
	if (options?.signal?.aborted === true) throw cancelled(request, options.signal);
	if (clock.nowMs() + milliseconds >= deadlineMs) throw timedOut(request, options);
	clock.sleepSync(milliseconds);
}

export function cancelled(request: Request, signal: AbortSignal): HoldfastError {
	return new HoldfastError('Cancelled', 'the call was cancelled by its signal while it waited in a layer', {
		operation: request.operation,
		path: shownPath(request),
		cause: signal.reason,
	});
}

/** Nothing of the request was sent, so that it may be made again. */
export function timedOut(request: Request, options: CallOptions | undefined): HoldfastError {
	return new HoldfastError('Timeout', `its ${options?.timeoutMs} ms would be over before a layer lets it pass`, {
		operation: request.operation,
		path: shownPath(request),
		retryable: true,
	});
}
