import { expect } from 'vitest';
import { HoldfastError } from '#host/errors';

/** The error with which something fails at once. */
export function refusal(work: () => unknown): HoldfastError {
	try {
		work();
	} catch (error) {
		if (error instanceof HoldfastError) return error;
		throw error;
	}
	return expect.fail('It succeeded although it must fail.');
}

/** The error with which a promise is rejected. */
export async function rejection(promise: Promise<unknown>): Promise<HoldfastError> {
	const outcome = await promise.then(
		(value) => ({ value }),
		(error: unknown) => ({ error }),
	);
	if ('error' in outcome && outcome.error instanceof HoldfastError) return outcome.error;
	if ('error' in outcome) throw outcome.error;
	return expect.fail('It succeeded although it must fail.');
}
