import { HoldfastError } from '../errors.js';
import type { ErrorMessage } from './messages.js';

/** An error as plain data; its cause stays where it is. */
export function errorMessage(thrown: unknown): ErrorMessage {
	const error =
		thrown instanceof HoldfastError
			? thrown
			: new HoldfastError('Unexpected', thrown instanceof Error ? thrown.message : String(thrown));
	const { code, message, operation, path, retryable } = error;
	return { code, message, operation, path, retryable };
}

export function errorOf({ code, message, operation, path, retryable }: ErrorMessage): HoldfastError {
	const details = { operation, path, retryable };
	// Code, path and operation stand in it already, and are put around it again.
	const start = `${code}: `.length;
	const end = message.length - (new HoldfastError(code, '', details).message.length - start);
	return new HoldfastError(code, message.slice(start, end), details);
}
