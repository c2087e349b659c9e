import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEEP_MS } from '#assembly/layout';
import { DirectoryEvents } from '#host/wasi/directory-events';
import { EPOCH_WORDS, NAMES_CHANGING } from '#host/wasi/files-context';
import { openDescriptors } from './opened-files.js';

vi.mock('node:fs', async (load) => {
	const original = await load<typeof import('node:fs')>();
	return { ...original, watch: vi.fn(original.watch), readSync: vi.fn(original.readSync) };
});

const EAGER = { asking: 0, watching: 1 };
let base: string;
let epoch: Int32Array;
let events: DirectoryEvents;
let watchers: fs.FSWatcher[];
let resources: number[];

beforeEach(() => {
	base = fs.mkdtempSync(join(tmpdir(), 'holdfast-events-'));
	for (const name of ['watched/inner', 'other']) fs.mkdirSync(join(base, name), { recursive: true });
	for (const name of ['watched/file', 'watched/other', 'other/file']) fs.writeFileSync(join(base, name), name);
	epoch = new Int32Array(new SharedArrayBuffer(4 * EPOCH_WORDS));
	events = new DirectoryEvents(epoch, EAGER);
	watchers = [];
	resources = [];
});

afterEach(() => {
	vi.restoreAllMocks();
	vi.mocked(fs.watch).mockClear();
	for (const watcher of watchers) events.unwatch(watcher);
	events.close();
	for (const resource of resources) fs.closeSync(resource);
	fs.rmSync(base, { recursive: true });
});

const at = (name: string) => join(base, name);

function watch(name: string): fs.FSWatcher | undefined {
	const resource = fs.openSync(at(name), fs.constants.O_DIRECTORY);
	resources.push(resource);
	const watcher = events.watch(resource);
	if (watcher !== undefined) watchers.push(watcher);
	return watcher;
}

/** Whether a new batch knows that no name has changed since. The batches before it use up any pause. */
function isQuietSince(heard: number, pause = 64): boolean {
	for (let batch = 0; batch <= pause; batch++) events.renew();
	return events.isQuietSince(heard);
}

describe('DirectoryEvents', () => {
	const told: Record<string, () => void> = {
		'a new file': () => fs.writeFileSync(at('watched/new'), ''),
		'a new directory': () => fs.mkdirSync(at('watched/new')),
		'a new symlink': () => fs.symlinkSync('file', at('watched/new')),
		'a second name': () => fs.linkSync(at('other/file'), at('watched/new')),
		'a file that is gone': () => fs.unlinkSync(at('watched/file')),
		'a directory that is gone': () => fs.rmdirSync(at('watched/inner')),
		'a file that was moved in': () => fs.renameSync(at('other/file'), at('watched/new')),
		'a file that was moved out': () => fs.renameSync(at('watched/file'), at('new')),
		'a file with another name': () => fs.renameSync(at('watched/file'), at('watched/new')),
		'a file that was replaced': () => fs.renameSync(at('watched/other'), at('watched/file')),
		'the directory itself moved': () => fs.renameSync(at('watched'), at('moved')),
		'the directory itself gone': () => fs.rmSync(at('watched'), { recursive: true }),
		'other permissions of the directory': () => fs.chmodSync(at('watched'), 0o700),
		'a file that was there for a moment, after many writes': () => {
			for (let index = 0; index < 5000; index++) fs.appendFileSync(at(`watched/${index % 2 ? 'file' : 'other'}`), 'x');
			fs.writeFileSync(at('watched/new'), '');
			fs.unlinkSync(at('watched/new'));
		},
	};
	test.each(Object.entries(told))('tells of %s at once, and once', (_, change) => {
		watch('watched');
		const { heard } = events;
		expect(isQuietSince(heard)).toBe(true);
		change();
		expect(isQuietSince(heard)).toBe(false);
		expect(isQuietSince(heard)).toBe(false);
		expect(isQuietSince(events.heard)).toBe(true);
	});

	const untold: Record<string, () => void> = {
		'what is written to a file': () => fs.writeFileSync(at('watched/file'), 'other'),
		'times and permissions of a file': () => {
			fs.utimesSync(at('watched/file'), 1, 2);
			fs.chmodSync(at('watched/file'), 0o600);
		},
		'what happens in a directory below': () => fs.writeFileSync(at('watched/inner/new'), ''),
		'what happens elsewhere': () => fs.renameSync(at('other/file'), at('other/new')),
		'what is read': () => fs.readdirSync(at('watched')).map((name) => fs.statSync(at(`watched/${name}`))),
	};
	test.each(Object.entries(untold))('says nothing of %s', (_, change) => {
		watch('watched');
		const { heard } = events;
		change();
		expect(isQuietSince(heard)).toBe(true);
	});

	test('an open directory that is gone, and was empty, is told by the one above and not by itself', () => {
		watch('watched/inner');
		const { heard } = events;
		fs.rmdirSync(at('watched/inner'));
		expect(isQuietSince(heard)).toBe(true);
		fs.mkdirSync(at('watched/inner'));
		watch('watched');
		fs.rmdirSync(at('watched/inner'));
		expect(isQuietSince(heard)).toBe(false);
	});

	test('tells when there was more than the kernel keeps', () => {
		watch('watched');
		const { heard } = events;
		const limit = Number(fs.readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'));
		// Two files in turn: equal events one after the other are kept as one. No name changes.
		for (let index = 0; index < limit + 2; index++)
			fs.utimesSync(at(index % 2 ? 'watched/file' : 'watched/other'), 1, 2);
		expect(isQuietSince(heard)).toBe(false);
		expect(isQuietSince(events.heard)).toBe(true);
	});

	test('is told by the events that the loop takes, too', async () => {
		watch('watched');
		const { heard } = events;
		fs.renameSync(at('watched/file'), at('watched/new'));
		await vi.waitFor(() => expect(events.heard).not.toBe(heard));
		expect(isQuietSince(heard)).toBe(false);
	});

	test('knows nothing while a thread of the pool changes a name', () => {
		watch('watched');
		Atomics.add(epoch, NAMES_CHANGING, 1);
		expect(isQuietSince(events.heard)).toBe(false);
		Atomics.sub(epoch, NAMES_CHANGING, 1);
		expect(isQuietSince(events.heard)).toBe(true);
	});

	test('is not asked for the first looks of a batch, and once for the rest; after such a batch it is asked first', () => {
		events = new DirectoryEvents(epoch, { asking: 4, watching: 1 });
		watch('watched');
		vi.mocked(fs.readSync).mockClear();
		/** A batch that asks about so many directories, and looks at those of which nothing is known. Gives how many it looked at. */
		const batch = (directories: number): number => {
			events.renew();
			let looks = 0;
			for (let directory = 0; directory < directories; directory++) {
				events.count();
				if (!events.isQuietSince(events.heard)) looks++;
			}
			return looks;
		};
		expect([batch(6), batch(6), batch(1), batch(1), batch(6), batch(6)]).toEqual([3, 0, 0, 1, 3, 0]);
		expect(fs.readSync).toHaveBeenCalledTimes(5);
	});

	test('is asked less and less often where names change all the time, and as before when they do not', () => {
		watch('watched');
		const asked: number[] = [];
		const batches = (count: number, change: () => void) => {
			for (let batch = 0; batch < count; batch++) {
				change();
				events.renew();
				vi.mocked(fs.readSync).mockClear();
				events.isQuietSince(events.heard);
				if (vi.mocked(fs.readSync).mock.calls.length > 0) asked.push(batch);
			}
			return asked.splice(0);
		};
		let made = 0;
		expect(batches(40, () => fs.writeFileSync(at(`watched/${made++}`), ''))).toEqual([0, 1, 3, 7, 15, 31]);
		// What happened since the last time is found once more.
		expect(batches(90, () => undefined)).toEqual([23, 87, 88, 89]);
	});

	test('wants what is looked at often, in a batch that looks at many', () => {
		events = new DirectoryEvents(epoch, { asking: 2, watching: 3 });
		expect(events.wants(3)).toBe(false);
		for (let look = 0; look < 3; look++) events.count();
		expect([events.wants(2), events.wants(3)]).toEqual([false, true]);
		events.renew();
		expect(events.wants(3)).toBe(false);
	});

	test('goes without where a user may not watch any more, and tries no more', () => {
		const full = Object.assign(new Error('no more watches'), { code: 'ENOSPC', errno: -28, syscall: 'watch' });
		expect(watch('watched')).toBeDefined();
		vi.mocked(fs.watch).mockImplementationOnce(() => {
			throw full;
		});
		events.count();
		expect(events.wants(1)).toBe(true);
		expect(watch('other')).toBeUndefined();
		expect(events.wants(1)).toBe(false);
		expect([events.watched, isQuietSince(events.heard)]).toEqual([1, true]);
	});

	test('is idle when nobody has asked for a while', () => {
		const start = performance.now();
		const clock = vi.spyOn(performance, 'now').mockReturnValue(start);
		expect(events.isIdle).toBe(false);
		watch('watched');
		clock.mockReturnValue(start + KEEP_MS * 0.9);
		expect(events.isIdle).toBe(false);
		isQuietSince(0);
		clock.mockReturnValue(start + KEEP_MS * 1.8);
		expect(events.isIdle).toBe(false);
		clock.mockReturnValue(start + KEEP_MS * 2);
		expect(events.isIdle).toBe(true);
	});

	test('needs a turn of the event loop for what was closed, and no more after it', async () => {
		for (let index = 0; index < 300; index++) {
			expect(events.needsTurn).toBe(index >= 256);
			watch('watched');
			events.unwatch(watchers.pop() as fs.FSWatcher);
		}
		await new Promise((resolve) => setImmediate(resolve));
		expect(events.needsTurn).toBe(false);
	});

	test('two threads that watch the same directory have a queue each', async () => {
		watch('watched');
		const queues = () => openDescriptors().filter((link) => link === 'anon_inode:inotify').length;
		const before = queues();
		const worker = new Worker(new URL('./events-worker.js', import.meta.url), { workerData: at('watched') });
		const said: string[] = [];
		await new Promise<void>((resolve, reject) => {
			worker.on('error', reject);
			worker.on('exit', () => resolve());
			worker.on('message', (message) => {
				said.push(message);
				if (message !== 'watching') return;
				expect(queues()).toBe(before + 1);
				const { heard } = events;
				fs.writeFileSync(at('watched/new'), '');
				expect(isQuietSince(heard)).toBe(false);
				worker.postMessage('changed');
			});
		});
		expect(said).toEqual(['true', 'watching', 'false', 'true']);
		expect(queues()).toBe(before);
	});
});
