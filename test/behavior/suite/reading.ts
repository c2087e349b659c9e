import { Readable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Progress } from 'holdfast';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode } from '../expectations.js';
import { describeScene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

// More than one buffer of the pool, and no multiple of anything.
const LARGE_BYTES = 5_000_011;
const MANY_READS = 100;

/** The natural ways to read and write beside `read` and `write`: streams of both worlds, iteration, text, progress. */
export function readingBehavior(service: ServiceUnderTest): void {
	describeScene(service, 'ways to read', 'async', (scene) => {
		it('Node streams, Web streams, iteration and readAt give the same bytes', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(LARGE_BYTES);
			await scene.op.write(path, content);
			const reader = () => scene.op.reader(path);
			expectBytes(await collect((await reader()).createReadStream()), content);
			expectBytes(
				await collect((await reader()).createReadStream({ start: 3, end: 2_500_000 })),
				content.subarray(3, 2_500_001),
			);
			expectBytes(await collect((await reader()).readableWebStream() as never), content);
			const chunks: Buffer[] = [];
			for await (const chunk of await reader()) chunks.push(chunk);
			expectBytes(Buffer.concat(chunks), content);
			expectBytes(Buffer.concat([...scene.op.readerSync(path)]), content);
			await using random = await reader();
			const reads = Array.from({ length: MANY_READS }, async (_, index) => {
				const offset = Math.floor((LARGE_BYTES / MANY_READS) * index);
				const buffer = Buffer.alloc(1000 + index * 500);
				const count = Number(await random.readAt(buffer, offset));
				expectBytes(buffer.subarray(0, count), content.subarray(offset, offset + buffer.length));
			});
			await Promise.all(reads);
		});

		it('byte streams read into memory of the caller', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(LARGE_BYTES);
			await scene.op.write(path, content);
			const reader = (await scene.op.reader(path)).readableWebStream().getReader({ mode: 'byob' });
			const pieces: Buffer[] = [];
			let memory = new Uint8Array(700_000);
			for (let bytes = 0; bytes < LARGE_BYTES; ) {
				const { value } = await reader.read(memory);
				expect(value?.buffer.byteLength).toBe(700_000);
				pieces.push(Buffer.from(value as Uint8Array));
				bytes += (value as Uint8Array).byteLength;
				memory = new Uint8Array((value as Uint8Array<ArrayBuffer>).buffer);
			}
			expectBytes(Buffer.concat(pieces), content);
			await reader.cancel();
		});

		it('pipes from store to store', async () => {
			const directory = scene.fresh();
			const content = patternBytes(LARGE_BYTES);
			await pipeline(Readable.from([content]), (await scene.op.writer(`${directory}/a`)).createWriteStream());
			const source = (await scene.op.reader(`${directory}/a`)).createReadStream();
			await pipeline(source, (await scene.op.writer(`${directory}/b`)).createWriteStream());
			const web = (await scene.op.reader(`${directory}/b`)).readableWebStream();
			await web.pipeTo((await scene.op.writer(`${directory}/c`)).writableWebStream());
			expectBytes(await scene.op.read(`${directory}/c`), content);
		});

		it('what holds a file gives it back when a stream is destroyed', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, patternBytes(LARGE_BYTES));
			for (let round = 0; round < 50; round++) {
				const stream = (await scene.op.reader(path)).createReadStream();
				if (round % 2 === 0) await new Promise((resolve) => stream.once('data', resolve));
				stream.destroy();
				await new Promise((resolve) => stream.once('close', resolve));
			}
			await expect(scene.op.delete(path)).resolves.toBeUndefined();
		});
	});

	describeScene(service, 'Operator.readText(), readJson(), blob()', 'async', (scene) => {
		it('give the content as what it is', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, '\ufeff{"name":"Grüße"}');
			expect(await scene.op.readText(path)).toBe('{"name":"Grüße"}');
			expect(scene.op.readTextSync(path)).toBe('{"name":"Grüße"}');
			expect(await scene.op.readJson<{ name: string }>(path)).toEqual({ name: 'Grüße' });
			expect(scene.op.readJsonSync(path)).toEqual({ name: 'Grüße' });
			expect(await scene.op.readText(path, { offset: 4, size: 6 })).toBe('"name"');
			const blob = await scene.op.blob(path, { type: 'application/json' });
			expect([blob.size, blob.type]).toEqual([21, 'application/json']);
			// Not `text()`: in workerd that keeps the byte order mark.
			expect(JSON.parse(new TextDecoder().decode(await blob.arrayBuffer()))).toEqual({ name: 'Grüße' });
			expect(Buffer.from(await (await scene.op.blob(path, { suffix: 2 })).arrayBuffer()).toString()).toBe('"}');
		});

		it('say what is wrong', async () => {
			const path = `${scene.fresh()}/file`;
			await expectCode(scene.op.readText(path), 'NotFound');
			await expectCode(scene.op.blob(path), 'NotFound');
			await scene.op.write(path, '{');
			await expectCode(scene.op.readJson(path), 'Unexpected');
			await expectCode(scene.op.blob(path, { type: 5 as never }), 'ConfigInvalid');
			await expectCode(scene.op.readText(path, { encoding: 'latin1' } as never), 'ConfigInvalid');
			await scene.op.write(path, Buffer.from([0x61, 0xff]));
			expect(await scene.op.readText(path)).toBe('a\ufffd');
		});
	});

	for (const flavour of ['async', 'sync'] as const) {
		describeScene(service, `onProgress (${flavour})`, flavour, (scene) => {
			it('read, write and copy say how far they are, and do the same as without', async () => {
				const directory = scene.fresh();
				const content = patternBytes(LARGE_BYTES);
				for (const work of [
					(onProgress: (progress: Progress) => void) => scene.calls.write(`${directory}/a`, content, { onProgress }),
					(onProgress: (progress: Progress) => void) =>
						scene.calls.copy(`${directory}/a`, `${directory}/b`, { onProgress }),
					async (onProgress: (progress: Progress) => void) =>
						expectBytes(await scene.calls.read(`${directory}/b`, { onProgress }), content),
				]) {
					const seen: Progress[] = [];
					await work((progress) => seen.push(progress));
					expect(seen.length).toBeGreaterThan(2);
					expect(seen.at(-1)).toEqual({ bytes: LARGE_BYTES, total: LARGE_BYTES });
					for (const [index, { bytes, total }] of seen.entries()) {
						expect(total).toBe(LARGE_BYTES);
						if (index > 0) expect(bytes).toBeGreaterThan(seen[index - 1].bytes);
					}
				}
			});

			it('is told at least once, of nothing too', async () => {
				const directory = scene.fresh();
				const seen: Progress[] = [];
				const onProgress = (progress: Progress) => seen.push(progress);
				await scene.calls.write(`${directory}/a`, '', { onProgress });
				await scene.calls.copy(`${directory}/a`, `${directory}/b`, { onProgress });
				await scene.calls.read(`${directory}/b`, { onProgress });
				expect(seen).toEqual([
					{ bytes: 0, total: 0 },
					{ bytes: 0, total: 0 },
					{ bytes: 0, total: 0 },
				]);
			});

			it('leaves ranges, refusals and conditions as they are', async () => {
				const directory = scene.fresh();
				const [path, other] = [`${directory}/a`, `${directory}/b`];
				const onProgress = () => {};
				await scene.calls.write(path, 'abcdef');
				await scene.calls.write(other, 'other');
				expectBytes(await scene.calls.read(path, { offset: 2, size: 3, onProgress }), 'cde');
				expectBytes(await scene.calls.read(path, { offset: 10, onProgress }), '');
				expectBytes(await scene.calls.read(path, { suffix: 2, onProgress }), 'ef');
				expectBytes(await scene.calls.read(path, { suffix: 20, onProgress }), 'abcdef');
				await expectCode(scene.calls.read(path, { offset: 2, size: 5, onProgress }), 'RangeNotSatisfied');
				await expectCode(scene.calls.read(path, { ifMatch: '"1-1-1"', onProgress }), 'ConditionNotMatch');
				await expectCode(scene.calls.read(`${directory}/none`, { onProgress }), 'NotFound');
				await expectCode(scene.calls.read(directory, { onProgress }), 'IsADirectory');
				await expectCode(scene.calls.copy(path, path, { onProgress }), 'IsSameFile');
				await expectCode(scene.calls.copy(path, directory, { onProgress }), 'IsADirectory');
				await expectCode(scene.calls.copy(`${directory}/none`, other, { onProgress }), 'NotFound');
				await expectCode(scene.calls.copy(path, other, { onProgress, ifNotExists: true }), 'ConditionNotMatch');
				await expectCode(scene.calls.copy(path, `${other}/below`, { onProgress }), 'NotADirectory');
				await expectCode(scene.calls.copy(`${path}/below`, other, { onProgress }), 'NotFound');
				await expectCode(scene.calls.read(path, { onProgress: 5 as never }), 'ConfigInvalid');
				expectBytes(await scene.calls.read(other), 'other');
				await scene.calls.copy(path, `${directory}/new/deep/c`, { onProgress });
				expectBytes(await scene.calls.read(`${directory}/new/deep/c`), 'abcdef');
			});

			it('ends the call with what it throws, and nothing has changed', async () => {
				const directory = scene.fresh();
				const content = patternBytes(LARGE_BYTES);
				await scene.op.write(`${directory}/a`, content);
				await scene.op.write(`${directory}/b`, 'old');
				const onProgress = () => {
					throw new Error('enough');
				};
				await expect(scene.calls.read(`${directory}/a`, { onProgress })).rejects.toThrow('enough');
				await expect(scene.calls.copy(`${directory}/a`, `${directory}/b`, { onProgress })).rejects.toThrow('enough');
				await expect(scene.calls.write(`${directory}/b`, content, { onProgress })).rejects.toThrow('enough');
				expectBytes(await scene.op.read(`${directory}/b`), 'old');
				expect((await scene.op.list(`${directory}/`)).map((entry) => entry.name())).toEqual([
					`${directory}/`,
					'a',
					'b',
				]);
			});
		});
	}

	describeScene(service, 'a file that changes while it is read', 'async', (scene) => {
		it('replaced, renamed over or deleted: the reader keeps the version that it opened', async () => {
			const directory = scene.fresh();
			const path = `${directory}/file`;
			const content = patternBytes(LARGE_BYTES);
			const changes = [
				() => scene.op.write(path, 'new'),
				() => scene.op.write(path, Buffer.alloc(LARGE_BYTES, 1)),
				() => scene.op.write(`${directory}/other`, 'other').then(() => scene.op.rename(`${directory}/other`, path)),
				() => scene.op.delete(path),
				() => scene.op.removeAll(`${directory}/`),
			];
			for (const change of changes) {
				await scene.op.write(path, content);
				const reader = await scene.op.reader(path);
				const first = Buffer.alloc(1000);
				await reader.read(first);
				const part = reader.createReadStream();
				await change();
				const random = Buffer.alloc(100);
				expect(await reader.readAt(random, LARGE_BYTES - 100)).toBe(100n);
				expectBytes(random, content.subarray(-100));
				expectBytes(Buffer.concat([first, await collect(part)]), content);
			}
		});

		it('a stream and an iteration in the middle keep it too', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(LARGE_BYTES);
			await scene.op.write(path, content);
			const chunks: Buffer[] = [];
			for await (const chunk of (await scene.op.reader(path)).readableWebStream()) {
				if (chunks.push(Buffer.from(chunk)) === 2) await scene.op.write(path, 'new');
			}
			expectBytes(Buffer.concat(chunks), content);
			expectBytes(await scene.op.read(path), 'new');
		});

		it('appended to: what was appended is read when its end was not reached before', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'one ');
			await using reader = await scene.op.reader(path);
			const buffer = Buffer.alloc(100);
			expect(await reader.read(buffer)).toBe(4n);
			expect(await reader.read(buffer)).toBe(0n);
			await scene.op.write(path, 'two', { append: true });
			expect(await reader.read(buffer)).toBe(3n);
			expectBytes(buffer.subarray(0, 3), 'two');
		});
	});
}
