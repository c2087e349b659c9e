import { expect, it } from 'vitest';
import { expectBytes, expectCode } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `write` with `append`. Several writers at once are in `rivals.ts`. */
export function appendBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'write', (scene) => {
		it('with append concatenates, and makes the file when it is missing', async () => {
			const path = `${scene.fresh()}/deep/file`;
			const append = (content: string): Promise<unknown> => scene.calls.write(path, content, { append: true });
			if (await scene.lacks('writeCanAppend', () => append('a'))) return;
			await append('a');
			await append('');
			await append('bc');
			await append('def');
			expectBytes(await scene.op.read(path), 'abcdef');
		});

		it('with append adds to a file that was written whole, and a write replaces the sum', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'head,');
			if (await scene.lacks('writeCanAppend', () => scene.calls.write(path, 'tail', { append: true }))) return;
			await scene.calls.write(path, 'tail', { append: true });
			expectBytes(await scene.op.read(path), 'head,tail');
			await scene.calls.write(path, 'new', { append: false });
			expectBytes(await scene.op.read(path), 'new');
		});

		it('with append of nothing to a missing file makes an empty file', async () => {
			const path = `${scene.fresh()}/file`;
			if (await scene.lacks('writeCanAppend', () => scene.calls.write(path, '', { append: true }))) return;
			await scene.calls.write(path, '', { append: true });
			expect((await scene.op.stat(path)).contentLength).toBe(0n);
		});

		it('with append refuses directories and paths below files as a write does', async () => {
			const directory = scene.fresh();
			await scene.op.write(`${directory}/file`, 'x');
			const append = (path: string): Promise<unknown> => scene.calls.write(path, 'y', { append: true });
			if (await scene.lacks('writeCanAppend', () => append(`${directory}/file`))) return;
			await expectCode(append(directory), 'IsADirectory');
			await expectCode(append(`${directory}/new/`), 'IsADirectory');
			await expectCode(append(`${directory}/file/below`), 'NotADirectory');
			expectBytes(await scene.op.read(`${directory}/file`), 'x');
		});
	});
}
