import { mkdirSync, renameSync, symlinkSync, truncateSync } from 'node:fs';
import { type ImportProgress, importTree, Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useScratch } from '../cli/scratch.js';
import { rejection } from '../operator/refusal.js';

const LARGE_BYTES = 2_500_000;
/** So many failures are collected. */
const FAILURES_MAX = 20;

const scratch = useScratch();
let op: Operator;
let told: ImportProgress[];
const onProgress = (progress: ImportProgress) => void told.push(progress);

beforeEach(() => {
	op = new Operator('memory', { maximumBytes: 64 * 2 ** 20 });
	told = [];
});
afterEach(async () => {
	await op.removeAll('/');
	await op.close();
});

describe('importTree()', () => {
	it('stores files and empty directories, skips the rest, and says what it did', async () => {
		scratch.file('tree/a', 'a');
		scratch.file('tree/deep/er/large', Buffer.alloc(LARGE_BYTES, 'x'));
		mkdirSync(scratch.at('tree/nothing/here'), { recursive: true });
		symlinkSync('a', scratch.at('tree/link'));
		expect(await importTree(op, scratch.at('tree'), 'to/')).toEqual({
			files: 2,
			bytes: LARGE_BYTES + 1,
			emptyDirectories: 1,
			skipped: { symlinks: 1, specialFiles: 0 },
			failed: [],
		});
		const paths = (await op.list('/', { recursive: true })).map((entry) => entry.path());
		expect(paths).toEqual([
			'/',
			'to/',
			'to/a',
			'to/deep/',
			'to/deep/er/',
			'to/deep/er/large',
			'to/nothing/',
			'to/nothing/here/',
		]);
		expect((await op.read('to/deep/er/large')).equals(Buffer.alloc(LARGE_BYTES, 'x'))).toBe(true);
	});

	it('goes to the root by default, and not into what is excluded', async () => {
		scratch.file('tree/a', 'a');
		scratch.file('tree/not/b', 'b');
		await importTree(op, scratch.at('tree'), undefined, { exclude: scratch.at('tree/not') });
		expect((await op.list('/', { recursive: true })).map((entry) => entry.path())).toEqual(['/', 'a']);
	});

	it('onProgress is told bytes and total after the look at the tree, every piece and every file', async () => {
		scratch.file('tree/a', 'abc');
		scratch.file('tree/b', '');
		scratch.file('tree/large', Buffer.alloc(LARGE_BYTES));
		await importTree(op, scratch.at('tree'), '/', { onProgress, concurrency: 2 });
		const total = LARGE_BYTES + 3;
		expect(told[0]).toEqual({ bytes: 0, total, files: 0, totalFiles: 3 });
		expect(told.at(-1)).toEqual({ bytes: total, total, files: 3, totalFiles: 3 });
		expect(told.every((progress) => progress.total === total && progress.totalFiles === 3)).toBe(true);
		// The first look, three pieces of the large file and one each of the others, three files.
		expect(told).toHaveLength(1 + 3 + 2 + 3);
		for (const [index, { bytes, files }] of told.slice(1).entries()) {
			expect(bytes).toBeGreaterThanOrEqual(told[index].bytes);
			expect(files).toBeGreaterThanOrEqual(told[index].files);
		}
	});

	it('onProgress ends at its total also when files fail, grow and become shorter meanwhile', async () => {
		const names = ['a-goes', 'b-grows', 'c-shrinks'];
		for (const name of names) scratch.file(`tree/${name}`, Buffer.alloc(1000));
		const { files, bytes, failed } = await importTree(op, scratch.at('tree'), '/', {
			concurrency: 1,
			onProgress(progress) {
				onProgress(progress);
				if (told.length > 1) return;
				renameSync(scratch.at('tree/a-goes'), scratch.at('gone'));
				scratch.file('tree/b-grows', Buffer.alloc(5000));
				truncateSync(scratch.at('tree/c-shrinks'), 10);
			},
		});
		expect({ files, bytes }).toEqual({ files: 2, bytes: 5010 });
		expect(failed).toMatchObject([{ path: 'a-goes', error: { code: 'ENOENT' } }]);
		expect(told.at(-1)).toEqual({ bytes: 5010, total: 5010, files: 3, totalFiles: 3 });
	});

	it('ends with what onProgress throws', async () => {
		for (let file = 0; file < 5; file++) scratch.file(`tree/${file}`, 'x');
		let calls = 0;
		const failing = importTree(op, scratch.at('tree'), '/', {
			concurrency: 1,
			onProgress() {
				if (++calls === 4) throw new Error('enough');
			},
		});
		await expect(failing).rejects.toThrow('enough');
		// The first look, the piece and the file of the first, and the piece of the second.
		expect(calls).toBe(4);
		expect(await op.list('/')).toHaveLength(3);
	});

	it('is cancelled by its signal, with its reason as the cause, and what was stored stays', async () => {
		for (let file = 0; file < 5; file++) scratch.file(`tree/${file}`, 'x');
		const controller = new AbortController();
		const cancelled = importTree(op, scratch.at('tree'), 'to/', {
			concurrency: 1,
			signal: controller.signal,
			onProgress: ({ files }) => files === 2 && controller.abort(new Error('why')),
		});
		const error = await rejection(cancelled);
		expect(error).toMatchObject({ code: 'Cancelled', operation: 'importTree', path: 'to/', cause: { message: 'why' } });
		expect(await op.list('to/')).toHaveLength(3);
	});

	it('gives up with the failure after the twentieth', async () => {
		for (let file = 0; file <= FAILURES_MAX; file++) {
			scratch.file(`tree/${file}`, 'x');
			await op.createDir(`${file}/`);
		}
		expect((await rejection(importTree(op, scratch.at('tree')))).code).toBe('IsADirectory');
		await op.delete('0/');
		expect((await importTree(op, scratch.at('tree'))).failed).toHaveLength(FAILURES_MAX);
	});

	it('gives up at once when the store is full', async () => {
		for (let file = 0; file < 5; file++) scratch.file(`tree/${file}`, Buffer.alloc(2 ** 20));
		await using small = new Operator('memory', { maximumBytes: 2 ** 20 });
		const full = importTree(small, scratch.at('tree'), '/', { concurrency: 1, onProgress });
		expect((await rejection(full)).code).toBe('StorageFull');
		expect(told.at(-1)?.files).toBeLessThan(2);
	});

	it('refuses what is no directory, and no path', async () => {
		scratch.file('file', '');
		const refused = async (...[local, path]: [local: unknown, path?: string]) =>
			(await rejection(importTree(op, local as string, path))).code;
		expect(await refused(scratch.at('none'))).toBe('NotFound');
		expect(await refused(scratch.at('file'))).toBe('NotADirectory');
		expect(await refused(undefined)).toBe('ConfigInvalid');
		expect(await refused(scratch.at(), '../out')).toBe('InvalidPath');
	});
});
