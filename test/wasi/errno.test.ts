import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
	ERRNO_ACCES,
	ERRNO_AGAIN,
	ERRNO_BUSY,
	ERRNO_DQUOT,
	ERRNO_IO,
	ERRNO_NOENT,
	ERRNO_NOSPC,
	ERRNO_NOTSUP,
	ERRNO_STALE,
} from '#assembly/layout';
import { errnoOf } from '#host/wasi/errno';

function systemError(code: string, errno: number): Error {
	return Object.assign(new Error(code), { code, errno, syscall: 'write' });
}

describe('errnoOf', () => {
	test('knows what the platform calls by name', () => {
		let error: unknown;
		try {
			readFileSync('/nowhere/at all');
		} catch (thrown) {
			error = thrown;
		}
		expect(errnoOf(error)).toBe(ERRNO_NOENT);
		expect(errnoOf(systemError('ENOSPC', -28))).toBe(ERRNO_NOSPC);
		expect(errnoOf(systemError('EACCES', -13))).toBe(ERRNO_ACCES);
		expect(errnoOf(systemError('EOPNOTSUPP', -95))).toBe(ERRNO_NOTSUP);
	});

	test('knows by their number those that Node has no name for', () => {
		const { EDQUOT, ESTALE } = constants.errno;
		expect(errnoOf(systemError(`Unknown system error -${EDQUOT}`, -EDQUOT))).toBe(ERRNO_DQUOT);
		expect(errnoOf(systemError(`Unknown system error -${ESTALE}`, -ESTALE))).toBe(ERRNO_STALE);
	});

	test('takes any other system error for one of input and output', () => {
		expect(errnoOf(systemError('Unknown system error -512', -512))).toBe(ERRNO_IO);
	});

	test('never says AGAIN, which would park a request that nobody wakes', () => {
		expect(errnoOf(systemError('EAGAIN', -11))).toBe(ERRNO_BUSY);
		for (const [code, number] of Object.entries(constants.errno)) {
			expect(errnoOf(systemError(code, -number))).not.toBe(ERRNO_AGAIN);
			expect(errnoOf(systemError(`Unknown system error -${number}`, -number))).not.toBe(ERRNO_AGAIN);
		}
	});

	test('throws on what is a mistake in the program', () => {
		for (const thrown of [new TypeError('no'), Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' })]) {
			expect(() => errnoOf(thrown)).toThrow(thrown);
		}
		expect(() => errnoOf('text')).toThrow();
	});
});
