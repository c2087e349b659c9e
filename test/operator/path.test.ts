import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as scanned from '#host/operator/parse-path';
import * as named from '#host/operator/parse-path.web';
import { formatPath } from '#host/operator/path';
import { refusal } from './refusal.js';

describe.each([
	['character by character', scanned],
	['name by name', named],
])('parsePath, %s', (_, { parsePath }) => {
	it.each([
		['a', 'a', false],
		['a/', 'a', true],
		['a/b', 'a/b', false],
		['/a//b', 'a/b', false],
		['//a///b//', 'a/b', true],
		['', '', true],
		['/', '', true],
		['///', '', true],
		['.', '', true],
		['./', '', true],
		['./a', 'a', false],
		['a/./b', 'a/b', false],
		['a/.', 'a', true],
		['a/./', 'a', true],
		['..a/...', '..a/...', false],
		['.hidden', '.hidden', false],
		['a b\nc', 'a b\nc', false],
		['back\\slash', 'back\\slash', false],
		['é/漢/😀', 'é/漢/😀', false],
	])('%j is %j, directory %s', (raw, path, isDirectory) => {
		expect(parsePath(raw, 'stat')).toEqual({ path, isDirectory });
		expect(parsePath(`/${raw}`, 'stat')).toEqual({ path, isDirectory });
	});

	it.each([
		['..', "'..'"],
		['../a', "'..'"],
		['a/..', "'..'"],
		['a/../b', "'..'"],
		['/..', "'..'"],
		['a\0b', 'NUL'],
		['\0', 'NUL'],
		['a\ud800', 'surrogate'],
		['a\ud800b', 'surrogate'],
		['a\udc00\ud800', 'surrogate'],
		['a/\udfff/b', 'surrogate'],
		['.holdfast-x.tmp', 'temporary'],
		['a/.holdfast-x.tmp/b', 'temporary'],
	])('refuses %j', (raw, reason) => {
		const error = refusal(() => parsePath(raw, 'read'));
		expect(error).toMatchObject({ code: 'InvalidPath', operation: 'read', path: raw, retryable: false });
		expect(error.message).toContain(reason);
	});

	it('counts the bytes of a name: 255 pass, 256 do not', () => {
		for (const name of ['n'.repeat(255), '漢'.repeat(85), 'é'.repeat(127), `${'😀'.repeat(63)}abc`]) {
			expect(Buffer.byteLength(name)).toBeGreaterThanOrEqual(254);
			expect(parsePath(`a/${name}/b`, 'stat').path).toBe(`a/${name}/b`);
			const error = refusal(() => parsePath(`a/${name}nn/b`, 'stat'));
			expect(error.message).toContain('names have at most 255');
		}
	});

	it('counts the bytes of a path: 4,095 pass, 4,096 do not', () => {
		const directories = `${'d'.repeat(99)}/`.repeat(40);
		const longest = `${directories}${'f'.repeat(95)}`;
		expect(parsePath(longest, 'stat').path).toBe(longest);
		expect(parsePath(`//${longest}/`, 'stat')).toEqual({ path: longest, isDirectory: true });
		expect(parsePath(longest.replaceAll('/', '//./'), 'stat').path).toBe(longest);
		expect(refusal(() => parsePath(`${longest}f`, 'stat')).message).toContain('4095 bytes');
		expect(refusal(() => parsePath(`${directories}${'漢'.repeat(32)}`, 'stat')).message).toContain('4095 bytes');
		expect(refusal(() => parsePath('a/'.repeat(2 ** 20), 'stat')).code).toBe('InvalidPath');
	});

	it('refuses what is no string', () => {
		for (const raw of [undefined, null, 1, {}, ['a'], Buffer.from('a')]) {
			expect(refusal(() => parsePath(raw, 'stat')).code).toBe('InvalidPath');
		}
	});
});

it('parsePath gives the same path, or the same refusal, in both ways', () => {
	const piece = fc.constantFrom(
		'/',
		'.',
		'..',
		'a',
		'\0',
		'é',
		'漢',
		'😀',
		'\ud83d',
		'\ude00',
		'.holdfast-x.tmp',
		'n'.repeat(254),
	);
	const outcome = (parse: typeof scanned.parsePath, raw: string): unknown => {
		try {
			return parse(raw, 'stat');
		} catch (error) {
			return (error as Error).message;
		}
	};
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
			// Which of several reasons is told may differ.
			if (
				['..', '\0', '\ud83d', '\ude00', '.holdfast-x.tmp', 'n'.repeat(254)].filter((bad) => pieces.includes(bad))
					.length > 1
			)
				return;
			const raw = pieces.join('');
			expect(outcome(named.parsePath, raw)).toEqual(outcome(scanned.parsePath, raw));
		}),
		{ numRuns: 3000 },
	);
});

describe('formatPath', () => {
	it('gives directories their slash', () => {
		expect(formatPath('a/b', false)).toBe('a/b');
		expect(formatPath('a/b', true)).toBe('a/b/');
		expect(formatPath('', true)).toBe('/');
	});
});
