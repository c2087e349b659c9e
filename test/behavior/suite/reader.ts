import { buffer as collect } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import type { ReaderCalls } from '../calls.js';
import { expectBytes, expectCode } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

/** `reader`, what it gives, and its streams. */
export function readerBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'reader', (scene) => {
		it('reads piece by piece and says 0n at the end, again and again', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(1000);
			await scene.op.write(path, content);
			const reader = await scene.calls.reader(path);
			const buffer = Buffer.alloc(300);
			const pieces: Buffer[] = [];
			for (let count = await reader.read(buffer); count > 0n; count = await reader.read(buffer)) {
				expect(count).toBeTypeOf('bigint');
				expect(count).toBeLessThanOrEqual(300n);
				pieces.push(Buffer.from(buffer.subarray(0, Number(count))));
			}
			expectBytes(Buffer.concat(pieces), content);
			expect(await reader.read(buffer)).toBe(0n);
			expect(await reader.read(buffer)).toBe(0n);
		});

		it('leaves the rest of the buffer alone', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'abc');
			const reader = await scene.calls.reader(path);
			const buffer = Buffer.alloc(10, '-');
			expect(await reader.read(buffer)).toBe(3n);
			expectBytes(buffer, 'abc-------');
			expect(await reader.read(buffer)).toBe(0n);
			expectBytes(buffer, 'abc-------');
		});

		it('fills a part of a larger buffer, and only that', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'abcdef');
			const reader = await scene.calls.reader(path);
			const buffer = Buffer.alloc(8, '-');
			expect(await reader.read(buffer.subarray(2, 5))).toBe(3n);
			expectBytes(buffer, '--abc---');
		});

		it('reads with buffers of every size', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(50_000);
			await scene.op.write(path, content);
			for (const size of [1021, 4096, 16_384, 49_999, 50_000, 50_001, 200_000]) {
				expectBytes(await drain(await scene.calls.reader(path), size), content);
			}
		});

		it('reads nothing from an empty file', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, '');
			expect(await (await scene.calls.reader(path)).read(Buffer.alloc(10))).toBe(0n);
		});

		it('opens on a missing path, and its first read says NotFound', async () => {
			const reader = await scene.calls.reader(`${scene.fresh()}/missing`);
			await expectCode(reader.read(Buffer.alloc(10)), 'NotFound');
		});

		it('says IsADirectory for a directory, at the latest when it reads', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			for (const path of [directory, `${directory}/`]) {
				const attempt = async (): Promise<bigint> => (await scene.calls.reader(path)).read(Buffer.alloc(10));
				await expectCode(attempt(), 'IsADirectory');
			}
		});

		it('gives each of several readers of one file its own position', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'abcdef');
			const [first, second] = [await scene.calls.reader(path), await scene.calls.reader(path)];
			const buffer = Buffer.alloc(2);
			await first.read(buffer);
			expectBytes(buffer, 'ab');
			await second.read(buffer);
			expectBytes(buffer, 'ab');
			await first.read(buffer);
			expectBytes(buffer, 'cd');
			await second.read(buffer);
			expectBytes(buffer, 'cd');
		});

		it('with chunk and concurrent gives the same', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(100_001);
			await scene.op.write(path, content);
			for (const options of [{ chunk: 1000 }, { chunk: 65_536, concurrent: 4 }, { concurrent: 2 }]) {
				expectBytes(await drain(await scene.calls.reader(path, options), 7000), content);
			}
		});

		it('createReadStream() streams the file', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(300_007);
			await scene.op.write(path, content);
			expectBytes(await collect((await scene.calls.reader(path)).createReadStream()), content);
			const narrow = (await scene.calls.reader(path)).createReadStream({ highWaterMark: 1000 });
			expectBytes(await collect(narrow), content);
		});

		it('createReadStream() ends at once for an empty file', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, '');
			expectBytes(await collect((await scene.calls.reader(path)).createReadStream()), '');
		});

		it('createReadStream() of a missing file fails with NotFound', async () => {
			const reader = await scene.calls.reader(`${scene.fresh()}/missing`);
			await expectCode(collect(reader.createReadStream()), 'NotFound');
		});

		it('createReadStream() can be left half-way', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(300_007);
			await scene.op.write(path, content);
			const stream = (await scene.calls.reader(path)).createReadStream({ highWaterMark: 1000 });
			for await (const piece of stream) {
				expectBytes(piece, content.subarray(0, piece.length));
				break;
			}
			expect(stream.destroyed).toBe(true);
			expectBytes(await scene.calls.read(path), content);
		});
	});
}

/** Everything that is left in a reader, read with a buffer of this size. */
export async function drain(reader: ReaderCalls, size: number): Promise<Buffer> {
	const buffer = Buffer.alloc(size);
	const pieces: Buffer[] = [];
	for (let count = await reader.read(buffer); count > 0n; count = await reader.read(buffer)) {
		pieces.push(Buffer.from(buffer.subarray(0, Number(count))));
	}
	return Buffer.concat(pieces);
}
