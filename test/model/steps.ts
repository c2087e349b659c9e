import fc from 'fast-check';
import type { ListOptions, Range } from './operator-model.js';

/** Content is named by length and seed, so that a failing sequence stays readable. */
export interface Content {
	length: number;
	seed: number;
}

export type WriteMode = 'replace' | 'append' | 'ifNotExists';

/** One call, as plain data: what fast-check makes, shrinks and prints. */
export type Step =
	| { call: 'stat' | 'exists' | 'createDir' | 'removeAll'; path: string }
	| { call: 'read'; path: string; range: Range }
	| { call: 'reader'; path: string; bufferBytes: number }
	| { call: 'write'; path: string; content: Content; mode: WriteMode }
	| { call: 'writer'; path: string; pieces: Content[]; mode: WriteMode; end: 'close' | 'abort' }
	| { call: 'delete'; path: string; recursive: boolean }
	| { call: 'remove'; paths: string[] }
	| { call: 'list' | 'lister'; path: string; options: ListOptions }
	| { call: 'copy' | 'rename'; path: string; target: string; ifNotExists: boolean };

const STEPS_MAX = 40;

// A handful of names: sequences must meet each other to find anything.
const names = ['a', 'b', 'ab', 'd', 'd-', 'd/a', 'd/b', 'd/e', 'd/e/a', 'd/e/f/a', 'de/a'];
const directories = ['d/', 'd/e/', 'd/e/f/', 'de/', 'a/', 'ab/'];
const oddities = ['', '/', '//a', 'd//a', '/d///e//', 'a/x', 'a/x/', 'd/missing', 'missing/', 'missing/a'];
const refused = ['..', '../a', 'd/../a', 'd/..', 'a\0b'];

const path = fc.oneof(
	{ weight: 12, arbitrary: fc.constantFrom(...names) },
	{ weight: 4, arbitrary: fc.constantFrom(...directories) },
	{ weight: 2, arbitrary: fc.constantFrom(...oddities) },
	{ weight: 1, arbitrary: fc.constantFrom(...refused) },
);

const length = fc.oneof(
	{ weight: 6, arbitrary: fc.integer({ min: 0, max: 6 }) },
	{ weight: 2, arbitrary: fc.constantFrom(4095, 4096, 4097, 16_383, 16_384, 16_385) },
	{ weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
);
const content = fc.record({ length, seed: fc.integer({ min: 1, max: 255 }) });
// Few positions, so that they meet the ends of contents and go just past them.
const position = fc.oneof(
	{ weight: 3, arbitrary: fc.integer({ min: 0, max: 8 }) },
	{ weight: 1, arbitrary: fc.constantFrom(4095, 4096, 4097, 16_383, 16_384, 16_385) },
);
const range: fc.Arbitrary<Range> = fc.oneof(
	fc.constant({}),
	fc.record({ offset: position }),
	fc.record({ size: position }),
	fc.record({ offset: position, size: position }),
	// A suffix of nothing is not defined.
	fc.record({ suffix: position.filter((bytes) => bytes > 0) }),
);
const mode = fc.constantFrom<WriteMode>('replace', 'replace', 'append', 'ifNotExists');
const listOptions: fc.Arbitrary<ListOptions> = fc.record(
	{
		recursive: fc.boolean(),
		startAfter: fc.constantFrom(...names, ...directories),
		limit: fc.integer({ min: 1, max: 5 }),
	},
	{ requiredKeys: [] },
);

const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ call: fc.constant('write' as const), path, content, mode }) },
	{
		weight: 3,
		arbitrary: fc.record({
			call: fc.constant('writer' as const),
			path,
			pieces: fc.array(content, { maxLength: 3 }),
			mode,
			end: fc.constantFrom('close' as const, 'close' as const, 'abort' as const),
		}),
	},
	{ weight: 5, arbitrary: fc.record({ call: fc.constant('read' as const), path, range }) },
	{
		weight: 1,
		arbitrary: fc.record({
			call: fc.constant('reader' as const),
			path,
			bufferBytes: fc.constantFrom(7, 1000, 4096, 300_000),
		}),
	},
	{
		weight: 4,
		arbitrary: fc
			.record({
				call: fc.constantFrom('copy' as const, 'rename' as const),
				path,
				// A call onto itself would otherwise be a rare accident.
				target: fc.option(path, { freq: 8 }),
				ifNotExists: fc.boolean(),
			})
			.map((transfer) => ({ ...transfer, target: transfer.target ?? transfer.path })),
	},
	{
		weight: 4,
		arbitrary: fc.record({
			call: fc.constantFrom('stat' as const, 'exists' as const, 'createDir' as const),
			path,
		}),
	},
	{ weight: 3, arbitrary: fc.record({ call: fc.constant('delete' as const), path, recursive: fc.boolean() }) },
	{ weight: 1, arbitrary: fc.record({ call: fc.constant('removeAll' as const), path }) },
	{
		weight: 1,
		arbitrary: fc.record({ call: fc.constant('remove' as const), paths: fc.array(path, { maxLength: 4 }) }),
	},
	{
		weight: 3,
		arbitrary: fc.record({ call: fc.constantFrom('list' as const, 'lister' as const), path, options: listOptions }),
	},
);

export const steps: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 1, maxLength: STEPS_MAX, size: 'max' });
