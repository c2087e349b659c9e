import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Progress } from '#host/cli/progress';
import { storeFile } from '#host/import/store-file';

describe('storeFile()', () => {
	let folder: string;
	let op: Operator;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'holdfast-progress-'));
		op = new Operator('memory');
	});
	afterEach(async () => {
		await op.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it.each([
		[0, 1],
		[10, 1],
		[2.5 * 2 ** 20, 3],
	])('of %i bytes tells of all of them, in at least %i pieces', async (size, pieces) => {
		const local = join(folder, 'file');
		writeFileSync(local, Buffer.alloc(size, 'x'));
		const told: number[] = [];
		await storeFile(op, local, size, 'stored', {}, (count) => told.push(count));
		expect(told.length).toBeGreaterThanOrEqual(pieces);
		expect(told.reduce((sum, count) => sum + count, 0)).toBe(size);
		expect((await op.stat('stored')).contentLength).toBe(BigInt(size));
	});

	it('of what cannot be stored tells of nothing', async () => {
		const local = join(folder, 'file');
		writeFileSync(local, 'x');
		const told: number[] = [];
		await expect(storeFile(op, local, 1, '../out', {}, (count) => told.push(count))).rejects.toThrow('InvalidPath');
		expect(told).toEqual([]);
	});
});

describe('Progress', () => {
	function terminal(isTTY: boolean) {
		const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream;
		let text = '';
		stream.on('data', (chunk: Buffer) => {
			text += chunk;
		});
		return { stream, text: () => text };
	}

	it('shows files and bytes of all the work on a terminal', async () => {
		const { stream, text } = terminal(true);
		const progress = new Progress('importing', { files: 2, bytes: 10_000 }, stream);
		try {
			progress.addBytes(10_000);
			progress.addFile();
			await expect.poll(text).toMatch(/importing .* 77%.* 1\/2 files/);
			progress.addFile();
			await expect.poll(text).toMatch(/100%.* 2\/2 files/);
		} finally {
			progress.stop();
		}
	});

	it('writes nothing elsewhere', () => {
		const { stream, text } = terminal(false);
		const progress = new Progress('importing', { files: 1, bytes: 1 }, stream);
		progress.addBytes(1);
		progress.addFile();
		progress.stop();
		expect(text()).toBe('');
	});
});
