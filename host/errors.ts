import { FLAG_DIRECTORY } from '../assembly/layout.js';
import type { Request } from './pool/request.js';

/** Every code that a `HoldfastError` can carry. They are part of the API: they do not change within a major version. */
export const ERROR_CODES = [
	'NotFound',
	'InvalidPath',
	'PermissionDenied',
	'AlreadyExists',
	'IsADirectory',
	'NotADirectory',
	'NotEmpty',
	'IsSameFile',
	'ConditionNotMatch',
	'RangeNotSatisfied',
	'StorageFull',
	'ConfigInvalid',
	'Unsupported',
	'RateLimited',
	'Timeout',
	'Cancelled',
	'Closed',
	'EngineTrapped',
	'EngineUnavailable',
	'Unexpected',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
	/** The method that was called: `read`, `stat`, ... */
	operation?: string | undefined;
	/** The path that the error is about, as the user would write it: a directory with its slash, the root as `/`. */
	path?: string | undefined;
	/** Whether the same call may succeed later and cannot have its effect twice. Default: false. */
	retryable?: boolean | undefined;
	cause?: unknown;
}

// Two copies of this package in one process know each other's errors by this.
const BRAND = Symbol.for('holdfast.HoldfastError');

/**
 * What every call of this library fails with. `message` begins with `code`.
 *
 * @example
 * try {
 *   await op.read('missing');
 * } catch (error) {
 *   if (error instanceof HoldfastError && error.code === 'NotFound') console.log(error.path);
 * }
 */
export class HoldfastError extends Error {
	readonly code: ErrorCode;
	/** The method that was called; empty when the error belongs to none. */
	readonly operation: string;
	readonly path: string | undefined;
	/** Whether the same call may succeed later and cannot have its effect twice. */
	readonly retryable: boolean;
	override readonly cause: unknown;

	/** `message` says what is wrong and what to do; code, path and operation are put around it. */
	constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
		super(`${code}: ${message}${whereabouts(details)}`);
		this.code = code;
		this.operation = details.operation ?? '';
		this.path = details.path;
		this.retryable = details.retryable ?? false;
		this.cause = details.cause;
	}

	get [BRAND](): true {
		return true;
	}

	static override [Symbol.hasInstance](value: unknown): boolean {
		// biome-ignore lint/complexity/noThisInStatic: a class derived from this one is asked about its own instances here.
		if (this !== HoldfastError) return super[Symbol.hasInstance](value);
		return typeof value === 'object' && value !== null && BRAND in value;
	}
}

// Not enumerable, as that of other errors.
Object.defineProperty(HoldfastError.prototype, 'name', { value: 'HoldfastError', writable: true, configurable: true });

/** The path of a request as a person writes it. */
export function shownPath(request: Request): string {
	if (request.path === '') return '/';
	return (request.flags & FLAG_DIRECTORY) === 0 ? request.path : `${request.path}/`;
}

/** Whether something is an error of this library with one of those codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is HoldfastError {
	return error instanceof HoldfastError && codes.includes(error.code);
}

/** A path between quotes; a long one is cut, because a message is for reading. */
export function quotePath(path: string): string {
	return `'${shortened(path, SHOWN_PATH_CHARACTERS)}'`;
}

/** A text of which no more than so many characters are shown. */
export function shortened(text: string, most: number): string {
	return text.length <= most ? text : `${text.slice(0, most)}...`;
}

const SHOWN_PATH_CHARACTERS = 300;

/** Path and operation behind the message, as far as they are known and not told already. */
function whereabouts({ path, operation }: ErrorDetails): string {
	const place = path === undefined ? '' : `: ${quotePath(path)}`;
	return operation === undefined || operation === '' ? place : `${place} (${operation})`;
}
