import {
	ERRNO_AGAIN,
	ERRNO_BADF,
	ERRNO_BUSY,
	ERRNO_CANCELED,
	ERRNO_EXIST,
	ERRNO_FAULT,
	ERRNO_FBIG,
	ERRNO_INVAL,
	ERRNO_IO,
	ERRNO_ISDIR,
	ERRNO_MFILE,
	ERRNO_NAMETOOLONG,
	ERRNO_NOENT,
	ERRNO_NOSPC,
	ERRNO_NOSYS,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_NOTSUP,
	ERRNO_PERM,
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
} from '../../assembly/layout.js';
import { HoldfastError, shownPath } from '../errors.js';
import { diskMeaning, type Meaning } from './disk-meaning.js';
import { isUntouched, type Request } from './request.js';

/**
 * The error behind a status that the engine answered: a WASI errno or a `STATUS_` number. `phase` is the `PHASE_` that the
 * request had reached; what is worth trying again is `retryable` only as long as the effect cannot have happened.
 */
export function errorFromStatus(status: number, request: Request, phase: number = PHASE_BEFORE): HoldfastError {
	const meaning = diskMeaning(status, request) ?? meaningOf(status, request.op);
	return new HoldfastError(meaning.code, meaning.message, {
		operation: request.operation,
		path: shownPath(request),
		retryable: meaning.passes === true && isUntouched(phase),
	});
}

const NO_FAULTS: Meaning = {
	code: 'Unsupported',
	message: 'the published engine traps on no request; faults are in the one that the tests of this library build',
};
const BUG = 'this is a bug in Holdfast; please report it with this message';

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
	[ERRNO_NOENT, { code: 'NotFound', message: 'no such file or directory' }],
	[ERRNO_EXIST, { code: 'AlreadyExists', message: 'there is something under this name already' }],
	[ERRNO_ISDIR, { code: 'IsADirectory', message: 'this is a directory, and a file is needed' }],
	[ERRNO_NOTEMPTY, { code: 'NotEmpty', message: 'the directory has content; delete it with { recursive: true }' }],
	[ERRNO_PERM, { code: 'PermissionDenied', message: 'the operating system does not permit that' }],
	[ERRNO_NAMETOOLONG, { code: 'InvalidPath', message: 'the name is longer than the file system can hold' }],
	[ERRNO_NOSPC, { code: 'StorageFull', message: 'there is no space left; make room and write again' }],
	[ERRNO_FBIG, { code: 'StorageFull', message: 'the file would be larger than the limit for files allows' }],
	[
		ERRNO_MFILE,
		{ code: 'RateLimited', message: 'all descriptors are in use; close readers and listers', passes: true },
	],
	[
		STATUS_NO_HANDLE,
		{ code: 'RateLimited', message: 'all writer handles are in use; close some writers', passes: true },
	],
	[ERRNO_BUSY, { code: 'Unexpected', message: 'the file or directory is in use; try again later', passes: true }],
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
	[ERRNO_IO, { code: 'Unexpected', message: 'the disk reported an error (EIO); check the disk and the system log' }],
	[ERRNO_INVAL, { code: 'Unexpected', message: 'the storage refused the call as invalid (EINVAL)' }],
	[ERRNO_FAULT, { code: 'Unexpected', message: `a bad address (EFAULT): ${BUG}` }],
	[ERRNO_AGAIN, { code: 'Unexpected', message: `a request ended before it was ready (EAGAIN): ${BUG}` }],
	[STATUS_MALFORMED, { code: 'Unexpected', message: `the engine does not understand the request: ${BUG}` }],
]);

/** Where a parent that is a file means that the thing asked for is not there. Elsewhere something was to be made below it. */
const LOOKING_OPS: ReadonlySet<number> = new Set([
	OP_STAT,
	OP_READ,
	OP_OPEN,
	OP_READ_AT,
	OP_LIST,
	OP_DESCRIBE,
	OP_DELETE,
]);

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
