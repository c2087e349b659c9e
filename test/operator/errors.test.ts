import { describe, expect, it } from 'vitest';
import * as layout from '#assembly/layout';
import { ERROR_CODES, HoldfastError, shownPath } from '#host/errors';
import { Request } from '#host/pool/request';
import { errorFromStatus } from '#host/pool/status-error';

const numbers: Readonly<Record<string, unknown>> = { ...layout };

function requestOf(op: number, path = 'a/b', flags = 0): Request {
	const request = new Request(op, 'read', path);
	request.flags = flags;
	return request;
}

describe('HoldfastError', () => {
	it('begins its message with the code, and tells path and operation', () => {
		const error = new HoldfastError('NotFound', 'no such file', { operation: 'read', path: 'a/b' });
		expect(error.message).toBe("NotFound: no such file: 'a/b' (read)");
		expect(error).toMatchObject({ code: 'NotFound', operation: 'read', path: 'a/b', retryable: false });
		expect(error.name).toBe('HoldfastError');
		expect(String(error)).toBe("HoldfastError: NotFound: no such file: 'a/b' (read)");
		expect('cause' in error).toBe(true);
	});

	it('does without path and operation', () => {
		expect(new HoldfastError('ConfigInvalid', 'wrong').message).toBe('ConfigInvalid: wrong');
		expect(new HoldfastError('ConfigInvalid', 'wrong', { path: 'a' }).message).toBe("ConfigInvalid: wrong: 'a'");
	});

	it('is known across copies of the package', () => {
		class HoldfastErrorOfAnotherCopy extends Error {
			get [Symbol.for('holdfast.HoldfastError')](): true {
				return true;
			}
		}
		expect(new HoldfastErrorOfAnotherCopy() instanceof HoldfastError).toBe(true);
		expect(new Error('x') instanceof HoldfastError).toBe(false);
		expect((null as unknown) instanceof HoldfastError).toBe(false);
	});

	it('lets a derived class tell its own instances apart', () => {
		class Derived extends HoldfastError {}
		expect(new HoldfastError('Closed', 'x') instanceof Derived).toBe(false);
		expect(new Derived('Closed', 'x') instanceof Derived).toBe(true);
		expect(new Derived('Closed', 'x') instanceof HoldfastError).toBe(true);
	});

	it('cuts a path that nobody would read', () => {
		const error = new HoldfastError('InvalidPath', 'too long', { path: 'p'.repeat(100_000) });
		expect(error.message.length).toBeLessThan(500);
		expect(error.path).toHaveLength(100_000);
	});
});

describe('errorFromStatus', () => {
	const codes: [keyof typeof layout, string][] = [
		['ERRNO_NOENT', 'NotFound'],
		['ERRNO_EXIST', 'AlreadyExists'],
		['ERRNO_ISDIR', 'IsADirectory'],
		['ERRNO_NOTEMPTY', 'NotEmpty'],
		['ERRNO_ACCES', 'PermissionDenied'],
		['ERRNO_PERM', 'PermissionDenied'],
		['ERRNO_ROFS', 'PermissionDenied'],
		['ERRNO_NOTCAPABLE', 'InvalidPath'],
		['ERRNO_ILSEQ', 'InvalidPath'],
		['ERRNO_NAMETOOLONG', 'InvalidPath'],
		['STATUS_SYMLINK', 'InvalidPath'],
		['STATUS_SPECIAL', 'InvalidPath'],
		['ERRNO_NOSPC', 'StorageFull'],
		['ERRNO_DQUOT', 'StorageFull'],
		['ERRNO_FBIG', 'StorageFull'],
		['ERRNO_MFILE', 'RateLimited'],
		['ERRNO_NFILE', 'RateLimited'],
		['STATUS_NO_HANDLE', 'RateLimited'],
		['STATUS_CONDITION', 'ConditionNotMatch'],
		['STATUS_RANGE', 'RangeNotSatisfied'],
		['STATUS_SAME_FILE', 'IsSameFile'],
		['STATUS_POISONED', 'Closed'],
		['ERRNO_BADF', 'Closed'],
		['ERRNO_CANCELED', 'Cancelled'],
		['STATUS_REVOKED', 'EngineTrapped'],
		['ERRNO_NOSYS', 'Unsupported'],
		['ERRNO_IO', 'Unexpected'],
		['STATUS_MALFORMED', 'Unexpected'],
	];

	it.each(codes)('%s is %s', (name, code) => {
		const error = errorFromStatus(numbers[name] as number, requestOf(layout.OP_READ));
		expect(error.code).toBe(code);
		expect(error.path).toBe('a/b');
		expect(error.operation).toBe('read');
	});

	it('has words for every status of the layout', () => {
		const names = Object.keys(numbers).filter((name) => /^(ERRNO|STATUS)_/.test(name) && name !== 'ERRNO_SUCCESS');
		// What describes the layout itself is no status.
		const statuses = names.filter((name) => name !== 'STATUS_BYTES');
		for (const name of statuses) {
			const error = errorFromStatus(numbers[name] as number, requestOf(layout.OP_READ));
			expect(error.message, name).not.toContain('error number');
			expect(ERROR_CODES, name).toContain(error.code);
		}
	});

	it('names the number of a status that nobody knows', () => {
		const error = errorFromStatus(199, requestOf(layout.OP_READ));
		expect(error.code).toBe('Unexpected');
		expect(error.message).toContain('199');
	});

	it('takes a file in the middle of a path for absence when something is looked for, for a mistake when it is made', () => {
		for (const op of [layout.OP_STAT, layout.OP_READ, layout.OP_OPEN, layout.OP_DELETE]) {
			expect(errorFromStatus(layout.ERRNO_NOTDIR, requestOf(op)).code).toBe('NotFound');
		}
		for (const op of [layout.OP_WRITE, layout.OP_WRITER_OPEN, layout.OP_CREATE_DIRECTORY, layout.OP_RENAME]) {
			expect(errorFromStatus(layout.ERRNO_NOTDIR, requestOf(op)).code).toBe('NotADirectory');
		}
	});

	it('is retryable only for what passes, and only before the effect can have happened', () => {
		const request = requestOf(layout.OP_WRITE);
		expect(errorFromStatus(layout.ERRNO_MFILE, request, layout.PHASE_BEFORE).retryable).toBe(true);
		expect(errorFromStatus(layout.ERRNO_MFILE, request, layout.PHASE_MAY_HAVE_HAPPENED).retryable).toBe(false);
		expect(errorFromStatus(layout.ERRNO_NOSPC, request, layout.PHASE_BEFORE).retryable).toBe(false);
		expect(errorFromStatus(layout.STATUS_REVOKED, request).retryable).toBe(true);
	});
});

describe('shownPath', () => {
	it('writes a path as a person does', () => {
		expect(shownPath(requestOf(layout.OP_STAT, 'a/b'))).toBe('a/b');
		expect(shownPath(requestOf(layout.OP_STAT, 'a/b', layout.FLAG_DIRECTORY))).toBe('a/b/');
		expect(shownPath(requestOf(layout.OP_STAT, '', layout.FLAG_DIRECTORY))).toBe('/');
		expect(shownPath(requestOf(layout.OP_STAT, ''))).toBe('/');
	});
});
