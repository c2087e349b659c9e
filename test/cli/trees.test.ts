import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Result, type RunOptions, holdfast as runHoldfast } from './command.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const LARGE = Buffer.alloc(2_500_000, 'tree');

function holdfast(args: readonly string[], options?: RunOptions): Promise<Result> {
	return runHoldfast(['--root', 'store', '--durability', 'none', ...args], { cwd: scratch.path, ...options });
}

/** A small tree with everything that a tree can have. */
function makeTree(): void {
	scratch.file('tree/a.txt', 'a');
	scratch.file('tree/empty', '');
	scratch.file('tree/deep/er/large.bin', LARGE);
	scratch.file('tree/sp ace/ü', 'ü');
	mkdirSync(scratch.at('tree/nothing/here'), { recursive: true });
	symlinkSync('a.txt', scratch.at('tree/link'));
	execFileSync('mkfifo', [scratch.at('tree/pipe')]);
}

const FILES = ['a.txt', 'deep/er/large.bin', 'empty', 'sp ace/ü'];

describe('import', () => {
	test('stores every regular file and empty directory, and counts what it skips', async () => {
		makeTree();
		const result = await holdfast(['import', 'tree', 'copy']);
		expect(result).toMatchObject({ code: 0, stderr: '' });
		expect(result.stdout).toMatch(/^stored 4 files, 2\.5 MB in .*; skipped 1 symlink and 1 special file\n$/);
		expect(scratch.files('store/copy')).toEqual(FILES);
		expect(readFileSync(scratch.at('store/copy/deep/er/large.bin')).equals(LARGE)).toBe(true);
		expect(existsSync(scratch.at('store/copy/nothing/here'))).toBe(true);
	});

	test('goes to the root when no path is given', async () => {
		makeTree();
		await holdfast(['import', 'tree', '--concurrency', '1']);
		expect(scratch.files('store')).toEqual(FILES);
	});

	test('--json gives one document', async () => {
		makeTree();
		const { stdout, stderr } = await holdfast(['--json', 'import', 'tree']);
		expect(stderr).toBe('');
		expect(JSON.parse(stdout)).toMatchObject({
			files: 4,
			bytes: LARGE.length + 3,
			emptyDirectories: 1,
			skipped: { symlinks: 1, specialFiles: 1 },
			failed: [],
		});
	});

	test('leaves out the store when that lies within the tree', async () => {
		scratch.file('a', 'a');
		scratch.file('store/old', 'old');
		expect(await holdfast(['import', '.', 'copy'])).toMatchObject({ code: 0, stderr: '' });
		expect(scratch.files('store')).toEqual(['copy/a', 'old']);
		expect(await holdfast(['verify', '.', 'copy'])).toMatchObject({ code: 0, stderr: '' });
	});

	test('refuses a tree that is the store itself', async () => {
		scratch.file('store/a', '');
		expect(await holdfast(['import', 'store'])).toMatchObject({ code: 2 });
	});

	test('goes on after a file that cannot be stored, and fails at the end', async () => {
		scratch.file('tree/a', 'a');
		scratch.file('tree/b', 'b');
		scratch.file('store/a/in-the-way', '');
		const result = await holdfast(['import', 'tree']);
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: IsADirectory: .*'a'.*\n$/);
		expect(result.stdout).toMatch(/^stored 1 file, .*, 1 failed\n$/);
		expect(scratch.files('store')).toEqual(['a/in-the-way', 'b']);
	});

	test('of something that is no directory is refused', async () => {
		scratch.file('file', '');
		expect(await holdfast(['import', 'file'])).toMatchObject({ code: 2 });
		expect(await holdfast(['import', 'missing'])).toMatchObject({ code: 1 });
	});
});

describe('verify', () => {
	test('is content with a fresh import', async () => {
		makeTree();
		await holdfast(['import', 'tree', 'copy']);
		const result = await holdfast(['verify', 'tree', 'copy']);
		expect(result).toMatchObject({ code: 0, stderr: '' });
		expect(result.stdout).toMatch(/^compared 4 files, 2\.5 MB: all identical; skipped /);
	});

	test('finds what is different, missing and extra', async () => {
		makeTree();
		await holdfast(['import', 'tree', 'copy']);
		// One bit, at the end of the last piece: the size stays the same.
		const changed = Buffer.from(LARGE);
		changed[changed.length - 1] ^= 1;
		writeFileSync(scratch.at('store/copy/deep/er/large.bin'), changed);
		rmSync(scratch.at('store/copy/a.txt'));
		scratch.file('store/copy/deep/new', '');
		const result = await holdfast(['verify', 'tree', 'copy']);
		expect(result).toMatchObject({ code: 1, stderr: '' });
		expect(result.lines).toEqual([
			'different  deep/er/large.bin',
			'missing    a.txt',
			'extra      deep/new',
			expect.stringMatching(/^compared 4 files, 2\.5 MB: 3 differences; /),
		]);
	});

	test('--json gives one document, and the same exit code', async () => {
		makeTree();
		await holdfast(['import', 'tree']);
		writeFileSync(scratch.at('store/empty'), 'x');
		const result = await holdfast(['--json', 'verify', 'tree']);
		expect(result.code).toBe(1);
		expect(JSON.parse(result.stdout)).toMatchObject({
			files: 4,
			different: ['empty'],
			missing: [],
			extra: [],
			identical: false,
		});
	});

	test('does not take a directory for a missing file', async () => {
		scratch.file('tree/a', 'a');
		scratch.file('store/a/b', '');
		expect((await holdfast(['verify', 'tree'])).lines.slice(0, 2)).toEqual(['missing    a', 'extra      a/b']);
	});
});
