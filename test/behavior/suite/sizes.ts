import { buffer as collect } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { boundarySizes, MEBIBYTE, patternBytes } from '../bytes.js';
import { expectBytes, expectCode } from '../expectations.js';
import { describeTopic } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';
import { drain } from './reader.js';

const KIBIBYTE = 1024;

/** Every way of writing and reading, at sizes around every boundary inside. */
export function sizeBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'sizes', (scene) => {
		for (const length of boundarySizes) {
			const content = patternBytes(length);

			it(`${length} bytes go through write and read`, async () => {
				const path = `${scene.fresh()}/file`;
				const metadata = await scene.calls.write(path, content);
				expect(metadata.contentLength).toBe(BigInt(length));
				expect((await scene.calls.stat(path)).contentLength).toBe(BigInt(length));
				expectBytes(await scene.calls.read(path), content);
			});

			it(`${length} bytes replace more and less`, async () => {
				const path = `${scene.fresh()}/file`;
				await scene.calls.write(path, patternBytes(length + 10_000, 2));
				await scene.calls.write(path, content);
				expectBytes(await scene.calls.read(path), content);
				await scene.calls.write(path, patternBytes(Math.floor(length / 2), 3));
				await scene.calls.write(path, content);
				expectBytes(await scene.calls.read(path), content);
			});

			it(`${length} bytes go through a writer, whole and in uneven pieces`, async () => {
				const directory = scene.fresh();
				for (const piece of [Math.max(length, 1), 100_003, MEBIBYTE + 1]) {
					const path = `${directory}/by-${piece}`;
					const writer = await scene.calls.writer(path);
					for (let from = 0; from < length; from += piece) await writer.write(content.subarray(from, from + piece));
					expect((await writer.close()).contentLength).toBe(BigInt(length));
					expectBytes(await scene.calls.read(path), content);
				}
			});

			it(`${length} bytes go through a writer after one byte more, so that no piece is aligned`, async () => {
				const path = `${scene.fresh()}/file`;
				const writer = await scene.calls.writer(path);
				await writer.write('x');
				await writer.write(content);
				await writer.close();
				expectBytes(await scene.calls.read(path), Buffer.concat([Buffer.from('x'), content]));
			});

			it(`${length} bytes are appended`, async () => {
				const path = `${scene.fresh()}/file`;
				await scene.op.write(path, 'head');
				const append = (): Promise<unknown> => scene.calls.write(path, content, { append: true });
				if (await scene.lacks('writeCanAppend', append)) return;
				await append();
				expectBytes(await scene.calls.read(path), Buffer.concat([Buffer.from('head'), content]));
			});

			it(`${length} bytes are read in ranges`, async () => {
				const path = `${scene.fresh()}/file`;
				await scene.op.write(path, content);
				for (const [offset, size] of rangesOf(length)) {
					const range = await scene.calls.read(path, { offset: BigInt(offset), size: BigInt(size) });
					expectBytes(range, content.subarray(offset, offset + size));
				}
				expectBytes(await scene.calls.read(path, { offset: BigInt(length) }), '');
				expectBytes(await scene.calls.read(path, { offset: BigInt(length) + 1n }), '');
				const tooLong = { offset: 0n, size: BigInt(length) + 1n };
				await expectCode(scene.calls.read(path, tooLong), 'RangeNotSatisfied');
			});

			it(`${length} bytes are read from an offset and as a suffix`, async () => {
				const path = `${scene.fresh()}/file`;
				await scene.op.write(path, content);
				for (const rest of boundarySizes.filter((size) => size > 0 && size <= length)) {
					expectBytes(await scene.calls.read(path, { suffix: BigInt(rest) }), content.subarray(length - rest));
					const offset = BigInt(length - rest);
					expectBytes(await scene.calls.read(path, { offset }), content.subarray(length - rest));
				}
				expectBytes(await scene.calls.read(path, { suffix: BigInt(length) + 1n }), content);
			});

			it(`${length} bytes go through a reader and its stream`, async () => {
				const path = `${scene.fresh()}/file`;
				await scene.op.write(path, content);
				for (const size of [64 * KIBIBYTE, 100_003, 2 * MEBIBYTE, 2 * MEBIBYTE + 1, 6 * MEBIBYTE]) {
					expectBytes(await drain(await scene.calls.reader(path), size), content);
				}
				expectBytes(await collect((await scene.calls.reader(path)).createReadStream()), content);
			});

			it(`${length} bytes are copied`, async () => {
				const directory = scene.fresh();
				await scene.op.write(`${directory}/source`, content);
				const copy = (): Promise<unknown> => scene.calls.copy(`${directory}/source`, `${directory}/target`);
				if (await scene.lacks('copy', copy)) return;
				await copy();
				expect((await scene.calls.stat(`${directory}/target`)).contentLength).toBe(BigInt(length));
				expectBytes(await scene.calls.read(`${directory}/target`), content);
			});
		}
	});
}

/** Ranges that begin and end at, just before and just behind a boundary. */
function rangesOf(length: number): [offset: number, size: number][] {
	const marks = [
		0,
		1,
		4 * KIBIBYTE,
		16 * KIBIBYTE,
		2 * MEBIBYTE - 1,
		2 * MEBIBYTE,
		2 * MEBIBYTE + 1,
		4 * MEBIBYTE,
		length,
	];
	const inside = marks.filter((mark) => mark <= length);
	return inside.flatMap((offset) =>
		inside.filter((end) => end > offset).map((end): [number, number] => [offset, end - offset]),
	);
}
