import { HoldfastError, shownPath } from '../errors.js';
import type { Request } from './request.js';
import { changesNothing } from './verdict.js';

// Errors of a request that whoever runs requests gives its caller, wherever the engine is.

export function requestError(
	request: Request,
	code: HoldfastError['code'],
	message: string,
	retryable = false,
	cause?: unknown,
): HoldfastError {
	return new HoldfastError(code, message, {
		operation: request.operation,
		path: shownPath(request),
		retryable,
		cause,
	});
}

export function closedError(request: Request): HoldfastError {
	return requestError(request, 'Closed', 'the operator was closed; make a new one');
}

export function cancelledError(request: Request, signal: AbortSignal): HoldfastError {
	return requestError(request, 'Cancelled', 'the call was cancelled by its signal', false, signal.reason);
}

export function timedOutError(request: Request, timeoutMs: number | undefined): HoldfastError {
	// What changes something may have done so by now, or may still do it.
	const message = `there was no answer within ${timeoutMs} ms`;
	return requestError(request, 'Timeout', message, changesNothing(request.op));
}
