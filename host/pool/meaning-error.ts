import { type ErrorCode, HoldfastError, shownPath } from '../errors.js';
import { isUntouched, type Request } from './request.js';

const MEANING = /^(\w+)(!?) (.*)/;

/**
 * The error of a request that ended with a status; `meaning` is as `assembly/meanings.ts` has it. What is worth trying again is
 * `retryable` only as long as the effect cannot have happened.
 */
export function meaningError(meaning: string, status: number, request: Request, phase: number): HoldfastError {
	const unknown = ['', 'Unexpected', '', `the storage answered with the WASI error number ${status}`];
	const [, code, passes, message] = MEANING.exec(meaning) ?? unknown;
	return new HoldfastError(code as ErrorCode, message, {
		operation: request.operation,
		path: shownPath(request),
		retryable: passes !== '' && isUntouched(phase),
	});
}
