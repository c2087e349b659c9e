import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeMethod, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `copy` and `rename`, which differ only in what becomes of the source. */
export function transferBehavior(service: ServiceUnderTest): void {
	for (const method of ['copy', 'rename'] as const) {
		describeMethod(service, method, (scene) => defineTransfer(scene, method));
	}

	describeMethod(service, 'rename', (scene) => {
		it('does not move a directory', async () => {
			const directory = await pairOf(scene);
			await scene.op.write(`${directory}/full/file`, 'x');
			if (await scene.lacks('rename', () => scene.calls.rename(`${directory}/source`, `${directory}/moved`))) return;
			await expectCode(scene.calls.rename(`${directory}/full/`, `${directory}/moved/`), 'IsADirectory');
			await expectCode(scene.calls.rename(`${directory}/full`, `${directory}/moved`), 'IsADirectory');
			await expectCode(scene.calls.rename(`${directory}/full`, `${directory}/full/below`), 'IsADirectory');
			expectBytes(await scene.op.read(`${directory}/full/file`), 'x');
		});
	});

	describeMethod(service, 'copy', (scene) => {
		it('makes a file of its own: what happens to one does not happen to the other', async () => {
			const directory = await pairOf(scene);
			const copy = (): Promise<unknown> => scene.calls.copy(`${directory}/source`, `${directory}/copy`);
			if (await scene.lacks('copy', copy)) return;
			await copy();
			await scene.op.write(`${directory}/source`, 'changed');
			expectBytes(await scene.op.read(`${directory}/copy`), 'content of the source');
			await scene.op.delete(`${directory}/copy`);
			expectBytes(await scene.op.read(`${directory}/source`), 'changed');
			if (!scene.declares('writeCanAppend')) return;
			await copy();
			await scene.op.write(`${directory}/copy`, ' and more', { append: true });
			expectBytes(await scene.op.read(`${directory}/source`), 'changed');
		});
	});
}

function defineTransfer(scene: Scene, method: 'copy' | 'rename'): void {
	const transfer = (from: string, to: string, options?: { ifNotExists: boolean }): Promise<unknown> =>
		scene.calls[method](from, to, options);
	/** The source is as it was after a copy, and gone after a rename. */
	const expectSource = async (path: string, content: Uint8Array | string): Promise<void> => {
		if (method === 'copy') expectBytes(await scene.op.read(path), content);
		else expect(await scene.op.exists(path)).toBe(false);
	};
	/** True when the service does not offer the method. */
	const lacked = (directory: string): Promise<boolean> =>
		scene.lacks(method, () => transfer(`${directory}/source`, `${directory}/never`));

	it('gives the content a second place', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		expect(await transfer(`${directory}/source`, `${directory}/new`)).toBeUndefined();
		expectBytes(await scene.op.read(`${directory}/new`), 'content of the source');
		await expectSource(`${directory}/source`, 'content of the source');
		expectBytes(await scene.op.read(`${directory}/target`), 'content of the target');
	});

	it('works for an empty file and for a large one', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		for (const length of [0, 3_000_000]) {
			const content = patternBytes(length);
			await scene.op.write(`${directory}/from-${length}`, content);
			await transfer(`${directory}/from-${length}`, `${directory}/to-${length}`);
			expectBytes(await scene.op.read(`${directory}/to-${length}`), content);
			await expectSource(`${directory}/from-${length}`, content);
		}
	});

	it('makes missing parents of the target', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await transfer(`${directory}/source`, `${directory}/a/b/c/new`);
		expectBytes(await scene.op.read(`${directory}/a/b/c/new`), 'content of the source');
	});

	it('replaces an existing target, also a longer one', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await scene.op.write(`${directory}/target`, patternBytes(100_000));
		await transfer(`${directory}/source`, `${directory}/target`);
		expectBytes(await scene.op.read(`${directory}/target`), 'content of the source');
		await expectSource(`${directory}/source`, 'content of the source');
	});

	it('says NotFound for a missing source, and makes and changes nothing', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await expectCode(transfer(`${directory}/missing`, `${directory}/new`), 'NotFound');
		await expectCode(transfer(`${directory}/missing`, `${directory}/target`), 'NotFound');
		await expectCode(transfer(`${directory}/missing/below`, `${directory}/new`), 'NotFound');
		await expectCode(transfer(`${directory}/target/below`, `${directory}/new`), 'NotFound');
		expectBytes(await scene.op.read(`${directory}/target`), 'content of the target');
		expect(await scene.op.exists(`${directory}/new`)).toBe(false);
	});

	it('says IsADirectory when the source is a directory', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await scene.op.createDir(`${directory}/empty/`);
		await expectCode(transfer(`${directory}/empty/`, `${directory}/new`), 'IsADirectory');
		await expectCode(transfer(`${directory}/empty`, `${directory}/new`), 'IsADirectory');
		expect(await scene.op.exists(`${directory}/empty/`)).toBe(true);
		expect(await scene.op.exists(`${directory}/new`)).toBe(false);
	});

	it('says IsADirectory when the target is a directory, there or not, and leaves both alone', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await scene.op.createDir(`${directory}/empty/`);
		await scene.op.write(`${directory}/full/file`, 'x');
		for (const target of ['empty/', 'empty', 'full/', 'full', 'missing/']) {
			await expectCode(transfer(`${directory}/source`, `${directory}/${target}`), 'IsADirectory');
		}
		expectBytes(await scene.op.read(`${directory}/source`), 'content of the source');
		expectBytes(await scene.op.read(`${directory}/full/file`), 'x');
		expect((await scene.op.stat(`${directory}/empty/`)).isDirectory()).toBe(true);
	});

	it('says NotADirectory when the target is below a file', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await expectCode(transfer(`${directory}/source`, `${directory}/target/below`), 'NotADirectory');
		expectBytes(await scene.op.read(`${directory}/source`), 'content of the source');
		expectBytes(await scene.op.read(`${directory}/target`), 'content of the target');
	});

	it('says IsSameFile for a file onto itself, however it is written, and leaves it alone', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		const path = `${directory}/source`;
		for (const same of [path, `/${path}`, `${directory}//source`]) await expectCode(transfer(path, same), 'IsSameFile');
		expectBytes(await scene.op.read(path), 'content of the source');
	});

	it('with ifNotExists says ConditionNotMatch for an existing target, and leaves both intact', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		const error = await expectCode(
			transfer(`${directory}/source`, `${directory}/target`, { ifNotExists: true }),
			'ConditionNotMatch',
		);
		expect(error.retryable).toBe(false);
		expectBytes(await scene.op.read(`${directory}/source`), 'content of the source');
		expectBytes(await scene.op.read(`${directory}/target`), 'content of the target');
	});

	it('with ifNotExists works when there is no target, and makes parents', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await transfer(`${directory}/source`, `${directory}/deep/new`, { ifNotExists: true });
		expectBytes(await scene.op.read(`${directory}/deep/new`), 'content of the source');
		await expectSource(`${directory}/source`, 'content of the source');
	});

	it('leaves no other name in the directory', async () => {
		const directory = await pairOf(scene);
		if (await lacked(directory)) return;
		await transfer(`${directory}/source`, `${directory}/target`);
		await expectCode(transfer(`${directory}/missing`, `${directory}/target`), 'NotFound');
		const names = method === 'copy' ? ['source', 'target'] : ['target'];
		const paths = ['', ...names].map((name) => `${directory}/${name}`);
		expect(pathsOf(await scene.op.list(`${directory}/`))).toEqual(paths);
		if (scene.outside !== null) expect(scene.outside.names(directory).sort()).toEqual(names);
	});
}

/** A directory with the files `source` and `target`. */
async function pairOf(scene: Scene): Promise<string> {
	const directory = scene.fresh();
	await scene.op.write(`${directory}/source`, 'content of the source');
	await scene.op.write(`${directory}/target`, 'content of the target');
	return directory;
}
