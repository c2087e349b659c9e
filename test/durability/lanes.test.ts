import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Operator } from '#host/operator/operator';
import { openStore } from '#host/services/index';
import { Holds } from '../seams/holds.ts';
import { makePlace } from './processes.ts';

// On a disk that answers no fsync at all for as long as the test holds it.

let here: ReturnType<typeof makePlace>;
let op: Operator;
let holds: Holds;
let hold: ReturnType<Holds['hold']>;
beforeEach(async () => {
	here = makePlace();
	holds = new Holds(join(here.place, 'holds'));
	op = Operator.fromStore(openStore('fs', { root: here.root, workers: 1, syncWorkers: 2 }, { seam: holds.seam }));
	for (const name of ['file', 'moved', 'deleted', 'gone/file']) await op.write(name, 'old');
	hold = holds.hold('fd_sync');
});
afterEach(async () => {
	holds.releaseAll();
	await op.close();
	here.dispose();
});

it('a read never waits behind an fsync, whatever is being made durable', async () => {
	const settled: string[] = [];
	const writer = await op.writer('written');
	await writer.write('content');
	const durable: Record<string, Promise<unknown>> = {
		write: op.write('file', 'new'),
		append: op.write('log', 'line', { append: true }),
		copy: op.copy('file', 'copied'),
		createDir: op.createDir('made/'),
		rename: op.rename('moved', 'elsewhere'),
		delete: op.delete('deleted'),
		removeAll: op.removeAll('gone/'),
		close: writer.close(),
	};
	// More than all threads that may wait for the disk can hold at a time.
	for (let index = 0; index < 100; index++) durable[index] = op.write(`many/${index}`, 'content');
	for (const [name, call] of Object.entries(durable)) void call.then(() => settled.push(name));
	for (let round = 0; round < 50; round++) {
		expect((await op.read('file')).toString()).toBe('old');
		expect((await op.stat('file')).contentLength).toBe(3n);
		expect((await op.list('/')).map((entry) => entry.path())).toContain('file');
		expect(await op.exists('absent')).toBe(false);
		await op.write('scratch', 'not durable', { durability: 'none' });
	}
	const reader = await op.reader('file');
	expect(await reader.read(Buffer.alloc(8))).toBe(3n);
	expect(settled, 'acknowledged before its fsync').toEqual([]);
	hold.release();
	await Promise.all(Object.values(durable));
	expect((await op.read('file')).toString()).toBe('new');
	expect((await op.read('written')).toString()).toBe('content');
});

it('what a call asks for decides, not only the operator', async () => {
	// `none` asks for no fsync and is through; `full` of the same operator waits.
	await op.write('scratch', 'through', { durability: 'none' });
	let isThrough = false;
	const waits = op.write('scratch', 'waits').then(() => {
		isThrough = true;
	});
	for (let round = 0; round < 20; round++) expect((await op.read('scratch')).toString()).toBe('through');
	expect(isThrough).toBe(false);
	hold.release();
	await waits;
	expect((await op.read('scratch')).toString()).toBe('waits');
});
