import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { expect, it } from 'vitest';
import { FAULT_KIND_PANIC, OP_FAULT } from '#assembly/layout';
import { Request } from '#host/pool/request';
import { openStore } from '#host/services/index';
import { countThreads } from '../threads.ts';
import { FAULT_ENGINE } from './harness.ts';

// Descriptors, threads, listeners and files are counted around calls that fail in every way that there is.

const POOL = { workers: 2, syncWorkers: 1, ringEntries: 16, buffers: 4, bufferBytes: 65536 };
const EVENTS = ['exit', 'uncaughtException', 'unhandledRejection', 'warning', 'beforeExit', 'message'];

/** What this process holds. Of descriptors only those of files: the runtime opens others for itself when it likes. */
function held(place: string): Record<string, unknown> {
	const files = readdirSync('/proc/self/fd').filter((fd) => {
		try {
			return readlinkSync(`/proc/self/fd/${fd}`).startsWith(place);
		} catch {
			// The one that the listing itself used.
			return false;
		}
	});
	return {
		files: files.length,
		threads: countThreads(),
		listeners: EVENTS.map((event) => process.listenerCount(event)),
	};
}

/** Every kind of failure, over one operator that is closed in the middle of it. */
async function failInEveryWay(place: string): Promise<void> {
	const root = join(place, 'root');
	const store = openStore('fs', { root, ...POOL }, { modulePath: FAULT_ENGINE });
	const op = Operator.fromStore(store);
	const none = { durability: 'none' } as const;
	await op.write('file', 'content', none);
	await op.createDir('d/');
	const aborted = AbortSignal.abort();
	const abort = new AbortController();
	const trap = () =>
		store.pool.submit(Object.assign(new Request(OP_FAULT, 'fault'), { root: store.root, offset: FAULT_KIND_PANIC }));
	const calls: (() => Promise<unknown>)[] = [
		() => op.read('missing'),
		() => op.read('../x'),
		() => op.read('d'),
		() => op.read('file', { offset: 5, size: 100 }),
		() => op.read('file', { offset: -1 }),
		() => op.read('file', { signal: aborted }),
		() => op.read('file', { ifMatch: 'x' }),
		() => op.write('d', 'x', none),
		() => op.write('file/x', 'x', none),
		() => op.write('file', 'x', { ...none, ifNotExists: true }),
		() => op.write('new', Buffer.alloc(300_000), { ...none, signal: abort.signal }),
		() => op.copy('missing', 'x'),
		() => op.rename('file', 'file'),
		() => op.delete('d/../'),
		async () => (await op.reader('file', { signal: abort.signal })).read(Buffer.alloc(1)),
		async () => (await op.writer('w', { ...none, signal: abort.signal })).write(Buffer.alloc(100_000)),
		async () => (await op.lister('/', { signal: abort.signal })).next(),
		trap,
	];
	const settled = Promise.allSettled([...calls, ...calls].map((call) => call()));
	abort.abort();
	await settled;
	await Promise.allSettled([op.writer('left', none), op.reader('file'), op.lister('/')]);
	const late = Promise.allSettled(calls.map((call) => call()));
	await op.close();
	await late;
	expect(store.pool.health()).toMatchObject({ inFlight: 0, queued: 0 });
	expect(store.pool.table.open()).toBe(0);
	expect(readdirSync(root).filter((name) => name.startsWith('.holdfast-'))).toEqual([]);
}

it('failures of every kind, aborts, traps and a close in the middle leave nothing behind', {
	timeout: 300_000,
}, async () => {
	const place = mkdtempSync(join(tmpdir(), 'holdfast-leaks-'));
	try {
		// The first time the runtime starts threads of its own.
		await failInEveryWay(place);
		await expect.poll(() => held(place).files).toBe(0);
		const before = held(place);
		for (let round = 0; round < 5; round++) await failInEveryWay(place);
		await expect.poll(() => held(place)).toEqual(before);
	} finally {
		rmSync(place, { recursive: true, force: true });
	}
});
