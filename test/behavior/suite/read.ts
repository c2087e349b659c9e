import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode } from '../expectations.js';
import { describeMethod, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const LENGTH = 1000;

/** `read`: whole files, ranges and suffixes. Sizes around every boundary are in `sizes.ts`. */
export function readBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'read', (scene) => {
		it('gives the whole file as a Buffer', async () => {
			const { path, content } = await fileOf(scene);
			const bytes = await scene.calls.read(path);
			expect(Buffer.isBuffer(bytes)).toBe(true);
			expectBytes(bytes, content);
		});

		it('gives an empty Buffer for an empty file', async () => {
			const path = `${scene.fresh()}/empty`;
			await scene.op.write(path, '');
			expectBytes(await scene.calls.read(path), '');
		});

		it('takes null, undefined and an empty object for no options', async () => {
			const { path, content } = await fileOf(scene);
			expectBytes(await scene.calls.read(path, null), content);
			expectBytes(await scene.calls.read(path, undefined), content);
			expectBytes(await scene.calls.read(path, {}), content);
			expectBytes(await scene.calls.read(path, { offset: undefined, size: undefined, suffix: undefined }), content);
		});

		it('gives the same for the same file, however often', async () => {
			const { path, content } = await fileOf(scene);
			for (let round = 0; round < 20; round++) expectBytes(await scene.calls.read(path), content);
		});

		it('says IsADirectory for a directory, with its slash and without', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			await expectCode(scene.calls.read(`${directory}/`), 'IsADirectory');
			await expectCode(scene.calls.read(directory), 'IsADirectory');
			await expectCode(scene.calls.read(directory, { offset: 0n, size: 1n }), 'IsADirectory');
		});

		it('says NotFound for a missing file, also in a missing directory and below a file', async () => {
			const { path } = await fileOf(scene);
			await expectCode(scene.calls.read(`${path}-missing`), 'NotFound');
			await expectCode(scene.calls.read(`${scene.fresh()}/deep/missing`), 'NotFound');
			await expectCode(scene.calls.read(`${path}/below`), 'NotFound');
			await expectCode(scene.calls.read(`${path}-missing`, { offset: 5n }), 'NotFound');
		});

		it('with an offset gives what follows it', async () => {
			const { path, content } = await fileOf(scene);
			for (const offset of [0, 1, 500, LENGTH - 1]) {
				expectBytes(await scene.calls.read(path, { offset: BigInt(offset) }), content.subarray(offset));
			}
		});

		it('with an offset at the end and past it gives nothing', async () => {
			const { path } = await fileOf(scene);
			for (const offset of [BigInt(LENGTH), BigInt(LENGTH) + 1n, 1n << 40n]) {
				expectBytes(await scene.calls.read(path, { offset }), '');
			}
		});

		it('with a size gives the beginning', async () => {
			const { path, content } = await fileOf(scene);
			for (const size of [1, 500, LENGTH - 1, LENGTH]) {
				expectBytes(await scene.calls.read(path, { size: BigInt(size) }), content.subarray(0, size));
			}
		});

		it('with an offset and a size gives exactly that range', async () => {
			const { path, content } = await fileOf(scene);
			for (const [offset, size] of [
				[0, 1],
				[1, 1],
				[10, 490],
				[1, LENGTH - 1],
				[LENGTH - 1, 1],
			]) {
				const bytes = await scene.calls.read(path, { offset: BigInt(offset), size: BigInt(size) });
				expectBytes(bytes, content.subarray(offset, offset + size));
			}
		});

		it('takes numbers as well as bigints for offset, size and suffix', async () => {
			const { path, content } = await fileOf(scene);
			expectBytes(await scene.calls.read(path, { offset: 10, size: 20 }), content.subarray(10, 30));
			expectBytes(await scene.calls.read(path, { offset: 10, size: 20n }), content.subarray(10, 30));
			expectBytes(await scene.calls.read(path, { offset: 900 }), content.subarray(900));
			expectBytes(await scene.calls.read(path, { suffix: 7 }), content.subarray(-7));
		});

		it('gives nothing for a range of no bytes inside the file', async () => {
			const { path } = await fileOf(scene);
			expectBytes(await scene.calls.read(path, { offset: 10n, size: 0n }), '');
			expectBytes(await scene.calls.read(path, { offset: 0n, size: 0n }), '');
		});

		it('says RangeNotSatisfied for a bounded range that ends past the end of the file', async () => {
			const { path } = await fileOf(scene);
			for (const [offset, size] of [
				[0n, BigInt(LENGTH) + 1n],
				[1n, BigInt(LENGTH)],
				[BigInt(LENGTH) - 1n, 2n],
				[BigInt(LENGTH), 1n],
				[BigInt(LENGTH) * 2n, 10n],
				[0n, 1n << 40n],
			]) {
				const error = await expectCode(scene.calls.read(path, { offset, size }), 'RangeNotSatisfied');
				expect(error.retryable).toBe(false);
			}
			await expectCode(scene.calls.read(path, { size: BigInt(LENGTH) + 1n }), 'RangeNotSatisfied');
		});

		it('says RangeNotSatisfied for a bounded range of an empty file', async () => {
			const path = `${scene.fresh()}/empty`;
			await scene.op.write(path, '');
			await expectCode(scene.calls.read(path, { offset: 0n, size: 1n }), 'RangeNotSatisfied');
		});

		it('with a suffix gives the last bytes', async () => {
			const { path, content } = await fileOf(scene);
			for (const suffix of [1, 500, LENGTH - 1, LENGTH]) {
				expectBytes(await scene.calls.read(path, { suffix: BigInt(suffix) }), content.subarray(LENGTH - suffix));
			}
		});

		it('with a suffix longer than the file gives the file', async () => {
			const { path, content } = await fileOf(scene);
			expectBytes(await scene.calls.read(path, { suffix: BigInt(LENGTH) + 1n }), content);
			expectBytes(await scene.calls.read(path, { suffix: 1n << 40n }), content);
			await scene.op.write(`${path}-empty`, '');
			expectBytes(await scene.calls.read(`${path}-empty`, { suffix: 10n }), '');
		});

		it('with chunk and concurrent gives the same', async () => {
			const content = patternBytes(100_001);
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, content);
			for (const chunk of [1000, 4096, 65_536, 1 << 20]) {
				for (const concurrent of [1, 4]) {
					expectBytes(await scene.calls.read(path, { chunk, concurrent }), content);
					const range = await scene.calls.read(path, { chunk, concurrent, offset: 999n, size: 70_000n });
					expectBytes(range, content.subarray(999, 70_999));
				}
			}
		});

		it('sees the newest content', async () => {
			const path = `${scene.fresh()}/file`;
			for (const content of ['first', 'the second is longer', '', 'third']) {
				await scene.op.write(path, content);
				expectBytes(await scene.calls.read(path), content);
			}
		});
	});
}

async function fileOf(scene: Scene): Promise<{ path: string; content: Buffer }> {
	const path = `${scene.fresh()}/file`;
	const content = patternBytes(LENGTH);
	await scene.op.write(path, content);
	return { path, content };
}
