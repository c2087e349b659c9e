import {
	ERRNO_ACCES,
	ERRNO_AGAIN,
	ERRNO_BADF,
	ERRNO_BUSY,
	ERRNO_CANCELED,
	ERRNO_DQUOT,
	ERRNO_EXIST,
	ERRNO_FAULT,
	ERRNO_FBIG,
	ERRNO_ILSEQ,
	ERRNO_INVAL,
	ERRNO_IO,
	ERRNO_ISDIR,
	ERRNO_LOOP,
	ERRNO_MFILE,
	ERRNO_MLINK,
	ERRNO_NAMETOOLONG,
	ERRNO_NFILE,
	ERRNO_NOENT,
	ERRNO_NOMEM,
	ERRNO_NOSPC,
	ERRNO_NOSYS,
	ERRNO_NOTCAPABLE,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_NOTSUP,
	ERRNO_NXIO,
	ERRNO_OVERFLOW,
	ERRNO_PERM,
	ERRNO_PIPE,
	ERRNO_ROFS,
	ERRNO_STALE,
	ERRNO_TXTBSY,
	ERRNO_XDEV,
	FLAG_DIRECTORY,
	FLAG_FOLLOW,
	OP_COPY,
	OP_DELETE,
	OP_DESCRIBE,
	OP_FAULT,
	OP_LIST,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_RENAME,
	OP_STAT,
	PHASE_BEFORE,
	STATUS_CONDITION,
	STATUS_LOCKED,
	STATUS_MALFORMED,
	STATUS_NO_HANDLE,
	STATUS_POISONED,
	STATUS_RANGE,
	STATUS_REVOKED,
	STATUS_SAME_FILE,
	STATUS_SPECIAL,
	STATUS_SYMLINK,
} from '../assembly/layout.js';
import { isUntouched, type Request } from './pool/request.js';

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
const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];

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
		if (this !== HoldfastError) return ordinaryHasInstance.call(this, value);
		return typeof value === 'object' && value !== null && BRAND in value;
	}
}

Object.defineProperty(HoldfastError.prototype, 'name', {
	value: 'HoldfastError',
	writable: true,
	configurable: true,
	enumerable: false,
});

/**
 * The error behind a status that the engine answered: a WASI errno or a `STATUS_` number. `phase` is the `PHASE_` that the
 * request had reached; what is worth trying again is `retryable` only as long as the effect cannot have happened.
 */
export function errorFromStatus(status: number, request: Request, phase: number = PHASE_BEFORE): HoldfastError {
	const isFollowed = (request.flags & FLAG_FOLLOW) !== 0 && LINK_STATUSES.has(status);
	const meaning = isFollowed ? FOLLOWED_LINK : meaningOf(status, request.op);
	return new HoldfastError(meaning.code, meaning.message, {
		operation: request.operation,
		path: shownPath(request),
		retryable: meaning.passes === true && isUntouched(phase),
	});
}

/** The path of a request as a person writes it. */
export function shownPath(request: Request): string {
	if (request.path === '') return '/';
	return (request.flags & FLAG_DIRECTORY) === 0 ? request.path : `${request.path}/`;
}

/** A path between quotes; a long one is cut, because a message is for reading. */
export function quotePath(path: string): string {
	const shown = path.length <= SHOWN_PATH_CHARACTERS ? path : `${path.slice(0, SHOWN_PATH_CHARACTERS)}...`;
	return `'${shown}'`;
}

const SHOWN_PATH_CHARACTERS = 300;

interface Meaning {
	readonly code: ErrorCode;
	readonly message: string;
	/** The state of things behind it passes by itself. */
	readonly passes?: true;
}

const LINKS_REFUSED =
	"symlinks are not followed; use the path of the file itself, or open the root with symlinks: 'within'";
const LINK_STATUSES = new Set([STATUS_SYMLINK, ERRNO_LOOP]);
const FOLLOWED_LINK: Meaning = {
	code: 'InvalidPath',
	message: 'a symlink on the way leads out of the root, or there are more than 40, or it was put there during the call',
};
const NOT_A_FILE = 'only regular files and directories can be used, and this is something else';
const NO_FAULTS: Meaning = {
	code: 'Unsupported',
	message: 'the published engine traps on no request; faults are in the one that the tests of this library build',
};
const BUG = 'this is a bug in Holdfast; please report it with this message';

const MEANINGS = new Map<number, Meaning>([
	[ERRNO_NOENT, { code: 'NotFound', message: 'no such file or directory' }],
	[ERRNO_EXIST, { code: 'AlreadyExists', message: 'there is something under this name already' }],
	[ERRNO_ISDIR, { code: 'IsADirectory', message: 'this is a directory, and a file is needed' }],
	[ERRNO_NOTEMPTY, { code: 'NotEmpty', message: 'the directory has content; delete it with { recursive: true }' }],
	[
		ERRNO_ACCES,
		{ code: 'PermissionDenied', message: 'this process is not permitted to do that; check owner and mode' },
	],
	[ERRNO_PERM, { code: 'PermissionDenied', message: 'the operating system does not permit that' }],
	[ERRNO_ROFS, { code: 'PermissionDenied', message: 'the file system is mounted read-only' }],
	[ERRNO_NOTCAPABLE, { code: 'InvalidPath', message: 'the path leads out of the root' }],
	[STATUS_SYMLINK, { code: 'InvalidPath', message: LINKS_REFUSED }],
	[ERRNO_LOOP, { code: 'InvalidPath', message: LINKS_REFUSED }],
	[STATUS_SPECIAL, { code: 'InvalidPath', message: NOT_A_FILE }],
	[ERRNO_NXIO, { code: 'InvalidPath', message: NOT_A_FILE }],
	[ERRNO_ILSEQ, { code: 'InvalidPath', message: 'the file system cannot hold a name of these bytes; use valid UTF-8' }],
	[ERRNO_NAMETOOLONG, { code: 'InvalidPath', message: 'the name is longer than the file system can hold' }],
	[ERRNO_NOSPC, { code: 'StorageFull', message: 'there is no space left; make room and write again' }],
	[ERRNO_DQUOT, { code: 'StorageFull', message: 'the disk quota is used up; make room and write again' }],
	[ERRNO_FBIG, { code: 'StorageFull', message: 'the file would be larger than the limit for files allows' }],
	[
		ERRNO_MFILE,
		{ code: 'RateLimited', message: 'all descriptors are in use; close readers and listers', passes: true },
	],
	[ERRNO_NFILE, { code: 'RateLimited', message: 'the system has no descriptor left; try again later', passes: true }],
	[
		STATUS_NO_HANDLE,
		{ code: 'RateLimited', message: 'all writer handles are in use; close some writers', passes: true },
	],
	[ERRNO_NOMEM, { code: 'RateLimited', message: 'there is not enough memory; try again later', passes: true }],
	[ERRNO_BUSY, { code: 'Unexpected', message: 'the file or directory is in use; try again later', passes: true }],
	[ERRNO_TXTBSY, { code: 'Unexpected', message: 'the file is a program that is running', passes: true }],
	[ERRNO_STALE, { code: 'Unexpected', message: 'the file was removed on its server; try again', passes: true }],
	[
		STATUS_CONDITION,
		{ code: 'ConditionNotMatch', message: 'a condition of the call does not hold; stat tells what is there' },
	],
	[STATUS_RANGE, { code: 'RangeNotSatisfied', message: 'the range ends behind the end of the file; ask for less' }],
	[STATUS_SAME_FILE, { code: 'IsSameFile', message: 'source and target are the same file' }],
	[STATUS_POISONED, { code: 'Closed', message: 'an earlier write failed; abort this writer and begin again' }],
	[ERRNO_BADF, { code: 'Closed', message: 'it is no longer open' }],
	[ERRNO_CANCELED, { code: 'Cancelled', message: 'the call was cancelled' }],
	[
		STATUS_REVOKED,
		{ code: 'EngineTrapped', message: 'the instance was given up while it worked on this', passes: true },
	],
	[
		STATUS_LOCKED,
		{
			code: 'Timeout',
			message: 'somebody else has kept this name locked for 30 seconds; try again later',
			passes: true,
		},
	],
	[ERRNO_NOSYS, { code: 'Unsupported', message: 'the storage has no such function' }],
	[ERRNO_NOTSUP, { code: 'Unsupported', message: 'the file system does not support that' }],
	[
		ERRNO_XDEV,
		{ code: 'Unsupported', message: 'source and target are on different file systems; copy and delete instead' },
	],
	[ERRNO_IO, { code: 'Unexpected', message: 'the disk reported an error (EIO); check the disk and the system log' }],
	[ERRNO_MLINK, { code: 'Unexpected', message: 'the file has as many names as the file system can count (EMLINK)' }],
	[ERRNO_PIPE, { code: 'Unexpected', message: 'the other side is gone (EPIPE)' }],
	[ERRNO_OVERFLOW, { code: 'Unexpected', message: 'a value is larger than the storage can express (EOVERFLOW)' }],
	[ERRNO_INVAL, { code: 'Unexpected', message: 'the storage refused the call as invalid (EINVAL)' }],
	[ERRNO_FAULT, { code: 'Unexpected', message: `a bad address (EFAULT): ${BUG}` }],
	[ERRNO_AGAIN, { code: 'Unexpected', message: `a request ended before it was ready (EAGAIN): ${BUG}` }],
	[STATUS_MALFORMED, { code: 'Unexpected', message: `the engine does not understand the request: ${BUG}` }],
]);

/** Where a parent that is a file means that the thing asked for is not there. Elsewhere something was to be made below it. */
const LOOKING_OPS: ReadonlySet<number> = new Set([OP_STAT, OP_READ, OP_OPEN, OP_READ_AT, OP_LIST, OP_DESCRIBE, OP_DELETE]);

const NOT_FOUND_BELOW_FILE: Meaning = {
	code: 'NotFound',
	message: 'no such file or directory; a part of its path is a file',
};
const NOT_A_DIRECTORY: Meaning = {
	code: 'NotADirectory',
	message: 'a part of the path is a file, and a directory is needed',
};
const SOURCE_NOT_FOUND: Meaning = { code: 'NotFound', message: 'the source does not exist' };

function meaningOf(status: number, op: number): Meaning {
	if (status === ERRNO_NOTDIR) return LOOKING_OPS.has(op) ? NOT_FOUND_BELOW_FILE : NOT_A_DIRECTORY;
	if (status === ERRNO_NOENT && (op === OP_COPY || op === OP_RENAME)) return SOURCE_NOT_FOUND;
	if (status === STATUS_MALFORMED && op === OP_FAULT) return NO_FAULTS;
	return (
		MEANINGS.get(status) ?? { code: 'Unexpected', message: `the storage answered with the WASI error number ${status}` }
	);
}

/** Path and operation behind the message, as far as they are known and not told already. */
function whereabouts({ path, operation }: ErrorDetails): string {
	const place = path === undefined ? '' : `: ${quotePath(path)}`;
	return operation === undefined || operation === '' ? place : `${place} (${operation})`;
}
