import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HoldfastError, Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CACHED_DIRECTORIES_MAX } from '#host/wasi/directory-cache';
import { descriptorsIn } from '../wasi/opened-files.js';

let base: string;
let root: string;
let op: Operator;

beforeEach(() => {
	base = mkdtempSync(join(tmpdir(), 'holdfast-root-'));
	root = join(base, 'root');
});
afterEach(async () => {
	await op.close();
	const left = descriptorsIn(base);
	rmSync(base, { recursive: true, force: true });
	expect(left).toBe(0);
});

function open(options: Record<string, unknown> = {}): void {
	op = new Operator('fs', { root, workers: 1, syncWorkers: 1, ...options });
}

const code = (call: Promise<unknown>) =>
	call.then(
		() => 'accepted',
		(error: unknown) => (error instanceof HoldfastError ? error.code : String(error)),
	);

/** Uses the root in every way, so that each of its directories is known and cached. */
async function useAll(): Promise<void> {
	await op.write('a/b/file', 'content');
	expect(String(await op.read('a/b/file'))).toBe('content');
	expect((await op.list('a/', { recursive: true })).map((entry) => entry.path())).toEqual(['a/', 'a/b/', 'a/b/file']);
}

describe.each(['refuse', 'within'])("a root with symlinks: '%s'", (symlinks) => {
	test('that is moved stays the root, and what comes in its place is not looked at', async () => {
		open({ symlinks });
		await useAll();
		const reader = await op.reader('a/b/file');
		await reader.read(Buffer.alloc(1));
		renameSync(root, join(base, 'moved'));
		expect(String(await op.read('a/b/file'))).toBe('content');
		mkdirSync(join(root, 'a/b'), { recursive: true });
		writeFileSync(join(root, 'a/b/file'), 'another root');
		await op.write('a/b/new', 'new');
		await op.rename('a/b/file', 'a/b/renamed');
		await op.copy('a/b/renamed', 'c/copied');
		expect(String(await op.read('a/b/renamed'))).toBe('content');
		expect(await reader.read(Buffer.alloc(10))).toBe(6n);
		await op.removeAll('a/');
		expect(readdirSync(join(base, 'moved'))).toEqual(['c']);
		expect(readFileSync(join(root, 'a/b/file'), 'utf8')).toBe('another root');
		expect(readdirSync(join(root, 'a/b'))).toEqual(['file']);
	});

	test('that is removed answers NotFound, and nothing is made where it was', async () => {
		open({ symlinks });
		await useAll();
		rmSync(root, { recursive: true });
		mkdirSync(root);
		for (const call of [
			() => op.read('a/b/file'),
			() => op.stat('a/'),
			() => op.write('new', 'x'),
			() => op.write('a/b/new', 'x'),
			() => op.createDir('new/'),
			() => op.copy('a/b/file', 'new'),
			() => op.rename('a/b/file', 'new'),
		]) {
			expect(await code(call())).toBe('NotFound');
		}
		expect(await op.list('a/')).toEqual([]);
		expect(await op.exists('a/b/file')).toBe(false);
		await op.delete('a/b/file');
		expect(readdirSync(root)).toEqual([]);
	});
});

describe('the option symlinks', () => {
	test("is 'refuse' or 'within', also in a URI, and anything else is ConfigInvalid that says so", async () => {
		mkdirSync(root);
		writeFileSync(join(root, 'file'), 'content');
		symlinkSync('file', join(root, 'link'));
		for (const wrong of ['follow', '', true, 1]) {
			const make = () => new Operator('fs', { root, symlinks: wrong });
			expect(make).toThrow(/ConfigInvalid: option 'symlinks' is .*; allowed is 'refuse' or 'within'/);
		}
		open();
		expect(await code(op.read('link'))).toBe('InvalidPath');
		await using within = Operator.fromUri(`${pathToFileURL(root).href.replace(/^file:/, 'fs:')}?symlinks=within`);
		expect(String(await within.read('link'))).toBe('content');
		expect(() => new Operator('memory', { symlinks: 'within' })).toThrow(/ConfigInvalid: unknown option 'symlinks'/);
	});
});

describe('directories below the root', () => {
	test('that this pool moves, that others move and that are made anew are found where they are', async () => {
		open({ workers: 2 });
		await useAll();
		await Promise.all(Array.from({ length: 20 }, () => op.read('a/b/file')));
		renameSync(join(root, 'a/b'), join(root, 'a/c'));
		expect(await code(op.read('a/b/file'))).toBe('NotFound');
		expect(String(await op.read('a/c/file'))).toBe('content');
		await op.removeAll('a/c/');
		mkdirSync(join(root, 'a/c'));
		await op.write('a/c/file', 'second');
		expect(readFileSync(join(root, 'a/c/file'), 'utf8')).toBe('second');
		renameSync(join(root, 'a'), join(base, 'taken'));
		for (let round = 0; round < 20; round++) {
			expect(await code(op.read('a/c/file'))).toBe('NotFound');
			expect(op.existsSync('a/c/')).toBe(false);
		}
		await op.write('a/c/file', 'third');
		expect(readFileSync(join(base, 'taken/c/file'), 'utf8')).toBe('second');
	});

	test('stay open in a bounded number, and are closed with the operator', async () => {
		open({ ringEntries: 64 });
		const paths = Array.from({ length: 3 * CACHED_DIRECTORIES_MAX }, (_, index) => `d${index % 300}/e${index}/file`);
		for (const path of paths) {
			mkdirSync(join(root, path, '..'), { recursive: true });
			writeFileSync(join(root, path), 'x');
		}
		for (let round = 0; round < 2; round++) await Promise.all(paths.map((path) => op.read(path)));
		const cached = descriptorsIn(base);
		// The root itself, and what calls may have had in use beyond the bound.
		expect(cached).toBeLessThanOrEqual(CACHED_DIRECTORIES_MAX + 4);
		expect(cached).toBeGreaterThan(CACHED_DIRECTORIES_MAX / 2);
		rmSync(root, { recursive: true });
	});
});

describe('a mount', () => {
	const isRoot = process.getuid?.() === 0;
	const tryMount = (...options: string[]) => {
		try {
			execFileSync('mount', options, { stdio: 'ignore' });
			return true;
		} catch {
			// No right to, or no such command.
			return false;
		}
	};

	test('that is the root and is unmounted goes on until the operator is closed', async ({ skip }) => {
		mkdirSync(root);
		open();
		if (!isRoot || !tryMount('-t', 'tmpfs', 'holdfast-test', root)) return skip('NOT RUN: mounting takes root');
		try {
			await op.close();
			open();
			await useAll();
		} finally {
			execFileSync('umount', ['--lazy', root]);
		}
		expect(readdirSync(root)).toEqual([]);
		expect(String(await op.read('a/b/file'))).toBe('content');
		await op.write('a/b/new', 'new');
		await op.write('c/d/new', 'new');
		expect(String(await op.read('c/d/new'))).toBe('new');
		expect((await op.list('/')).map((entry) => entry.path())).toEqual(['/', 'a/', 'c/']);
		await op.removeAll('a/');
		expect(readdirSync(root)).toEqual([]);
		expect(existsSync(join(root, 'c'))).toBe(false);
	});

	test('below the root belongs to the root: all works in it, and a rename across it is Unsupported', async ({
		skip,
	}) => {
		open();
		await op.createDir('mounted/');
		await op.write('file', 'content');
		if (!isRoot || !tryMount('-t', 'tmpfs', 'holdfast-test', join(root, 'mounted')))
			return skip('NOT RUN: mounting takes root');
		try {
			await op.write('mounted/a/file', 'inside');
			expect(String(await op.read('mounted/a/file'))).toBe('inside');
			expect(await code(op.rename('file', 'mounted/moved'))).toBe('Unsupported');
			await op.copy('file', 'mounted/copied');
			expect(String(await op.read('mounted/copied'))).toBe('content');
			await op.removeAll('mounted/a/');
			expect((await op.list('mounted/')).map((entry) => entry.path())).toEqual(['mounted/', 'mounted/copied']);
		} finally {
			execFileSync('umount', ['--lazy', join(root, 'mounted')]);
		}
		expect(String(await op.read('file'))).toBe('content');
		expect(await code(op.read('mounted/copied'))).toBe('NotFound');
	});
});
