import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILETYPE_UNKNOWN } from '#assembly/layout';

// Operators share a pool. What one of them leaves open must not stay there until the last one is closed.

let place: string;
let other: Operator;
let op: Operator;
const POOL = { workers: 1, syncWorkers: 1, ringEntries: 16, buffers: 4, bufferBytes: 65536 };
const open = (name: string) => new Operator('fs', { root: join(place, name), ...POOL });
/** The sweep of a store that was opened may have a directory open for a moment. */
const descriptors = () => other.pool.table.open(FILETYPE_UNKNOWN);
const inRoot = () => readdirSync(join(place, 'root'));

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), 'holdfast-settle-'));
	other = open('other');
});
afterEach(async () => {
	await op.close();
	await other.close();
	rmSync(place, { recursive: true, force: true });
});

describe('closing an operator whose pool others use', () => {
	it.each(['none', 'full'] as const)('aborts its open writers (durability %s)', async (durability) => {
		const before = descriptors();
		op = open('root');
		const writers = await Promise.all([1, 2, 3].map((name) => op.writer(`file${name}`, { durability })));
		await writers[0].write(Buffer.alloc(100_000));
		expect(inRoot().length).toBeGreaterThan(0);
		await op.close();
		await expect.poll(descriptors).toBe(before);
		expect(inRoot()).toEqual([]);
		await expect(writers[0].close()).rejects.toMatchObject({ code: 'Closed' });
		// The handles are free again.
		await other.write('alive', 'x', { durability });
	});

	it('closes its open readers and listings', async () => {
		const before = descriptors();
		op = open('root');
		await op.write('d/file', 'content', { durability: 'none' });
		await (await op.reader('d/file')).read(Buffer.alloc(1));
		await (await op.lister('/', { recursive: true })).next();
		await op.close();
		await expect.poll(descriptors).toBe(before);
	});

	it('gives back the buffers that were read ahead into for its readers', async () => {
		const buffersInUse = () => other.pool.heartbeats().reduce((sum, pulse) => sum + pulse.buffersInUse, 0);
		op = open('root');
		await op.write('file', Buffer.alloc(10_000), { durability: 'none' });
		const reader = await op.reader('file');
		for (let read = 0; read < 3; read++) await reader.read(Buffer.alloc(100));
		expect(buffersInUse()).toBe(1);
		await op.close();
		// As long as they were kept, writers of the same engine had none to gather small writes in.
		await expect.poll(buffersInUse).toBe(0);
	});

	it('lets go of what calls open that were cancelled by it', async () => {
		const before = descriptors();
		for (let round = 0; round < 50; round++) {
			op = open('root');
			await op.write('file', 'x', { durability: 'none' });
			const opening = Promise.allSettled([
				...Array.from({ length: 10 }, async () => (await op.reader('file')).read(Buffer.alloc(1))),
				...Array.from({ length: 10 }, (_, index) => op.writer(`file${index}`, { durability: 'none' })),
			]);
			await op.close();
			for (const outcome of await opening) {
				if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'Closed' });
			}
			expect(inRoot()).toEqual(['file']);
			await expect.poll(descriptors).toBe(before);
		}
		expect(other.pool.health()).toMatchObject({ inFlight: 0, queued: 0, restarts: 0 });
	});

	it('leaves the writers of others alone', async () => {
		op = open('root');
		const kept = await other.writer('kept', { durability: 'none' });
		await op.writer('lost', { durability: 'none' });
		await op.close();
		await kept.write('still here');
		await kept.close();
		expect(await other.readText('kept')).toBe('still here');
	});

	it('an aborted writer finds a place in a queue that is full', async () => {
		op = new Operator('fs', { root: join(place, 'root'), ...POOL, ringEntries: 2, maxQueued: 0 });
		const writer = await op.writer('file', { durability: 'none' });
		const reads = Promise.allSettled(Array.from({ length: 20 }, () => op.exists('file')));
		await writer.abort();
		const codes = (await reads).map((read) => (read.status === 'rejected' ? read.reason.code : 'fine'));
		expect(new Set(codes)).toEqual(new Set(['fine', 'RateLimited']));
		expect(inRoot()).toEqual([]);
	});
});
