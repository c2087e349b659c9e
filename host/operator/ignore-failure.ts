import { HoldfastError } from '../errors.js';

/** For an error of a step that only cleans up: the call has its result, or its error, already. */
export function ignoreFailure(error: unknown): void {
	// Anything but an answer of the engine is a mistake of ours, and must be seen.
	if (!(error instanceof HoldfastError)) throw error;
}
