import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { OFLAGS_DIRECTORY } from '#assembly/layout';
import { Access } from '#host/wasi/files';
import { get, list, type OpenedStore, openStore, put, removeAll, text } from './opened-store.js';

const THREADS = 4;
const ROUNDS = 1500;
const TERMINATIONS = 40;
const RECORD_BYTES = 37;
/** A thread can lose a file only between counting a descriptor and entering it: rare, and of at most 4 MiB each. */
const LOST_MAX_BYTES = 16 * 1024 ** 2;

function start(store: OpenedStore, job: string, partition: number, owner: number, seed: number): Worker {
	const workerData = { share: store.share, job, partition, owner, seed, rounds: ROUNDS };
	return new Worker(new URL('./store-worker.js', import.meta.url), { workerData, trackUnmanagedFds: false });
}

test('four threads use one store at once: no torn file, no lost record, one winner of each link, no lost memory', async () => {
	const store = openStore({ partitions: THREADS + 1, maximumBytes: 256 * 1024 ** 2 });
	const wins = await Promise.all(Array.from({ length: THREADS }, (_, index) => hammer(store, index + 1)));
	expectHammered(store, wins);
	expect(removeAll(store)).toBe(0);
});

test('a thread that is terminated while it writes leaves a store that works', async () => {
	const store = openStore({ partitions: 3, maximumBytes: 512 * 1024 ** 2 });
	const { files, root, table } = store;
	let insideLock = 0;
	for (let round = 1; round <= TERMINATIONS; round++) {
		if (await terminateVictim(store, 1 + (round % 2), round)) insideLock++;
		checkTree(store, '');
		expect(put(store, 'survivor', `round ${round}`)).toBe(`round ${round}`.length);
		expect(text(store, 'survivor')).toBe(`round ${round}`);
		expect(files.unlink(root, 'survivor')).toBe(0);
	}
	// With no termination inside a call this test would show nothing.
	expect(insideLock).toBeGreaterThan(0);
	expect(table.open()).toBe(1);
	expect(removeAll(store)).toBeLessThan(LOST_MAX_BYTES);
});

test('threads that are terminated one after another do not disturb those that go on', async () => {
	const store = openStore({ partitions: 4, maximumBytes: 512 * 1024 ** 2 });
	let running = true;
	const hammers = Promise.all([hammer(store, 1), hammer(store, 2)]).finally(() => {
		running = false;
	});
	for (let round = 0; running; round++) await terminateVictim(store, 3, 100 + round);
	expectHammered(store, await hammers);
	checkTree(store, '');
	expect(removeAll(store)).toBeLessThan(LOST_MAX_BYTES);
});

/** Runs the job `hammer` to its end and gives the number of links that it won. */
async function hammer(store: OpenedStore, partition: number): Promise<number> {
	const worker = start(store, 'hammer', partition, partition, Math.floor(Math.random() * 2 ** 31));
	const [won] = await once(worker, 'message');
	await worker.terminate();
	return won;
}

/** What must be there when hammers have ended. */
function expectHammered(store: OpenedStore, wins: number[]): void {
	expect(wins.reduce((sum, won) => sum + won, 0)).toBe(ROUNDS);
	const names = (list(store) as string[]).filter((name) => !name.startsWith('victim'));
	expect(names.filter((name) => name.startsWith('prize-')).length).toBe(ROUNDS);
	expect(names.filter((name) => !/^(prize|shared)-/.test(name))).toEqual(['log']);
	const log = text(store, 'log') as string;
	expect(log.length).toBe((RECORD_BYTES * wins.length * ROUNDS) / 2);
	for (let at = 0; at < log.length; at += RECORD_BYTES) {
		if (log.slice(at, at + RECORD_BYTES) !== log[at].repeat(RECORD_BYTES)) expect.fail(`torn record at ${at}`);
	}
	expect(store.table.open()).toBe(1);
}

/** Starts a thread, ends it while it writes, cleans up after it; true when it ended inside a call. */
async function terminateVictim(store: OpenedStore, partition: number, owner: number): Promise<boolean> {
	const worker = start(store, 'writeForever', partition, owner, owner * 7919);
	await once(worker, 'message');
	await sleep(owner % 13);
	await worker.terminate();
	const insideLock = store.files.releaseDeadOwner(owner);
	for (const fd of store.table.ownedBy(owner)) store.files.close(fd);
	return insideLock;
}

/** Every name can be opened, every file but a temporary one is whole. */
function checkTree(store: OpenedStore, path: string): void {
	for (const name of list(store, path) as string[]) {
		const child = path === '' ? name : `${path}/${name}`;
		const bytes = get(store, child);
		if (typeof bytes === 'number') {
			const fd = store.files.open(store.root, child, OFLAGS_DIRECTORY, Access.read);
			expect(fd).toBeGreaterThanOrEqual(0);
			store.files.close(fd);
			checkTree(store, child);
			continue;
		}
		if (!name.startsWith('victim')) continue;
		// Temporary ones may be cut short, never hold anything else.
		expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
		if (bytes.length > 0 && !name.startsWith('victim-temporary')) {
			const value = bytes[0];
			const lengths = Array.from({ length: 15 }, (_, shift) => 1 + value + (value << shift));
			expect(lengths).toContain(bytes.length);
		}
	}
}
