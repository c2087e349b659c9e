import { expect, it } from 'vitest';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `write` with `ifNotExists`. A hundred rivals at once are in `rivals.ts`. */
export function ifNotExistsBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'write', (scene) => {
		it('with ifNotExists makes a missing file and its parents', async () => {
			const path = `${scene.fresh()}/deep/file`;
			const write = (): Promise<unknown> => scene.calls.write(path, 'x', { ifNotExists: true });
			if (await scene.lacks('writeWithIfNotExists', write)) return;
			await write();
			expectBytes(await scene.op.read(path), 'x');
		});

		it('with ifNotExists says ConditionNotMatch for an existing file, also an empty one, and leaves it alone', async () => {
			const directory = scene.fresh();
			await scene.op.write(`${directory}/file`, 'first');
			await scene.op.write(`${directory}/empty`, '');
			const write = (name: string): Promise<unknown> =>
				scene.calls.write(`${directory}/${name}`, 'second', { ifNotExists: true });
			if (await scene.lacks('writeWithIfNotExists', () => write('file'))) return;
			for (const name of ['file', 'empty']) {
				const error = await expectCode(write(name), 'ConditionNotMatch');
				expect(error.retryable).toBe(false);
			}
			expectBytes(await scene.op.read(`${directory}/file`), 'first');
			expectBytes(await scene.op.read(`${directory}/empty`), '');
			expect(pathsOf(await scene.op.list(`${directory}/`))).toHaveLength(3);
		});

		it('with ifNotExists replaces no directory', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			const write = (): Promise<unknown> => scene.calls.write(directory, 'x', { ifNotExists: true });
			if (await scene.lacks('writeWithIfNotExists', write)) return;
			await expectCode(write(), 'ConditionNotMatch', 'IsADirectory');
			expect((await scene.op.stat(`${directory}/`)).isDirectory()).toBe(true);
		});

		it('with ifNotExists works again after the file is gone', async () => {
			const path = `${scene.fresh()}/file`;
			const write = (content: string): Promise<unknown> => scene.calls.write(path, content, { ifNotExists: true });
			if (await scene.lacks('writeWithIfNotExists', () => write('x'))) return;
			await write('first');
			await scene.op.delete(path);
			await write('second');
			expectBytes(await scene.op.read(path), 'second');
		});
	});
}
