import { EntryMode } from 'holdfast';
import { expect, it } from 'vitest';
import { expectCode, plainMetadata } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** `stat`, `exists` and `check`. */
export function statBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'stat', (scene) => {
		it('describes a file', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'hello');
			const metadata = await scene.calls.stat(path);
			expect(metadata.isFile()).toBe(true);
			expect(metadata.isDirectory()).toBe(false);
			expect(metadata.isDeleted()).toBe(false);
			expect(metadata.mode).toBe(EntryMode.FILE);
			expect(metadata.contentLength).toBe(5n);
		});

		it('counts the bytes of a string as UTF-8', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'aé漢😀');
			expect((await scene.calls.stat(path)).contentLength).toBe(10n);
		});

		it('gives the time of the last change in RFC 3339', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'hello');
			const { lastModified } = await scene.calls.stat(path);
			expect(lastModified).toMatch(RFC_3339);
			const ageMs = Date.now() - Date.parse(lastModified ?? '');
			// Generous on both sides: the clock of the file system may run a little behind, and the machine may be busy.
			expect(ageMs).toBeGreaterThan(-10_000);
			expect(ageMs).toBeLessThan(600_000);
		});

		it('says the same twice when nothing has changed', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'hello');
			expect(plainMetadata(await scene.calls.stat(path))).toEqual(plainMetadata(await scene.calls.stat(path)));
		});

		it('describes a directory, with its slash and without', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			for (const path of [`${directory}/`, directory]) {
				const metadata = await scene.calls.stat(path);
				expect(metadata.isDirectory(), path).toBe(true);
				expect(metadata.isFile(), path).toBe(false);
				expect(metadata.mode, path).toBe(EntryMode.DIR);
			}
		});

		it('describes a parent that a write made', async () => {
			const directory = scene.fresh();
			await scene.op.write(`${directory}/deep/file`, 'x');
			expect((await scene.calls.stat(`${directory}/deep/`)).isDirectory()).toBe(true);
		});

		it('describes the root under both of its names', async () => {
			expect((await scene.calls.stat('')).isDirectory()).toBe(true);
			expect((await scene.calls.stat('/')).isDirectory()).toBe(true);
		});

		it('says NotFound for a missing file, a missing directory and a missing parent', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			for (const path of [`${directory}/missing`, `${directory}/missing/`, `${directory}/missing/below`]) {
				await expectCode(scene.calls.stat(path), 'NotFound');
			}
		});

		it('says NotFound for a file written as a directory', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'x');
			await expectCode(scene.calls.stat(`${path}/`), 'NotFound');
		});

		it('says NotFound for a path below a file', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'x');
			await expectCode(scene.calls.stat(`${path}/below`), 'NotFound');
		});

		it('sees a change, a replacement and a removal at once', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'one');
			expect((await scene.calls.stat(path)).contentLength).toBe(3n);
			await scene.op.write(path, 'three');
			expect((await scene.calls.stat(path)).contentLength).toBe(5n);
			await scene.op.delete(path);
			await expectCode(scene.calls.stat(path), 'NotFound');
		});
	});

	describeMethod(service, 'exists', (scene) => {
		it('is true for a file, a directory with and without its slash, and the root', async () => {
			const directory = scene.fresh();
			await scene.op.write(`${directory}/file`, 'x');
			for (const path of [`${directory}/file`, `${directory}/`, directory, '', '/']) {
				expect(await scene.calls.exists(path), path).toBe(true);
			}
		});

		it('is false, and throws nothing, for whatever is absent', async () => {
			const directory = scene.fresh();
			await scene.op.write(`${directory}/file`, 'x');
			const absent = ['missing', 'missing/', 'missing/below', 'file/', 'file/below', 'file/below/deep/'];
			for (const path of absent) expect(await scene.calls.exists(`${directory}/${path}`), path).toBe(false);
		});

		it('follows creation and removal', async () => {
			const path = `${scene.fresh()}/file`;
			expect(await scene.calls.exists(path)).toBe(false);
			await scene.op.write(path, '');
			expect(await scene.calls.exists(path)).toBe(true);
			await scene.op.delete(path);
			expect(await scene.calls.exists(path)).toBe(false);
		});
	});

	describeMethod(service, 'check', (scene) => {
		it('passes over a store that works', async () => {
			expect(await scene.calls.check()).toBeUndefined();
		});

		it('leaves nothing behind', async () => {
			await scene.calls.check();
			const entries = await scene.op.list('/', { recursive: true });
			expect(entries.map((entry) => entry.path())).toEqual(['/']);
		});
	});
}
