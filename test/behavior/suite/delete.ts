import { expect, it } from 'vitest';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeMethod, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `delete`, `remove` and `removeAll`. */
export function deleteBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'delete', (scene) => {
		it('removes a file and nothing beside it', async () => {
			const directory = await treeOf(scene, ['file', 'file2', 'fil', 'other/file']);
			expect(await scene.calls.delete(`${directory}/file`)).toBeUndefined();
			expect(await filesIn(scene, directory)).toEqual(['fil', 'file2', 'other/file']);
		});

		it('is fine for what is not there', async () => {
			const directory = await treeOf(scene, ['file']);
			for (const path of ['missing', 'missing/', 'missing/below', 'missing/below/', 'file/below']) {
				await scene.calls.delete(`${directory}/${path}`);
			}
			expect(await filesIn(scene, directory)).toEqual(['file']);
		});

		it('is fine twice', async () => {
			const directory = await treeOf(scene, ['file']);
			await scene.calls.delete(`${directory}/file`);
			await scene.calls.delete(`${directory}/file`);
			expect(await filesIn(scene, directory)).toEqual([]);
		});

		it('removes an empty directory', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/empty/`);
			await scene.calls.delete(`${directory}/empty/`);
			expect(await scene.op.exists(`${directory}/empty/`)).toBe(false);
			expect(await scene.op.exists(`${directory}/`)).toBe(true);
		});

		it('says NotEmpty for a directory with content, and leaves it alone', async () => {
			const directory = await treeOf(scene, ['full/file', 'deep/empty/']);
			await expectCode(scene.calls.delete(`${directory}/full/`), 'NotEmpty');
			await expectCode(scene.calls.delete(`${directory}/full/`, { recursive: false }), 'NotEmpty');
			await expectCode(scene.calls.delete(`${directory}/deep/`), 'NotEmpty');
			expect(await scene.op.exists(`${directory}/deep/empty/`)).toBe(true);
			expectBytes(await scene.op.read(`${directory}/full/file`), 'full/file');
		});

		it('with recursive removes a directory with everything below it, and nothing beside it', async () => {
			const directory = await treeOf(scene, ['a/1', 'a/b/2', 'a/b/c/3', 'a/empty/', 'a2/4', 'a.txt', 'z']);
			await scene.calls.delete(`${directory}/a/`, { recursive: true });
			expect(await scene.op.exists(`${directory}/a/`)).toBe(false);
			expect(await filesIn(scene, directory)).toEqual(['a.txt', 'a2/4', 'z']);
		});

		it('with recursive removes a file, and is fine for what is not there', async () => {
			const directory = await treeOf(scene, ['file', 'other']);
			await scene.calls.delete(`${directory}/file`, { recursive: true });
			await scene.calls.delete(`${directory}/file`, { recursive: true });
			await scene.calls.delete(`${directory}/missing/`, { recursive: true });
			expect(await filesIn(scene, directory)).toEqual(['other']);
		});

		it('with recursive removes a deep and broad tree', async () => {
			const deep = `${'d/'.repeat(60)}file`;
			const broad = Array.from({ length: 300 }, (_, index) => `broad/file-${index}`);
			const directory = await treeOf(scene, [deep, ...broad, 'stays']);
			await scene.calls.delete(`${directory}/d/`, { recursive: true });
			await scene.calls.delete(`${directory}/broad/`, { recursive: true });
			expect(await filesIn(scene, directory)).toEqual(['stays']);
		});

		it('makes room for a file where a directory was, and the other way round', async () => {
			const directory = await treeOf(scene, ['name/file']);
			await scene.calls.delete(`${directory}/name/`, { recursive: true });
			await scene.op.write(`${directory}/name`, 'now a file');
			expectBytes(await scene.op.read(`${directory}/name`), 'now a file');
			await scene.calls.delete(`${directory}/name`);
			await scene.op.createDir(`${directory}/name/`);
			expect((await scene.op.stat(`${directory}/name/`)).isDirectory()).toBe(true);
		});
	});

	describeMethod(service, 'remove', (scene) => {
		it('removes every path of the list', async () => {
			const directory = await treeOf(scene, ['a', 'b', 'c', 'deep/d', 'empty/']);
			const gone = ['a', 'c', 'deep/d', 'empty/'].map((path) => `${directory}/${path}`);
			expect(await scene.calls.remove(gone)).toBeUndefined();
			expect(await filesIn(scene, directory)).toEqual(['b']);
			expect(await scene.op.exists(`${directory}/empty/`)).toBe(false);
			expect(await scene.op.exists(`${directory}/deep/`)).toBe(true);
		});

		it('is fine for what is not there, for one path twice, and for an empty list', async () => {
			const directory = await treeOf(scene, ['a', 'b']);
			await scene.calls.remove([`${directory}/missing`, `${directory}/a`, `${directory}/a`, `${directory}/none/`]);
			await scene.calls.remove([]);
			expect(await filesIn(scene, directory)).toEqual(['b']);
		});

		it('says NotEmpty for a directory with content, and leaves it alone', async () => {
			const directory = await treeOf(scene, ['full/file']);
			await expectCode(scene.calls.remove([`${directory}/full/`]), 'NotEmpty');
			expect(await filesIn(scene, directory)).toEqual(['full/file']);
		});

		it('removes many at once', async () => {
			const names = Array.from({ length: 300 }, (_, index) => `file-${index}`);
			const directory = await treeOf(scene, names);
			await scene.calls.remove(names.map((name) => `${directory}/${name}`));
			expect(await filesIn(scene, directory)).toEqual([]);
		});
	});

	describeMethod(service, 'removeAll', (scene) => {
		it('removes a directory with everything below it, and nothing beside it', async () => {
			const directory = await treeOf(scene, ['a/1', 'a/b/2', 'a/b/c/3', 'a/empty/', 'a2/4', 'a.txt', 'ab', 'z']);
			expect(await scene.calls.removeAll(`${directory}/a/`)).toBeUndefined();
			expect(await filesIn(scene, directory)).toEqual(['a.txt', 'a2/4', 'ab', 'z']);
			expect(await scene.op.list(`${directory}/a/`, { recursive: true })).toEqual([]);
		});

		it('without the slash takes what is below the directory too', async () => {
			const directory = await treeOf(scene, ['a/1', 'a/b/2', 'other/a', 'z']);
			await scene.calls.removeAll(`${directory}/a`);
			expect(await filesIn(scene, directory)).toEqual(['other/a', 'z']);
		});

		it('removes a single file', async () => {
			const directory = await treeOf(scene, ['file', 'other']);
			await scene.calls.removeAll(`${directory}/file`);
			expect(await filesIn(scene, directory)).toEqual(['other']);
		});

		it('is fine for what is not there', async () => {
			const directory = await treeOf(scene, ['file']);
			await scene.calls.removeAll(`${directory}/missing/`);
			await scene.calls.removeAll(`${directory}/missing`);
			await scene.calls.removeAll(`${directory}/missing/below/`);
			expect(await filesIn(scene, directory)).toEqual(['file']);
		});
	});

	for (const root of ['', '/']) {
		describeMethod(service, 'removeAll', (scene) => {
			it(`of ${JSON.stringify(root)} empties the root, which stays`, async () => {
				await treeOf(scene, ['a/1', 'b', 'empty/']);
				await scene.op.write('top', 'x');
				await scene.calls.removeAll(root);
				expect(pathsOf(await scene.op.list('/', { recursive: true }))).toEqual(['/']);
				expect(await scene.op.exists('/')).toBe(true);
				await scene.op.check();
				await scene.op.write('after/wards', 'x');
				expectBytes(await scene.op.read('after/wards'), 'x');
			});
		});
	}
}

/** Makes files whose content is their name, and directories where the name ends in a slash. */
async function treeOf(scene: Scene, names: readonly string[]): Promise<string> {
	const directory = scene.fresh();
	await scene.op.createDir(`${directory}/`);
	const make = (name: string): Promise<unknown> =>
		name.endsWith('/') ? scene.op.createDir(`${directory}/${name}`) : scene.op.write(`${directory}/${name}`, name);
	await Promise.all(names.map(make));
	return directory;
}

/** Every file below a directory, relative to it, in order. */
async function filesIn(scene: Scene, directory: string): Promise<string[]> {
	const entries = await scene.op.list(`${directory}/`, { recursive: true });
	const files = entries.filter((entry) => entry.metadata().isFile());
	return pathsOf(files).map((path) => path.slice(directory.length + 1));
}
