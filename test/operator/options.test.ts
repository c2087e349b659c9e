import { describe, expect, it } from 'vitest';
import { parseTimeOption } from '#host/operator/conditions';
import {
	callOptionsOf,
	conditionsOf,
	deleteRules,
	listRules,
	parseOptions,
	readRules,
	statRules,
	writeRules,
} from '#host/operator/parse-options';
import { capabilityOf } from '#host/services/capability';
import { FakeEngine, fakeContext } from './fake-engine.js';
import { refusal } from './refusal.js';

const context = fakeContext(new FakeEngine());
const bare = fakeContext(new FakeEngine(), { capability: { read: true, write: true, list: true } });

describe('parseOptions', () => {
	it('takes nothing, null and undefined for no options', () => {
		expect(parseOptions(context, readRules, undefined, 'read')).toEqual({});
		expect(parseOptions(context, readRules, null, 'read')).toEqual({});
		expect(parseOptions(context, readRules, { offset: undefined, version: null }, 'read')).toEqual({});
	});

	it('takes sizes as numbers and bigints', () => {
		const parsed = parseOptions(context, readRules, { offset: 1n, size: 2, chunk: 3n, concurrent: 4 }, 'read');
		expect(parsed).toMatchObject({ offset: 1, size: 2 });
	});

	it.each([Number.NaN, -1, -1n, 1.5, '5', 2 ** 53, 2n ** 53n, 2n ** 63n, Number.POSITIVE_INFINITY, {}, true])(
		'refuses the size %s',
		(value) => {
			for (const name of ['offset', 'size', 'suffix', 'chunk']) {
				const error = refusal(() => parseOptions(context, readRules, { [name]: value }, 'read', 'a'));
				expect(error).toMatchObject({ code: 'ConfigInvalid', operation: 'read', path: 'a' });
				expect(error.message).toContain(`'${name}'`);
			}
		},
	);

	it('names an unknown option and the known ones', () => {
		const error = refusal(() => parseOptions(context, statRules, { nonsense: 1 }, 'stat'));
		expect(error.code).toBe('ConfigInvalid');
		expect(error.message).toContain("'nonsense'");
		expect(error.message).toContain('ifMatch');
		// What every object has is not an option.
		expect(refusal(() => parseOptions(context, statRules, { constructor: 1 }, 'stat')).code).toBe('ConfigInvalid');
		expect(parseOptions(context, statRules, { nonsense: undefined }, 'stat')).toEqual({});
	});

	it('refuses what no service here can, whatever is declared', () => {
		for (const name of ['contentType', 'cacheControl', 'contentDisposition', 'contentEncoding', 'userMetadata']) {
			const error = refusal(() => parseOptions(context, writeRules, { [name]: 'x' }, 'write'));
			expect(error.code).toBe('Unsupported');
			expect(error.message).toContain(`'${name}'`);
		}
		expect(refusal(() => parseOptions(context, readRules, { version: '1' }, 'read')).code).toBe('Unsupported');
		expect(refusal(() => parseOptions(context, listRules, { versions: true }, 'list')).code).toBe('Unsupported');
		expect(refusal(() => parseOptions(context, listRules, { deleted: true }, 'list')).code).toBe('Unsupported');
		expect(refusal(() => parseOptions(context, deleteRules, { ifMatch: '*' }, 'delete')).code).toBe('Unsupported');
	});

	it('does not mind that something unsupported is not wanted', () => {
		expect(parseOptions(bare, listRules, { versions: false, deleted: false, recursive: false }, 'list')).toEqual({});
		expect(parseOptions(bare, writeRules, { append: false, ifNotExists: false }, 'write')).toEqual({});
	});

	it('refuses what the service does not declare', () => {
		for (const option of [{ append: true }, { ifNotExists: true }, { ifMatch: '*' }, { ifNoneMatch: '*' }]) {
			expect(refusal(() => parseOptions(bare, writeRules, option, 'write')).code).toBe('Unsupported');
		}
		for (const option of [{ recursive: true }, { limit: 1 }, { startAfter: 'a' }]) {
			expect(refusal(() => parseOptions(bare, listRules, option, 'list')).code).toBe('Unsupported');
		}
	});

	it('normalises startAfter like a path', () => {
		expect(parseOptions(context, listRules, { startAfter: '//a//b/' }, 'list').startAfter).toBe('a/b/');
		expect(refusal(() => parseOptions(context, listRules, { startAfter: '../a' }, 'list')).code).toBe('InvalidPath');
		expect(refusal(() => parseOptions(context, listRules, { startAfter: 1 }, 'list')).code).toBe('ConfigInvalid');
	});

	it('knows a signal by its shape, and refuses what is none', () => {
		const { signal } = new AbortController();
		expect(parseOptions(context, statRules, { signal }, 'stat').signal).toBe(signal);
		for (const value of [{}, 'x', 1, new AbortController()]) {
			expect(refusal(() => parseOptions(context, statRules, { signal: value }, 'stat')).code).toBe('ConfigInvalid');
		}
	});

	it('refuses a timeout that is none', () => {
		expect(parseOptions(context, statRules, { timeoutMs: 5 }, 'stat').timeoutMs).toBe(5);
		for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31, 1.5]) {
			expect(refusal(() => parseOptions(context, statRules, { timeoutMs }, 'stat')).message).toContain("'timeoutMs'");
		}
	});

	it('refuses flags that are not booleans, and options that are no object', () => {
		expect(refusal(() => parseOptions(context, writeRules, { append: 1 }, 'write')).code).toBe('ConfigInvalid');
		expect(refusal(() => parseOptions(context, writeRules, { durability: 'half' }, 'write')).message).toContain(
			"'full'",
		);
		expect(refusal(() => parseOptions(context, writeRules, 'append', 'write')).code).toBe('ConfigInvalid');
	});
});

describe('callOptionsOf and conditionsOf', () => {
	it('are undefined when there is nothing to say', () => {
		expect(callOptionsOf({})).toBeUndefined();
		expect(conditionsOf({ offset: 1 })).toBeUndefined();
	});

	it('carry over what there is', () => {
		expect(callOptionsOf({ timeoutMs: 5 })).toEqual({ signal: undefined, timeoutMs: 5 });
		const options = { ifMatch: '"1-2-3"', ifNoneMatch: '*', ifModifiedSince: '1970-01-01T00:00:01Z' };
		expect(conditionsOf(parseOptions(context, readRules, options, 'read'))).toEqual({
			ifMatch: { inode: 1n, size: 2n, modifiedNs: 3n },
			ifNoneMatch: '*',
			ifModifiedSinceNs: 1_000_000_000n,
			ifUnmodifiedSinceNs: undefined,
		});
	});

	it('turn an etag that cannot be ours into one that no file has', () => {
		const { ifMatch } = parseOptions(context, readRules, { ifMatch: '"an etag"' }, 'read');
		expect(ifMatch).toEqual({ inode: 0n, size: 2n ** 64n - 1n, modifiedNs: 0n });
	});
});

describe('parseTimeOption', () => {
	const parse = (value: unknown): bigint => parseTimeOption('ifModifiedSince', value, {});

	it('reads RFC 3339 to the nanosecond', () => {
		expect(parse('1970-01-01T00:00:01Z')).toBe(1_000_000_000n);
		expect(parse('1970-01-01T00:00:01.000000001Z')).toBe(1_000_000_001n);
		expect(parse('1970-01-01T00:00:01.5Z')).toBe(1_500_000_000n);
		expect(parse('1970-01-01t01:00:01.123456789+01:00')).toBe(1_123_456_789n);
		expect(parse('2023-11-14T22:13:20.123456789Z')).toBe(1_700_000_000_123_456_789n);
	});

	it('takes an HTTP date and a Date for the end of what they can express', () => {
		expect(parse('Thu, 01 Jan 1970 00:00:01 GMT')).toBe(1_999_999_999n);
		expect(parse(new Date(1001))).toBe(1_001_999_999n);
	});

	it('keeps times before 1970 and after 2554 within what a file can have', () => {
		expect(parse('1960-01-01T00:00:00Z')).toBe(0n);
		expect(parse('9999-01-01T00:00:00Z')).toBe(2n ** 64n - 1n);
	});

	it('refuses everything else', () => {
		const values = ['', 'yesterday', '2020-13-01T00:00:00Z', '2020-01-01', '12', 5, {}, new Date(Number.NaN)];
		for (const value of values) expect(refusal(() => parse(value)).code, String(value)).toBe('ConfigInvalid');
	});
});

describe('capabilityOf', () => {
	it('fills in what is absent', () => {
		const capability = capabilityOf({ read: true, writeTotalMaxSize: 5n });
		expect(capability).toMatchObject({ read: true, write: false, writeTotalMaxSize: 5n, writeMultiMaxSize: null });
		expect(Object.keys(capability)).toHaveLength(52);
		expect(Object.isFrozen(capability)).toBe(true);
	});
});
