import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleForEdge, here } from './bundle.js';
import { Workerd, type WorkerParts } from './workerd.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-durable-'));
let parts: WorkerParts;

beforeAll(async () => {
	const script = await bundleForEdge('durable-worker.ts', { external: ['./engine.wasm'] });
	const disk = join(folder, 'disk');
	mkdirSync(disk);
	parts = {
		folder,
		script,
		engine: here('../../build/engine.unshared.wasm'),
		store: { className: 'Store', folder: disk },
	};
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a workerd of its own answers. */
async function asked<T>(path: string, expectation: (answer: T) => void): Promise<void> {
	const workerd = await Workerd.start(parts);
	try {
		expectation(await workerd.json<T>(path));
	} finally {
		await workerd.stop();
	}
}

describe('a key-value store in workerd', () => {
	it('has everything again after workerd was killed and started anew', async () => {
		const wanted = {
			paths: ['/', 'dir/', 'dir/file', 'dir/large', 'log'],
			text: 'content',
			log: 'content',
			large: [500_000, true],
		};
		const first = await Workerd.start(parts);
		const before = await first.json<{ keys: number }>('/write?text=content');
		expect(before).toMatchObject(wanted);
		await first.stop();
		const second = await Workerd.start(parts);
		try {
			expect(await second.json('/')).toMatchObject(wanted);
			expect(await second.json('/')).toMatchObject(wanted);
		} finally {
			await second.stop();
		}
	});

	it('goes on after readers were collected outside of any request, and their descriptors are given back', async () => {
		await asked('/collected', ({ before, after, text }: { before: number; after: number; text: string }) => {
			expect(before).toBeGreaterThanOrEqual(20);
			expect(after).toBeLessThan(before);
			expect(text).toBe('content');
		});
	});

	it('lets its storage answer while reads are answered from memory without a pause', async () => {
		await asked('/hurried', ({ written }: { written: number }) => expect(written).toBe(10));
	});
});
