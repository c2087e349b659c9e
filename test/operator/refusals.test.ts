import * as holdfast from 'holdfast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './refusal.ts';

// Every public entry that takes options, with everything that none of them takes. What an option means is tested elsewhere; here, that
// nothing else is taken for it, and that the refusal says which option it was and what is allowed.

const POOL = { workers: 1, syncWorkers: 1, ringEntries: 16, buffers: 4, bufferBytes: 65536 };
let op: holdfast.Operator;
let reader: holdfast.Reader;
let writer: holdfast.Writer;

beforeAll(async () => {
	op = new holdfast.Operator('memory', POOL);
	await op.write('file', 'content');
	reader = await op.reader('file');
	writer = await op.writer('other');
});
afterAll(() => op.close());

type Options = Record<string, unknown>;
type Entry = (options: never) => unknown;

/** Were everything else right, it would be made: nobody may. */
const NOWHERE = '/dev/null/nowhere';
const BAD_SIZES = [
	Number.NaN,
	-1,
	-1n,
	1.5,
	2 ** 53,
	2n ** 53n,
	2 ** 63,
	2n ** 63n,
	2n ** 64n,
	Number.POSITIVE_INFINITY,
	'5',
	{},
	true,
];
const BAD_COUNTS = [Number.NaN, -1, 1.5, 2 ** 53, 2n ** 63n, Number.NEGATIVE_INFINITY, 'many', {}, [], true];
const BAD_FLAGS = [0, 1, 'yes', {}, []];
const BAD_ETAGS = ['', 5, {}, true, []];
const BAD_TIMES = ['', 'yesterday', 5, {}, new Date(Number.NaN), '2020-13-01T00:00:00Z'];
const BAD_SIGNALS = [{}, 'abort', 5, new AbortController(), { aborted: false }];
const BAD_CALLBACKS = [5, 'log', {}, true];
const BAD_WORDS = ['half', 5, true, {}, ''];

const call = { signal: BAD_SIGNALS, timeoutMs: [0, ...BAD_COUNTS, 2 ** 31] };
const change = { ...call, durability: BAD_WORDS };
const conditions = {
	ifMatch: BAD_ETAGS,
	ifNoneMatch: BAD_ETAGS,
	ifModifiedSince: BAD_TIMES,
	ifUnmodifiedSince: BAD_TIMES,
};
const chunks = [...BAD_SIZES, 2 ** 30 + 1];
const readers = { ...call, ...conditions, chunk: chunks, concurrent: BAD_COUNTS, prefetch: BAD_COUNTS, gap: BAD_SIZES };
const reads = { ...readers, offset: BAD_SIZES, size: BAD_SIZES, suffix: BAD_SIZES, onProgress: BAD_CALLBACKS };
const writes = {
	...change,
	append: BAD_FLAGS,
	ifNotExists: BAD_FLAGS,
	ifMatch: BAD_ETAGS,
	ifNoneMatch: BAD_ETAGS,
	chunk: chunks,
};
const transfers = { ...change, ifNotExists: BAD_FLAGS };
const lists = { ...call, recursive: BAD_FLAGS, limit: [0, ...BAD_COUNTS], startAfter: [5, {}, true, []] };
const range = { start: BAD_SIZES, end: BAD_SIZES.filter((value) => value !== Number.POSITIVE_INFINITY) };
const marks = [...BAD_COUNTS, 2 ** 30 + 1];
const nodeStream = { highWaterMark: marks, emitClose: BAD_FLAGS, autoDestroy: BAD_FLAGS, signal: BAD_SIGNALS };
const pool = {
	workers: [0, 65, ...BAD_COUNTS],
	syncWorkers: [65, ...BAD_COUNTS],
	ringEntries: [0, 1, 3, 32_768, ...BAD_COUNTS],
	buffers: [3, 257, ...BAD_COUNTS],
	bufferBytes: [0, 65_537, 2 ** 27, ...BAD_COUNTS],
	maxQueued: [2 ** 24 + 1, ...BAD_COUNTS],
	maxQueuedBytes: BAD_COUNTS,
	maxReaders: [0, 65_537, ...BAD_COUNTS],
	maxWriters: [0, 65_537, ...BAD_COUNTS],
	stallMs: [49, 86_400_001, ...BAD_COUNTS],
	syncStallMs: [49, ...BAD_COUNTS],
	maxRestarts: BAD_COUNTS,
	restartWindowMs: [0, ...BAD_COUNTS],
	durability: BAD_WORDS,
};

/** An entry, what each of its options must not be, and the options that exist in opendal and not here. */
const ENTRIES: readonly [
	name: string,
	entry: Entry,
	bad: Record<string, readonly unknown[]>,
	unsupported?: readonly string[],
][] = [
	[
		'new Operator(memory)',
		(options: Options) => new holdfast.Operator('memory', options),
		{ ...pool, maximumBytes: [0, ...BAD_COUNTS] },
	],
	[
		'new Operator(fs)',
		(options: Options) =>
			new holdfast.Operator('fs', typeof options === 'object' ? { root: NOWHERE, ...options } : options),
		{ ...pool, root: ['', 5, {}, true, [], 'nul\0'] },
	],
	['Operator.fromUri()', (options: Options) => holdfast.Operator.fromUri('memory://', options), pool],
	...(['', 'Sync'] as const).flatMap((sync): [string, Entry, Record<string, readonly unknown[]>, string[]?][] => {
		const method = (name: string, ...before: unknown[]): Entry => {
			return (options) =>
				(op as unknown as Record<string, (...values: unknown[]) => unknown>)[name + sync](...before, options);
		};
		const onlyAsync: [string, Entry, Record<string, readonly unknown[]>][] = [
			['blob', method('blob', 'file'), { ...reads, type: [5, {}, true] }],
			['watch', method('watch', '/'), { signal: BAD_SIGNALS }],
			['reader.createReadStream', (o) => reader.createReadStream(o), { ...range, ...nodeStream, encoding: BAD_WORDS }],
			[
				'reader.readableWebStream',
				(o) => reader.readableWebStream(o),
				{ ...range, chunkBytes: [0, ...marks], signal: BAD_SIGNALS },
			],
			['reader.leases', (o) => reader.leases(o).next(), { chunkBytes: [0, 2 ** 21, ...BAD_COUNTS], poison: BAD_FLAGS }],
			[
				'importTree',
				(o) => holdfast.importTree(op, '/dev/null', '/', o),
				{
					signal: BAD_SIGNALS,
					durability: BAD_WORDS,
					concurrency: [0, 1025, ...BAD_COUNTS],
					exclude: [5, {}, true],
					onProgress: BAD_CALLBACKS,
				},
			],
			['writer.createWriteStream', (o) => writer.createWriteStream(o), { ...nodeStream, defaultEncoding: BAD_WORDS }],
			['writer.writableWebStream', (o) => writer.writableWebStream(o), { highWaterMark: marks }],
		];
		return [
			[`check${sync}`, method('check'), call],
			[`stat${sync}`, method('stat', 'file'), { ...call, ...conditions }, ['version', 'overrideContentType']],
			[`exists${sync}`, method('exists', 'file'), call],
			[`createDir${sync}`, method('createDir', 'd/'), change],
			[`read${sync}`, method('read', 'file'), reads, ['version', 'contentType', 'cacheControl', 'contentDisposition']],
			[`readText${sync}`, method('readText', 'file'), reads],
			[`readJson${sync}`, method('readJson', 'file'), reads],
			[`reader${sync}`, method('reader', 'file'), readers, ['version']],
			[
				`write${sync}`,
				method('write', 'new', 'x'),
				{ ...writes, onProgress: BAD_CALLBACKS },
				['contentType', 'userMetadata'],
			],
			[`writer${sync}`, method('writer', 'new'), writes, ['contentType', 'contentEncoding', 'cacheControl']],
			[`copy${sync}`, method('copy', 'file', 'new'), { ...transfers, onProgress: BAD_CALLBACKS }],
			[`rename${sync}`, method('rename', 'file', 'new'), transfers],
			[`delete${sync}`, method('delete', 'file'), { ...change, recursive: BAD_FLAGS }, ['version', 'ifMatch']],
			[`remove${sync}`, method('remove', ['file']), change],
			[`removeAll${sync}`, method('removeAll', 'file'), change],
			[`list${sync}`, method('list', '/'), lists, ['versions', 'deleted']],
			[`lister${sync}`, method('lister', '/'), lists, ['versions', 'deleted']],
			...(sync === '' ? onlyAsync : []),
		];
	}),
];

/** The refusal of a call that throws or rejects. */
async function refused(entry: Entry, options: unknown): Promise<holdfast.HoldfastError> {
	let outcome: unknown;
	try {
		outcome = await entry(options as never);
	} catch (error) {
		if (error instanceof holdfast.HoldfastError) return error;
		throw error;
	}
	if (outcome instanceof holdfast.Operator) await outcome.close();
	return expect.fail(`${String(JSON.stringify(options, (_, value) => String(value)))} was taken`);
}

describe.each(ENTRIES)('options of %s', (_name, entry, bad, unsupported = []) => {
	it('of the wrong type or out of range are ConfigInvalid, naming the option and what is allowed', async () => {
		for (const [name, values] of Object.entries(bad)) {
			for (const value of values) {
				const error = await refused(entry, { [name]: value });
				expect(error.code, `${name}: ${String(value)}: ${error.message}`).toBe('ConfigInvalid');
				expect(error.message).toContain(`'${name}'`);
				expect(error.message).toMatch(/allowed is|can be opened/);
			}
		}
	});

	it('that do not exist are ConfigInvalid, naming it and those that do', async () => {
		for (const name of ['nonsense', 'constructor', 'Signal', ' signal', '']) {
			const error = await refused(entry, { [name]: 1 });
			expect(error.code, name).toBe('ConfigInvalid');
			expect(error.message).toContain(`'${name}'`);
			for (const known of Object.keys(bad)) if (known !== 'durability') expect(error.message).toContain(known);
		}
	});

	it('that are no object are ConfigInvalid', async () => {
		for (const value of ['signal', 5, true, [], Symbol('x'), () => 1])
			expect((await refused(entry, value)).code).toBe('ConfigInvalid');
	});

	it('of opendal that no service here has are Unsupported, naming it', async () => {
		for (const name of unsupported) {
			const error = await refused(entry, {
				[name]: name === 'userMetadata' ? {} : name === 'deleted' || name === 'versions' ? true : 'x',
			});
			expect(error.code, name).toBe('Unsupported');
			expect(error.message).toContain(`'${name}'`);
		}
	});
});

describe('arguments that are no options', () => {
	it('an unknown scheme is ConfigInvalid and names those that there are', () => {
		for (const scheme of ['s3', 'FS', '', ' fs', '__proto__', 5, null, undefined, Symbol('fs'), {}]) {
			const error = refusal(() => new holdfast.Operator(scheme as never));
			expect(error.code, String(scheme)).toBe('ConfigInvalid');
			expect(error.message).toContain("'fs'");
			expect(error.message).toContain("'memory'");
		}
	});

	it('a URI that is none is ConfigInvalid', () => {
		for (const uri of [
			'',
			'fs',
			'/tmp',
			'fs://host/x',
			'memory://u:p@/',
			'memory://?workers=0',
			'memory://?a=1',
			's3://b',
			5,
			null,
			{},
		]) {
			expect(refusal(() => holdfast.Operator.fromUri(uri as never)).code, String(uri)).toBe('ConfigInvalid');
		}
	});

	it('an offset of readAt that is no size is ConfigInvalid', async () => {
		for (const offset of [...BAD_SIZES, undefined, null]) {
			expect((await refused((o) => reader.readAt(Buffer.alloc(1), o), offset)).message).toContain("'offset'");
		}
	});

	it('a task that is none, and its input, are ConfigInvalid', async () => {
		const dispatch = (name: string, input: unknown) =>
			refused(() => op.pool.dispatch(name as never, input as never), undefined);
		expect((await dispatch('nonsense', 1)).message).toContain("'nonsense'");
		for (const input of [Number.NaN, -1, 1.5, 2 ** 53, 2n ** 63n, 'x', null, {}])
			expect((await dispatch('sleep', input)).code).toBe('ConfigInvalid');
		for (const input of [5, null, {}, undefined]) expect((await dispatch('echo', input)).code).toBe('ConfigInvalid');
	});

	it('what is no layer is ConfigInvalid', () => {
		for (const layer of [undefined, null, 5, {}, new holdfast.RetryLayer()]) {
			expect(refusal(() => op.layer(layer as never)).code).toBe('ConfigInvalid');
		}
	});
});

describe('arguments of layers', () => {
	const set = (layer: object, name: string, value: unknown) => () => {
		(layer as Record<string, unknown>)[name] = value;
	};
	const makers: [name: string, option: string, make: (value: never) => unknown, bad: readonly unknown[]][] = [
		[
			'ConcurrentLimitLayer',
			'permits',
			(value) => new holdfast.ConcurrentLimitLayer(value),
			[0, ...BAD_COUNTS, undefined, null],
		],
		[
			'ConcurrentLimitLayer',
			'httpPermits',
			(value) => set(new holdfast.ConcurrentLimitLayer(1), 'httpPermits', value)(),
			[0, ...BAD_COUNTS],
		],
		['ConcurrentLimitLayer', 'clock', (value) => new holdfast.ConcurrentLimitLayer(1, value), [null, 5, {}]],
		['ThrottleLayer', 'bandwidth', (value) => new holdfast.ThrottleLayer(value, 1), [0, ...BAD_COUNTS, undefined]],
		['ThrottleLayer', 'burst', (value) => new holdfast.ThrottleLayer(1, value), [0, ...BAD_COUNTS, undefined]],
		['ThrottleLayer', 'clock', (value) => new holdfast.ThrottleLayer(1, 1, value), [null, 5, {}]],
		['RetryLayer', 'clock', (value) => new holdfast.RetryLayer(value), [null, 5, {}]],
		...(['maxTimes', 'minDelay', 'maxDelay'] as const).map((name): (typeof makers)[number] => [
			'RetryLayer',
			name,
			(value) => set(new holdfast.RetryLayer(), name, value)(),
			[...BAD_COUNTS, 2 ** 40],
		]),
		[
			'RetryLayer',
			'factor',
			(value) => set(new holdfast.RetryLayer(), 'factor', value)(),
			[0.5, Number.NaN, 'x', {}, Number.POSITIVE_INFINITY],
		],
		['RetryLayer', 'jitter', (value) => set(new holdfast.RetryLayer(), 'jitter', value)(), BAD_FLAGS],
		[
			'TimeoutLayer',
			'timeout',
			(value) => set(new holdfast.TimeoutLayer(), 'timeout', value)(),
			[0, ...BAD_COUNTS, 2 ** 31],
		],
		[
			'TimeoutLayer',
			'ioTimeout',
			(value) => set(new holdfast.TimeoutLayer(), 'ioTimeout', value)(),
			[0, ...BAD_COUNTS, 2 ** 31],
		],
		['LoggingLayer', 'log', (value) => new holdfast.LoggingLayer(value), [null, ...BAD_CALLBACKS]],
		[
			'CapabilityOverrideLayer',
			'overrides',
			(value) => new holdfast.CapabilityOverrideLayer(value),
			[5, null, 'read', 'read=maybe', 'x=true', 'a=b=c'],
		],
	];

	it.each(makers)('%s refuses what %s cannot be', (_name, option, make, bad) => {
		for (const value of bad) {
			const error = refusal(() => make(value as never));
			expect(error.code, String(value)).toBe('ConfigInvalid');
			expect(error.message).toContain(`'${option}'`);
			expect(error.message).toContain('allowed is');
		}
	});
});
