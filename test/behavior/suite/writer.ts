import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode, pathsOf, plainMetadata } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `writer`, what it does until it is closed or aborted, and its stream. */
export function writerBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'writer', (scene) => {
		it('stores what was written, in order, as bytes and strings', async () => {
			const path = `${scene.fresh()}/deep/file`;
			const writer = await scene.calls.writer(path);
			await writer.write(Buffer.from('bytes '));
			await writer.write('and');
			await writer.write('');
			await writer.write(Buffer.alloc(0));
			await writer.write(' strïngs');
			await writer.close();
			expectBytes(await scene.op.read(path), 'bytes and strïngs');
		});

		it('stores many small pieces', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(70_000);
			const writer = await scene.calls.writer(path);
			for (let from = 0; from < content.length; from += 101) await writer.write(content.subarray(from, from + 101));
			await writer.close();
			expectBytes(await scene.op.read(path), content);
		});

		it('has its own copy of what was written: the caller may use the memory again', async () => {
			const path = `${scene.fresh()}/file`;
			const pieces = [300_000, 5, 65_536, 300_000, 300_000, 1].map((bytes, index) => Buffer.alloc(bytes, index + 1));
			const memory = Buffer.alloc(300_000);
			const writer = await scene.calls.writer(path);
			for (const piece of pieces) {
				memory.set(piece);
				await writer.write(memory.subarray(0, piece.length));
				memory.fill(0xff);
			}
			await writer.close();
			expectBytes(await scene.op.read(path), Buffer.concat(pieces));
		});

		it('makes an empty file when nothing was written', async () => {
			const directory = scene.fresh();
			await (await scene.calls.writer(`${directory}/deep/file`)).close();
			expect((await scene.op.stat(`${directory}/deep/file`)).contentLength).toBe(0n);
		});

		it('makes an empty file of what was there when nothing was written', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'something');
			await (await scene.calls.writer(path)).close();
			expectBytes(await scene.op.read(path), '');
		});

		it('shows nothing of a new file before it is closed', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			const writer = await scene.calls.writer(`${directory}/file`);
			await writer.write('not yet');
			expect(await scene.op.exists(`${directory}/file`)).toBe(false);
			expect(pathsOf(await scene.op.list(`${directory}/`))).toEqual([`${directory}/`]);
			await writer.close();
			expectBytes(await scene.op.read(`${directory}/file`), 'not yet');
		});

		it('lets readers have the old content until it is closed', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'old');
			const writer = await scene.calls.writer(path);
			await writer.write(patternBytes(3_000_000));
			expectBytes(await scene.op.read(path), 'old');
			await writer.close();
			expectBytes(await scene.op.read(path), patternBytes(3_000_000));
		});

		it('close gives metadata equal to a following stat', async () => {
			const directory = scene.fresh();
			for (const length of [0, 10, 3_000_000]) {
				const path = `${directory}/of-${length}`;
				const writer = await scene.calls.writer(path);
				if (length > 0) await writer.write(patternBytes(length));
				const metadata = await writer.close();
				expect(metadata.contentLength).toBe(BigInt(length));
				expect(plainMetadata(metadata)).toEqual(plainMetadata(await scene.calls.stat(path)));
			}
		});

		it('write and close after close are errors, and change nothing', async () => {
			const path = `${scene.fresh()}/file`;
			const writer = await scene.calls.writer(path);
			await writer.write('content');
			await writer.close();
			await expectCode(writer.write('more'), 'Closed');
			await expectCode(writer.close(), 'Closed');
			expectBytes(await scene.op.read(path), 'content');
		});

		it('abort leaves nothing behind', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			for (const length of [0, 10, 3_000_000]) {
				const writer = await scene.calls.writer(`${directory}/file`);
				if (length > 0) await writer.write(patternBytes(length));
				await writer.abort();
				expect(await scene.op.exists(`${directory}/file`)).toBe(false);
				expect(pathsOf(await scene.op.list(`${directory}/`))).toEqual([`${directory}/`]);
				if (scene.outside !== null) expect(scene.outside.names(directory)).toEqual([]);
			}
		});

		it('abort leaves no directory behind that the writer made', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			const writer = await scene.calls.writer(`${directory}/a/b/file`);
			await writer.write(patternBytes(3_000_000));
			await writer.abort();
			expect(pathsOf(await scene.op.list(`${directory}/`, { recursive: true }))).toEqual([`${directory}/`]);
		});

		it('abort does not touch what was there', async () => {
			const directory = scene.fresh();
			const before = await scene.op.write(`${directory}/file`, 'old');
			const writer = await scene.calls.writer(`${directory}/file`);
			await writer.write(patternBytes(3_000_000));
			await writer.abort();
			expectBytes(await scene.op.read(`${directory}/file`), 'old');
			expect(plainMetadata(await scene.op.stat(`${directory}/file`))).toEqual(plainMetadata(before));
		});

		it('write and close after abort are errors, and make nothing', async () => {
			const path = `${scene.fresh()}/file`;
			const writer = await scene.calls.writer(path);
			await writer.write('content');
			await writer.abort();
			await expectCode(writer.write('more'), 'Closed');
			await expectCode(writer.close(), 'Closed');
			expect(await scene.op.exists(path)).toBe(false);
		});

		it('says IsADirectory for a directory, at the latest when it is closed, and leaves it alone', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			for (const path of [directory, `${directory}/`, `${directory}/new/`]) {
				await expectCode(writeWhole(path), 'IsADirectory');
			}
			expect(pathsOf(await scene.op.list(`${directory}/`))).toEqual([`${directory}/`]);
			if (scene.outside !== null) expect(scene.outside.names(directory)).toEqual([]);
		});

		it('says NotADirectory for a path below a file', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'x');
			await expectCode(writeWhole(`${path}/below`), 'NotADirectory');
			expectBytes(await scene.op.read(path), 'x');
		});

		it('with append adds to what is there, and makes the file when it is missing', async () => {
			const directory = scene.fresh();
			const path = `${directory}/file`;
			if (await scene.lacks('writeCanAppend', () => scene.calls.writer(path, { append: true }))) return;
			for (const piece of ['one ', 'two ', 'three']) {
				const writer = await scene.calls.writer(path, { append: true });
				await writer.write(piece);
				const metadata = await writer.close();
				expect(plainMetadata(metadata)).toEqual(plainMetadata(await scene.calls.stat(path)));
			}
			expectBytes(await scene.op.read(path), 'one two three');
			await (await scene.calls.writer(path, { append: true })).close();
			expectBytes(await scene.op.read(path), 'one two three');
			await (await scene.calls.writer(`${directory}/empty`, { append: true })).close();
			expectBytes(await scene.op.read(`${directory}/empty`), '');
		});

		it('with append keeps what several open writers close, each in one piece', async () => {
			const path = `${scene.fresh()}/file`;
			if (await scene.lacks('writeCanAppend', () => scene.calls.writer(path, { append: true }))) return;
			const first = await scene.calls.writer(path, { append: true });
			const second = await scene.calls.writer(path, { append: true });
			await first.write('first,');
			await second.write('second,');
			await second.close();
			await first.close();
			const content = (await scene.op.read(path)).toString();
			expect(content.split(',').sort()).toEqual(['', 'first', 'second']);
		});

		it('with append and abort leaves what was there', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'old');
			if (await scene.lacks('writeCanAppend', () => scene.calls.writer(path, { append: true }))) return;
			const writer = await scene.calls.writer(path, { append: true });
			await writer.write(' new');
			await writer.abort();
			expectBytes(await scene.op.read(path), 'old');
		});

		it('with append and abort makes no file', async () => {
			const path = `${scene.fresh()}/file`;
			if (await scene.lacks('writeCanAppend', () => scene.calls.writer(path, { append: true }))) return;
			for (const pieces of [[], ['piece']]) {
				const writer = await scene.calls.writer(path, { append: true });
				for (const piece of pieces) await writer.write(piece);
				await writer.abort();
				expect(await scene.op.exists(path)).toBe(false);
			}
		});

		it('with ifNotExists loses with ConditionNotMatch, at the latest when it is closed', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'old');
			if (await scene.lacks('writeWithIfNotExists', () => scene.calls.writer(path, { ifNotExists: true }))) return;
			await expectCode(writeWhole(path, { ifNotExists: true }), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'old');
			await writeWhole(`${path}-new`, { ifNotExists: true });
			expectBytes(await scene.op.read(`${path}-new`), 'new');
		});

		it('with ifNotExists loses against a file that came while it was open', async () => {
			const path = `${scene.fresh()}/file`;
			if (await scene.lacks('writeWithIfNotExists', () => scene.calls.writer(path, { ifNotExists: true }))) return;
			const writer = await scene.calls.writer(path, { ifNotExists: true });
			await writer.write('late');
			await scene.op.write(path, 'early');
			await expectCode(writer.close(), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'early');
		});

		it('with chunk and concurrent stores the same', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(100_001);
			const writer = await scene.calls.writer(path, { chunk: 4096n, concurrent: 4 });
			for (let from = 0; from < content.length; from += 9999) await writer.write(content.subarray(from, from + 9999));
			await writer.close();
			expectBytes(await scene.op.read(path), content);
		});

		it('createWriteStream() stores what is piped into it', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(300_007);
			const pieces = Array.from({ length: 31 }, (_, index) => content.subarray(index * 10_000, (index + 1) * 10_000));
			await pipeline(Readable.from(pieces), (await scene.calls.writer(path)).createWriteStream());
			expectBytes(await scene.op.read(path), content);
		});

		it('createWriteStream() fails with the error of the writer', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'x');
			const attempt = async (): Promise<void> => {
				const stream = (await scene.calls.writer(`${path}/below`)).createWriteStream();
				await pipeline(Readable.from([Buffer.from('x')]), stream);
			};
			await expectCode(attempt(), 'NotADirectory');
		});

		async function writeWhole(path: string, options?: { ifNotExists: boolean }): Promise<void> {
			const writer = await scene.calls.writer(path, options);
			await writer.write('new');
			await writer.close();
		}
	});
}
