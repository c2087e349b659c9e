import { expect, it } from 'vitest';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeTopic } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** How paths are written: slashes at the front, doubled and at the end, and the root. */
export function pathBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'paths', (scene) => {
		it('leading and repeated slashes make no difference to any method', async () => {
			const { calls } = scene;
			const directory = scene.fresh();
			await calls.write(`//${directory}///file`, 'x');
			expectBytes(await calls.read(`${directory}/file`), 'x');
			expectBytes(await calls.read(`/${directory}//file`), 'x');
			expect((await calls.stat(`///${directory}////file`)).contentLength).toBe(1n);
			expect(await calls.exists(`/${directory}/file`)).toBe(true);
			await calls.createDir(`/${directory}//made//`);
			expect((await calls.stat(`${directory}/made/`)).isDirectory()).toBe(true);
			await calls.copy(`/${directory}//file`, `//${directory}/copy`);
			await calls.rename(`/${directory}//copy`, `//${directory}//moved`);
			expectBytes(await calls.read(`${directory}/moved`), 'x');
			await calls.delete(`//${directory}//moved`);
			await calls.remove([`/${directory}//made//`]);
			expect(pathsOf(await calls.list(`//${directory}//`))).toEqual([`${directory}/`, `${directory}/file`]);
			await calls.removeAll(`//${directory}//`);
			expect(await calls.exists(`${directory}/file`)).toBe(false);
		});

		it('entries carry the short form of the path', async () => {
			const directory = scene.fresh();
			await scene.op.write(`${directory}/deep/file`, 'x');
			const entries = await scene.calls.list(`//${directory}///`, { recursive: true });
			expect(pathsOf(entries)).toEqual([`${directory}/`, `${directory}/deep/`, `${directory}/deep/file`]);
		});

		it('a slash at the end means a directory and nothing else', async () => {
			const { calls } = scene;
			const directory = scene.fresh();
			await calls.write(`${directory}/file`, 'x');
			expect(await calls.exists(`${directory}/file/`)).toBe(false);
			await expectCode(calls.stat(`${directory}/file/`), 'NotFound');
			await expectCode(calls.read(`${directory}/file/`), 'IsADirectory', 'NotFound', 'NotADirectory');
			await expectCode(calls.write(`${directory}/file/`, 'y'), 'IsADirectory');
			await expectCode(calls.copy(`${directory}/file`, `${directory}/copy/`), 'IsADirectory');
			await expectCode(calls.rename(`${directory}/file`, `${directory}/moved/`), 'IsADirectory');
			expectBytes(await calls.read(`${directory}/file`), 'x');
			expect(pathsOf(await calls.list(`${directory}/`))).toEqual([`${directory}/`, `${directory}/file`]);
		});

		it('a file deleted as a directory stays', async () => {
			const { calls } = scene;
			const path = `${scene.fresh()}/file`;
			await calls.write(path, 'x');
			// Absence and a refusal are both fair answers here; what counts is that the file is still there.
			await calls
				.delete(`${path}/`)
				.catch((error: unknown) => expectCode(Promise.reject(error), 'NotADirectory', 'NotFound'));
			expectBytes(await calls.read(path), 'x');
		});

		it("'' and '/' are the root", async () => {
			const { calls } = scene;
			for (const path of ['', '/', '//', '///']) {
				expect((await calls.stat(path)).isDirectory(), JSON.stringify(path)).toBe(true);
				expect(await calls.exists(path), JSON.stringify(path)).toBe(true);
				expect(pathsOf(await calls.list(path)), JSON.stringify(path)).toContain('/');
			}
		});

		it('the root can be neither read nor written, copied nor renamed', async () => {
			const { calls } = scene;
			const path = `${scene.fresh()}/file`;
			await calls.write(path, 'x');
			for (const root of ['', '/']) {
				await expectCode(calls.read(root), 'IsADirectory');
				await expectCode(calls.write(root, 'x'), 'IsADirectory');
				await expectCode(calls.copy(root, path), 'IsADirectory');
				await expectCode(calls.copy(path, root), 'IsADirectory');
				await expectCode(calls.rename(root, path), 'IsADirectory');
				await expectCode(calls.rename(path, root), 'IsADirectory');
			}
			expectBytes(await calls.read(path), 'x');
		});

		it('a component . is left out or refused, and never a name of its own', async () => {
			const { calls } = scene;
			const directory = scene.fresh();
			await calls.createDir(`${directory}/`);
			const written = await calls.write(`${directory}/./file`, 'x').then(
				() => true,
				(error: unknown) => expectCode(Promise.reject(error), 'InvalidPath').then(() => false),
			);
			const names = written ? [`${directory}/`, `${directory}/file`] : [`${directory}/`];
			expect(pathsOf(await calls.list(`${directory}/`, { recursive: true }))).toEqual(names);
		});

		it('upper and lower case are different names, and so are composed and decomposed letters', async () => {
			const { calls } = scene;
			const directory = scene.fresh();
			const twins = ['readme', 'README', 'caf\u00e9', 'cafe\u0301'];
			for (const name of twins) await calls.write(`${directory}/${name}`, name);
			for (const name of twins) expectBytes(await calls.read(`${directory}/${name}`), name);
			expect(await calls.list(`${directory}/`)).toHaveLength(twins.length + 1);
		});
	});
}
