import { availableParallelism } from 'node:os';
import { Operator } from 'holdfast';
import { describe, expect, it } from 'vitest';
import {
	parseBoolean,
	parseChoice,
	parseInteger,
	parseNumber,
	parsePowerOfTwo,
	parseString,
	readOptions,
	refuseUnknown,
} from '#host/config';
import { POOL_OPTION_NAMES, parsePoolOptions } from '#host/pool/options';
import { refusal } from './refusal.js';

const nonsense: unknown[] = [
	'',
	' 1',
	'1 ',
	'0x10',
	'1e3',
	'one',
	Number.NaN,
	Number.POSITIVE_INFINITY,
	null,
	{},
	[],
	true,
	1.5,
];

describe('parseInteger', () => {
	it('takes numbers, bigints and decimal strings within the bounds', () => {
		for (const value of [5, 5n, '5', '+5', '05']) expect(parseInteger('n', value, 1, 9)).toBe(5);
		expect(parseInteger('n', 1, 1, 9)).toBe(1);
		expect(parseInteger('n', 9, 1, 9)).toBe(9);
		expect(parseInteger('n', '-3', -5, 9)).toBe(-3);
	});

	it('refuses everything else, and names option, value and bounds', () => {
		for (const value of [...nonsense, 0, 10, -1, 2 ** 53, 2n ** 63n]) {
			const error = refusal(() => parseInteger('workers', value, 1, 9));
			expect(error.code, String(value)).toBe('ConfigInvalid');
			expect(error.message).toContain("'workers'");
			expect(error.message).toContain('from 1 to 9');
		}
	});

	it('does not round a bigint into its bounds', () => {
		expect(refusal(() => parseInteger('n', 2n ** 53n, 0, Number.MAX_SAFE_INTEGER)).code).toBe('ConfigInvalid');
		expect(parseInteger('n', 2n ** 53n - 1n, 0, Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
	});
});

describe('parsePowerOfTwo', () => {
	it('takes powers of two and nothing between them', () => {
		expect(parsePowerOfTwo('n', '1024', 2, 4096)).toBe(1024);
		expect(parsePowerOfTwo('n', 2, 2, 4096)).toBe(2);
		for (const value of [...nonsense, 0, 1, 3, 1023, 8192, -2]) {
			expect(refusal(() => parsePowerOfTwo('n', value, 2, 4096)).message, String(value)).toContain('a power of two');
		}
	});
});

describe('the other parsers', () => {
	it('take what they should', () => {
		expect(parseNumber('n', '1.5', 1)).toBe(1.5);
		expect(parseChoice('c', 'b', ['a', 'b'])).toBe('b');
		expect(parseBoolean('b', 'true')).toBe(true);
		expect(parseBoolean('b', false)).toBe(false);
		expect(parseString('s', 'x')).toBe('x');
	});

	it('refuse the rest', () => {
		expect(refusal(() => parseNumber('n', 0.5, 1)).message).toContain('not below 1');
		expect(refusal(() => parseChoice('c', 'z', ['a', 'b'])).message).toContain("'a' or 'b'");
		expect(refusal(() => parseBoolean('b', 1)).message).toContain('true or false');
		expect(refusal(() => parseString('s', '')).message).toContain('not empty');
	});

	it('keep a monstrous value out of the message', () => {
		expect(refusal(() => parseInteger('n', 'x'.repeat(100_000), 0, 1)).message.length).toBeLessThan(500);
	});
});

describe('readOptions and refuseUnknown', () => {
	it('take an object or nothing', () => {
		expect(readOptions(undefined)).toEqual({});
		expect(readOptions(null)).toEqual({});
		expect(readOptions({ a: 1 })).toEqual({ a: 1 });
		for (const value of ['x', 1, [], true]) expect(refusal(() => readOptions(value)).code).toBe('ConfigInvalid');
	});

	it('refuse a name that is not allowed, unless it is absent', () => {
		refuseUnknown({ a: 1, z: undefined }, ['a']);
		const error = refusal(() => refuseUnknown({ a: 1, z: 2 }, ['a', 'b']));
		expect(error.message).toContain("'z'");
		expect(error.message).toContain('a, b');
	});
});

describe('parsePoolOptions', () => {
	it('fills in the defaults', () => {
		const options = parsePoolOptions({});
		expect(Object.keys(options)).toEqual([...POOL_OPTION_NAMES]);
		expect(options).toMatchObject({
			ringEntries: 1024,
			buffers: 16,
			bufferBytes: 2 ** 21,
			maxQueued: 65536,
		});
		expect(options.workers).toBeGreaterThanOrEqual(1);
		expect(options.workers).toBeLessThanOrEqual(4);
		expect(options.syncWorkers).toBe(availableParallelism() < 3 ? 4 : Math.min(8, availableParallelism() * 2));
	});

	it('takes strings, and leaves other names to others', () => {
		expect(parsePoolOptions({ workers: '3', ringEntries: '2', root: '/x' })).toMatchObject({
			workers: 3,
			ringEntries: 2,
		});
	});

	it('makes no pool without a lane for durable writes', () => {
		expect(parsePoolOptions({ syncWorkers: 0 }).syncWorkers).toBe(1);
	});

	it('gives equal options for equal meanings, so that operators share a pool', () => {
		expect(parsePoolOptions({ workers: '2', buffers: 8n })).toEqual(parsePoolOptions({ workers: 2, buffers: 8 }));
	});

	it.each([
		['workers', 0],
		['workers', 65],
		['syncWorkers', -1],
		['ringEntries', 1],
		['ringEntries', 1000],
		['ringEntries', 32768],
		['buffers', 3],
		['buffers', 257],
		['bufferBytes', 32768],
		['bufferBytes', 2 ** 27],
		['maxQueued', -1],
	])('refuses %s: %s', (name, value) => {
		const error = refusal(() => parsePoolOptions({ [name]: value }));
		expect(error.code).toBe('ConfigInvalid');
		expect(error.message).toContain(`'${name}'`);
	});

	it('refuses what an instance of 4 GiB cannot hold, and says how much it can', () => {
		const error = refusal(() => parsePoolOptions({ buffers: 256, bufferBytes: 2 ** 26 }));
		expect(error.message).toContain('at most 62');
		parsePoolOptions({ buffers: 62, bufferBytes: 2 ** 26 });
	});
});

it('a root where nothing can be made is refused, and does not keep Node trying for ever', () => {
	for (const root of ['/proc/nowhere', '/proc/nowhere/deeper', '/dev/null/nowhere']) {
		expect(() => new Operator('fs', { root })).toThrow(/^ConfigInvalid: .*'root'/);
	}
});
