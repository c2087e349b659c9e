import { EntryMode } from 'holdfast';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode, pathsOf, plainMetadata } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `write` of whole files. */
export function writeBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'write', (scene) => {
		it('stores strings as UTF-8, Buffers and Uint8Arrays as they are', async () => {
			const directory = scene.fresh();
			await scene.calls.write(`${directory}/string`, 'aé漢😀');
			expectBytes(await scene.op.read(`${directory}/string`), Buffer.from('aé漢😀', 'utf8'));
			const content = patternBytes(256);
			await scene.calls.write(`${directory}/buffer`, content);
			expectBytes(await scene.op.read(`${directory}/buffer`), content);
			await scene.calls.write(`${directory}/array`, new Uint8Array(content) as Buffer);
			expectBytes(await scene.op.read(`${directory}/array`), content);
		});

		it('stores a part of a larger buffer, and only that', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(1000);
			await scene.calls.write(path, content.subarray(100, 200));
			expectBytes(await scene.op.read(path), content.subarray(100, 200));
		});

		it('makes an empty file of empty content', async () => {
			const directory = scene.fresh();
			await scene.calls.write(`${directory}/string`, '');
			await scene.calls.write(`${directory}/buffer`, Buffer.alloc(0));
			for (const name of ['string', 'buffer']) {
				expect((await scene.op.stat(`${directory}/${name}`)).contentLength).toBe(0n);
				expectBytes(await scene.op.read(`${directory}/${name}`), '');
			}
		});

		it('makes missing parents', async () => {
			const directory = scene.fresh();
			await scene.calls.write(`${directory}/a/b/c/d/file`, 'x');
			expectBytes(await scene.op.read(`${directory}/a/b/c/d/file`), 'x');
			expect((await scene.op.stat(`${directory}/a/b/c/`)).isDirectory()).toBe(true);
		});

		it('replaces what was there, whether it was longer or shorter', async () => {
			const path = `${scene.fresh()}/file`;
			for (const content of ['short', 'a good deal longer', 'mid-size', '', 'again']) {
				await scene.calls.write(path, content);
				expectBytes(await scene.op.read(path), content);
			}
		});

		it('says IsADirectory for a path with a slash at the end, and makes nothing', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			await expectCode(scene.calls.write(`${directory}/`, 'x'), 'IsADirectory');
			await expectCode(scene.calls.write(`${directory}/new/`, 'x'), 'IsADirectory');
			await expectCode(scene.calls.write(`${directory}/new/`, ''), 'IsADirectory');
			expect(pathsOf(await scene.op.list(`${directory}/`))).toEqual([`${directory}/`]);
		});

		it('says IsADirectory for a directory without its slash, empty or not, and leaves it alone', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/empty/`);
			await scene.op.write(`${directory}/full/file`, 'x');
			await expectCode(scene.calls.write(`${directory}/empty`, 'x'), 'IsADirectory');
			await expectCode(scene.calls.write(`${directory}/full`, 'x'), 'IsADirectory');
			expect((await scene.op.stat(`${directory}/empty/`)).isDirectory()).toBe(true);
			expectBytes(await scene.op.read(`${directory}/full/file`), 'x');
		});

		it('says NotADirectory for a path below a file, and leaves the file alone', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'x');
			await expectCode(scene.calls.write(`${path}/below`, 'y'), 'NotADirectory');
			await expectCode(scene.calls.write(`${path}/deep/below`, 'y'), 'NotADirectory');
			expectBytes(await scene.op.read(path), 'x');
		});

		it('gives metadata equal to a following stat', async () => {
			const directory = scene.fresh();
			for (const [name, content] of [
				['empty', Buffer.alloc(0)],
				['small', patternBytes(10)],
				['large', patternBytes(3_000_000)],
			] as const) {
				const metadata = await scene.calls.write(`${directory}/${name}`, content);
				expect(metadata.isFile()).toBe(true);
				expect(metadata.mode).toBe(EntryMode.FILE);
				expect(metadata.contentLength).toBe(BigInt(content.length));
				expect(plainMetadata(metadata)).toEqual(plainMetadata(await scene.calls.stat(`${directory}/${name}`)));
			}
		});

		it('gives metadata equal to a following stat when it replaces and when it appends', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.calls.write(path, 'first');
			const replaced = await scene.calls.write(path, 'second');
			expect(plainMetadata(replaced)).toEqual(plainMetadata(await scene.calls.stat(path)));
			if (!scene.declares('writeCanAppend')) return;
			const appended = await scene.calls.write(path, ' third', { append: true });
			expect(appended.contentLength).toBe(12n);
			expect(plainMetadata(appended)).toEqual(plainMetadata(await scene.calls.stat(path)));
		});

		it('with chunk and concurrent stores the same', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(100_001);
			for (const options of [{ chunk: 1000n }, { chunk: 65_536n, concurrent: 4 }, { concurrent: 2 }]) {
				await scene.calls.write(path, content, options);
				expectBytes(await scene.op.read(path), content);
				await scene.op.delete(path);
			}
		});

		it('leaves no other name in the directory', async () => {
			const directory = scene.fresh();
			for (const content of ['one', 'two', patternBytes(3_000_000)])
				await scene.calls.write(`${directory}/file`, content);
			expect(pathsOf(await scene.op.list(`${directory}/`))).toEqual([`${directory}/`, `${directory}/file`]);
			if (scene.outside !== null) expect(scene.outside.names(directory)).toEqual(['file']);
		});
	});
}
