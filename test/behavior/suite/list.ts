import { EntryMode } from 'holdfast';
import { expect, it } from 'vitest';
import { expectCode, pathsOf } from '../expectations.js';
import { describeMethod, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `list`: what it gives, in which order, and its options. */
export function listBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'list', (scene) => {
		it('of a directory gives the directory itself and its children', async () => {
			const directory = await treeOf(scene, ['b', 'a', 'deep/below', 'empty/']);
			expect(await listed(scene, directory, '')).toEqual(['', 'a', 'b', 'deep/', 'empty/']);
		});

		it('of an empty directory gives the directory itself', async () => {
			const directory = await treeOf(scene, []);
			expect(await listed(scene, directory, '')).toEqual(['']);
		});

		it('of a missing directory gives nothing', async () => {
			const directory = await treeOf(scene, ['file']);
			for (const path of ['missing/', 'missing/below/', 'file/below/']) {
				expect(await listed(scene, directory, path), path).toEqual([]);
			}
		});

		it('of the root gives the root and its children', async () => {
			const directory = await treeOf(scene, ['file']);
			const paths = pathsOf(await scene.calls.list('/'));
			expect(paths[0]).toBe('/');
			expect(paths).toContain(`${directory}/`);
			expect(paths).not.toContain(`${directory}/file`);
			expect(pathsOf(await scene.calls.list(''))).toEqual(paths);
		});

		it('gives entries with path, name and metadata', async () => {
			const directory = await treeOf(scene, ['file', 'deep/below']);
			const [itself, deep, file] = await scene.calls.list(`${directory}/`);
			expect([itself.path(), itself.name()]).toEqual([`${directory}/`, `${directory}/`]);
			expect(itself.metadata().isDirectory()).toBe(true);
			expect([deep.path(), deep.name()]).toEqual([`${directory}/deep/`, 'deep/']);
			expect(deep.metadata().mode).toBe(EntryMode.DIR);
			expect([file.path(), file.name()]).toEqual([`${directory}/file`, 'file']);
			expect(file.metadata().mode).toBe(EntryMode.FILE);
			expect(file.metadata().isFile()).toBe(true);
		});

		it('gives the metadata of a file as stat does', async () => {
			const directory = await treeOf(scene, ['file']);
			const [, entry] = await scene.calls.list(`${directory}/`);
			const metadata = await scene.calls.stat(`${directory}/file`);
			expect(entry.metadata().contentLength).toBe(metadata.contentLength);
			expect(entry.metadata().lastModified).toBe(metadata.lastModified);
			expect(entry.metadata().etag).toBe(metadata.etag);
		});

		it('without a slash at the end lists by prefix', async () => {
			const directory = await treeOf(scene, ['w', 'word', 'world/below', 'wo', 'x', 'deep/word']);
			expect(await listed(scene, directory, 'w')).toEqual(['w', 'wo', 'word', 'world/']);
			expect(await listed(scene, directory, 'wor')).toEqual(['word', 'world/']);
			expect(await listed(scene, directory, 'nothing')).toEqual([]);
			expect(await listed(scene, directory, 'missing/w')).toEqual([]);
		});

		it('of a directory without its slash lists by prefix, and does not go into it', async () => {
			const directory = await treeOf(scene, ['dir/below', 'dir2/below', 'directory', 'other']);
			expect(await listed(scene, directory, 'dir')).toEqual(['dir/', 'dir2/', 'directory']);
		});

		it('of a file lists by prefix', async () => {
			const directory = await treeOf(scene, ['file', 'file2', 'fil']);
			expect(await listed(scene, directory, 'file')).toEqual(['file', 'file2']);
		});

		it('by prefix in the root works as anywhere', async () => {
			const directory = await treeOf(scene, ['file']);
			const paths = pathsOf(await scene.calls.list(directory));
			expect(paths).toContain(`${directory}/`);
			for (const path of paths) expect(path.startsWith(directory)).toBe(true);
		});

		it('is ordered by path', async () => {
			const names = [
				'a',
				'a-b',
				'a.txt',
				'a0',
				'aa',
				'B',
				'b/',
				'b-',
				'b0',
				'Z',
				'_',
				'~',
				'ä',
				'漢',
				'.dot',
				' space',
			];
			const directory = await treeOf(scene, names);
			expect(await listed(scene, directory, '')).toEqual(['', ...[...names].sort()]);
		});

		it('with recursive goes down', async () => {
			const directory = await treeOf(scene, ['a', 'd/a', 'd/d/a', 'd/d/d/a', 'e/empty/', 'z']);
			if (await lacksRecursive(scene, directory)) return;
			const all = ['', 'a', 'd/', 'd/a', 'd/d/', 'd/d/a', 'd/d/d/', 'd/d/d/a', 'e/', 'e/empty/', 'z'];
			expect(await listed(scene, directory, '', { recursive: true })).toEqual(all);
			expect(await listed(scene, directory, 'd/', { recursive: true })).toEqual(all.slice(2, 8));
			expect(await listed(scene, directory, 'missing/', { recursive: true })).toEqual([]);
		});

		it('with recursive: false does not', async () => {
			const directory = await treeOf(scene, ['d/a', 'z']);
			expect(await listed(scene, directory, '', { recursive: false })).toEqual(['', 'd/', 'z']);
		});

		it('with recursive is ordered by path, across directories', async () => {
			const names = ['a-b', 'a.txt', 'a/', 'a/z', 'a/-', 'a0', 'a/a/', 'a/a/a', 'a/a-', 'b'];
			const directory = await treeOf(scene, names);
			if (await lacksRecursive(scene, directory)) return;
			expect(await listed(scene, directory, '', { recursive: true })).toEqual(['', ...[...names].sort()]);
		});

		it('with recursive and a prefix gives everything whose path begins so', async () => {
			const directory = await treeOf(scene, ['w/a', 'word', 'world/d/a', 'x/w']);
			if (await lacksRecursive(scene, directory)) return;
			expect(await listed(scene, directory, 'w', { recursive: true })).toEqual([
				'w/',
				'w/a',
				'word',
				'world/',
				'world/d/',
				'world/d/a',
			]);
			expect(await listed(scene, directory, 'wor', { recursive: true })).toEqual([
				'word',
				'world/',
				'world/d/',
				'world/d/a',
			]);
		});

		it('gives everything whatever the limit, which is the size of a page', async () => {
			const names = Array.from({ length: 57 }, (_, index) => `file-${String(index).padStart(3, '0')}`);
			const directory = await treeOf(scene, names);
			const limited = (limit: number): Promise<string[]> => listed(scene, directory, '', { limit });
			if (await scene.lacks('listWithLimit', () => limited(1))) return;
			for (const limit of [1, 2, 56, 57, 58, 1000]) expect(await limited(limit)).toEqual(['', ...names]);
		});

		it('with startAfter skips up to and including that path', async () => {
			const directory = await treeOf(scene, ['a', 'b', 'c/', 'd']);
			if (await lacksStartAfter(scene, directory)) return;
			const after = (path: string): Promise<string[]> =>
				listed(scene, directory, '', { startAfter: `${directory}/${path}` });
			expect(await after('a')).toEqual(['b', 'c/', 'd']);
			expect(await after('b')).toEqual(['c/', 'd']);
			expect(await after('bb')).toEqual(['c/', 'd']);
			expect(await after('c/')).toEqual(['d']);
			expect(await after('d')).toEqual([]);
			expect(await after('zzz')).toEqual([]);
		});

		it('with startAfter pages through a directory without a gap or a repetition', async () => {
			const names = Array.from({ length: 25 }, (_, index) => `n${index}`).sort();
			const directory = await treeOf(scene, names);
			if (await lacksStartAfter(scene, directory)) return;
			const seen: string[] = [];
			let startAfter = `${directory}/`;
			// Bounded: a page that does not move on must fail the case, not hang it.
			while (seen.length <= names.length) {
				const page = pathsOf(await scene.calls.list(`${directory}/`, { startAfter, limit: 4 })).slice(0, 4);
				if (page.length === 0) break;
				seen.push(...page.map((path) => path.slice(directory.length + 1)));
				startAfter = page[page.length - 1];
			}
			expect(seen).toEqual(names);
		});

		it('with startAfter and recursive skips by path, also in the middle of a directory', async () => {
			const directory = await treeOf(scene, ['a', 'd/a', 'd/d/a', 'd/z', 'z']);
			if (await lacksStartAfter(scene, directory)) return;
			if (await lacksRecursive(scene, directory)) return;
			const after = (path: string): Promise<string[]> =>
				listed(scene, directory, '', { recursive: true, startAfter: `${directory}/${path}` });
			expect(await after('a')).toEqual(['d/', 'd/a', 'd/d/', 'd/d/a', 'd/z', 'z']);
			expect(await after('d/a')).toEqual(['d/d/', 'd/d/a', 'd/z', 'z']);
			expect(await after('d/d/a')).toEqual(['d/z', 'z']);
			expect(await after('d/z')).toEqual(['z']);
		});

		it('lists a directory of 3,000 names', async () => {
			const names = Array.from({ length: 3000 }, (_, index) => `file-${String(index).padStart(5, '0')}`);
			const directory = await treeOf(scene, names);
			expect(await listed(scene, directory, '')).toEqual(['', ...names]);
			await scene.op.removeAll(`${directory}/`);
		});

		it('lists names of 255 bytes, more of them than one page holds', async () => {
			const names = Array.from({ length: 400 }, (_, index) => `${String(index).padStart(3, '0')}${'n'.repeat(252)}`);
			const directory = await treeOf(scene, names);
			expect(await listed(scene, directory, '')).toEqual(['', ...names]);
		});

		it('below a file gives nothing or NotADirectory, and never the file', async () => {
			const directory = await treeOf(scene, ['file']);
			const paths = await scene.calls.list(`${directory}/file/`).then(pathsOf, async (error: unknown) => {
				await expectCode(Promise.reject(error), 'NotADirectory');
				return [];
			});
			expect(paths).toEqual([]);
		});
	});
}

type ListOptions = NonNullable<Parameters<Scene['calls']['list']>[1]>;

/** Makes empty files, and directories where the name ends in a slash. */
export async function treeOf(scene: Scene, names: readonly string[]): Promise<string> {
	const directory = scene.fresh();
	await scene.op.createDir(`${directory}/`);
	const make = (name: string): Promise<unknown> =>
		name.endsWith('/') ? scene.op.createDir(`${directory}/${name}`) : scene.op.write(`${directory}/${name}`, '');
	await Promise.all(names.map(make));
	return directory;
}

async function listed(scene: Scene, directory: string, path: string, options?: ListOptions): Promise<string[]> {
	const entries = await scene.calls.list(`${directory}/${path}`, options);
	return pathsOf(entries).map((found) => found.slice(directory.length + 1));
}

function lacksRecursive(scene: Scene, directory: string): Promise<boolean> {
	return scene.lacks('listWithRecursive', () => scene.calls.list(`${directory}/`, { recursive: true }));
}

function lacksStartAfter(scene: Scene, directory: string): Promise<boolean> {
	return scene.lacks('listWithStartAfter', () => scene.calls.list(`${directory}/`, { startAfter: `${directory}/a` }));
}
