import { expect, it } from 'vitest';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `createDir`. */
export function createDirectoryBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'createDir', (scene) => {
		it('makes a directory and its parents', async () => {
			const directory = scene.fresh();
			if (await scene.lacks('createDir', () => scene.calls.createDir(`${directory}/`))) return;
			expect(await scene.calls.createDir(`${directory}/a/b/c/`)).toBeUndefined();
			for (const path of ['', 'a/', 'a/b/', 'a/b/c/']) {
				expect((await scene.op.stat(`${directory}/${path}`)).isDirectory(), path).toBe(true);
			}
			expect(pathsOf(await scene.op.list(`${directory}/a/b/c/`))).toEqual([`${directory}/a/b/c/`]);
		});

		it('is fine when the directory exists, and leaves its content alone', async () => {
			const directory = scene.fresh();
			if (await scene.lacks('createDir', () => scene.calls.createDir(`${directory}/`))) return;
			await scene.op.write(`${directory}/file`, 'x');
			await scene.calls.createDir(`${directory}/`);
			await scene.calls.createDir(`${directory}/`);
			expectBytes(await scene.op.read(`${directory}/file`), 'x');
		});

		it('is fine for the root', async () => {
			if (await scene.lacks('createDir', () => scene.calls.createDir('/'))) return;
			await scene.calls.createDir('/');
			expect(await scene.op.exists('/')).toBe(true);
		});

		it('says NotADirectory for a path without a slash at its end, and makes nothing', async () => {
			const directory = scene.fresh();
			if (await scene.lacks('createDir', () => scene.calls.createDir(`${directory}/`))) return;
			await expectCode(scene.calls.createDir(directory), 'NotADirectory');
			await expectCode(scene.calls.createDir(`${directory}/deep`), 'NotADirectory');
			expect(await scene.op.exists(`${directory}/`)).toBe(false);
		});

		it('replaces no file, and makes nothing below one', async () => {
			const path = `${scene.fresh()}/file`;
			if (await scene.lacks('createDir', () => scene.calls.createDir(`${path}/`))) return;
			await scene.op.write(path, 'x');
			await expectCode(scene.calls.createDir(`${path}/`), 'NotADirectory', 'AlreadyExists');
			await expectCode(scene.calls.createDir(`${path}/below/`), 'NotADirectory');
			expectBytes(await scene.op.read(path), 'x');
		});
	});
}
