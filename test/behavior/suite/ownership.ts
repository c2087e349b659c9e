import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes } from '../expectations.js';
import { describeTopic } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const LENGTHS = [1, 100, 5000, 20_000, 3_000_000];

/** Whose memory is whose: what a read gives belongs to the caller, what a write takes does again once it has settled. */
export function ownershipBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'memory', (scene) => {
		it('of a read is not shared', async () => {
			const directory = scene.fresh();
			for (const length of [0, ...LENGTHS]) {
				await scene.op.write(`${directory}/${length}`, patternBytes(length));
				const whole = await scene.calls.read(`${directory}/${length}`);
				expect(whole.buffer, `${length} bytes`).toBeInstanceOf(ArrayBuffer);
				const suffix = await scene.calls.read(`${directory}/${length}`, { suffix: 10n });
				expect(suffix.buffer, `the last of ${length} bytes`).toBeInstanceOf(ArrayBuffer);
			}
		});

		it('of a read is private: what a caller does to it nobody else sees', async () => {
			const directory = scene.fresh();
			for (const length of LENGTHS) {
				const path = `${directory}/${length}`;
				const content = patternBytes(length);
				await scene.op.write(path, content);
				const first = await scene.calls.read(path);
				const second = await scene.calls.read(path);
				first.fill(0xee);
				expectBytes(second, content);
				expectBytes(await scene.calls.read(path), content);
			}
		});

		it('of many results does not overlap', async () => {
			const directory = scene.fresh();
			const names = Array.from({ length: 200 }, (_, index) => `${directory}/${index}`);
			await Promise.all(names.map((name, index) => scene.op.write(name, patternBytes(300 + index * 20, index + 1))));
			const results = await Promise.all(names.map((name) => scene.calls.read(name)));
			// Every second one is overwritten; those between must not notice.
			for (const [index, bytes] of results.entries()) if (index % 2 === 0) bytes.fill(0xee);
			for (const [index, bytes] of results.entries()) {
				if (index % 2 === 1) expectBytes(bytes, patternBytes(300 + index * 20, index + 1));
			}
		});

		it('of a read stays as it is whatever happens to the file afterwards', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(3_000_000);
			await scene.op.write(path, content);
			const bytes = await scene.calls.read(path);
			await scene.op.write(path, patternBytes(3_000_000, 2));
			for (let round = 0; round < 20; round++) await scene.calls.read(path);
			await scene.op.delete(path);
			expectBytes(bytes, content);
		});

		it('of a write may be changed once it has settled', async () => {
			const directory = scene.fresh();
			for (const length of LENGTHS) {
				const content = patternBytes(length);
				await scene.calls.write(`${directory}/${length}`, content);
				content.fill(0);
				expectBytes(await scene.calls.read(`${directory}/${length}`), patternBytes(length));
			}
		});

		it('of a write to a writer may be changed once that write has settled', async () => {
			const directory = scene.fresh();
			for (const length of LENGTHS) {
				const writer = await scene.calls.writer(`${directory}/${length}`);
				const content = patternBytes(length);
				await writer.write(content);
				content.fill(0);
				await writer.write('end');
				await writer.close();
				const expected = Buffer.concat([patternBytes(length), Buffer.from('end')]);
				expectBytes(await scene.calls.read(`${directory}/${length}`), expected);
			}
		});

		it('of a write is not changed by it', async () => {
			const path = `${scene.fresh()}/file`;
			for (const length of LENGTHS) {
				const content = patternBytes(length);
				await scene.calls.write(path, content);
				expectBytes(content, patternBytes(length));
			}
		});

		it('of an append may be changed once it has settled', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(5000);
			const append = (): Promise<unknown> => scene.calls.write(path, content, { append: true });
			if (await scene.lacks('writeCanAppend', append)) return;
			await append();
			content.fill(0);
			expectBytes(await scene.calls.read(path), patternBytes(5000));
		});
	});
}
