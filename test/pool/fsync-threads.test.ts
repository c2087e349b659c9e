import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import workerThreads from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ERRNO_BADF, ERRNO_SUCCESS } from '#assembly/layout';
import { systemClock } from '#host/pool/clock';
import { FsyncThreads } from '#host/pool/fsync-threads';

let place: string;
beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), 'holdfast-fsync-threads-'));
});
afterEach(() => rmSync(place, { recursive: true }));

const open = (): number => openSync(join(place, 'file'), 'w');
const threadCount = (): number => readdirSync('/proc/self/task').length;

/** What comes of an fsync of a closed descriptor, whose number is another file's before its result is taken. */
async function settleLate({ queue }: FsyncThreads): Promise<number> {
	const fd = open();
	closeSync(fd);
	queue.ask(fd);
	await setTimeout(10);
	expect(open()).toBe(fd);
	const errno = queue.settle(fd);
	closeSync(fd);
	return errno;
}

it('make the fsyncs that are asked for, as many threads as there are pairs of calls', async () => {
	const threads = new FsyncThreads(systemClock, 8);
	const before = threadCount();
	for (let call = 1; call <= 8; call++) threads.suffice(call);
	await expect.poll(threadCount, { timeout: 30_000 }).toBe(before + 4);
	await expect.poll(() => settleLate(threads), { timeout: 30_000 }).toBe(ERRNO_BADF);
	await threads.end();
	await expect.poll(threadCount, { timeout: 30_000 }).toBe(before);
});

it('are none for one call alone, nor where threads have no descriptors in common', async () => {
	const before = threadCount();
	const threads = new FsyncThreads(systemClock, 8);
	for (let call = 0; call < 8; call++) threads.suffice(1);
	const none = new FsyncThreads(systemClock, 0);
	for (let call = 1; call <= 64; call++) none.suffice(call);
	expect(threadCount()).toBe(before);
	expect(await settleLate(none)).toBe(ERRNO_SUCCESS);
	await Promise.all([threads.end(), none.end()]);
});

it('are two for each instance at most', async () => {
	const threads = new FsyncThreads(systemClock, 1);
	const before = threadCount();
	for (let call = 1; call <= 64; call++) threads.suffice(call);
	await expect.poll(threadCount, { timeout: 30_000 }).toBe(before + 2);
	await threads.end();
});

it('that cannot be had are not missed, nor asked for with every call', async () => {
	let asked = 0;
	let nowMs = 0;
	const clock = { ...systemClock, nowMs: () => nowMs };
	class Refused {
		constructor() {
			asked++;
			throw new Error('ERR_WORKER_INIT_FAILED: EMFILE');
		}
	}
	const { Worker } = workerThreads;
	workerThreads.Worker = Refused as unknown as typeof Worker;
	syncBuiltinESMExports();
	try {
		const threads = new FsyncThreads(clock, 8);
		for (let call = 0; call < 100; call++) threads.suffice(64);
		expect(asked).toBe(1);
		nowMs += 1000;
		threads.suffice(64);
		expect(asked).toBe(2);
		expect(await settleLate(threads)).toBe(ERRNO_SUCCESS);
		await threads.end();
	} finally {
		workerThreads.Worker = Worker;
		syncBuiltinESMExports();
	}
});
