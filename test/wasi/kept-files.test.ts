import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ERRNO_FBIG, ERRNO_ISDIR, ERRNO_NOENT, KEEP_MS, STATUS_SYMLINK } from '#assembly/layout';
import type { DirectoryEvents } from '#host/wasi/directory-events';
import { FileStat } from '#host/wasi/files';
import { KEPT_FILES_MAX } from '#host/wasi/kept-files';
import { NodeFiles } from '#host/wasi/node-files';
import { lockName } from '#host/wasi/owner';
import { Random } from '../random.js';
import { descriptorsIn, type OpenedFiles, openFilesIn } from './opened-files.js';

const HOUR_MS = 3_600_000;
let opened: OpenedFiles;
let path: (name: string) => string;

/** Opens them; with thresholds the directories are not asked, but tell. */
function open(thresholds?: DirectoryEvents['thresholds']): void {
	opened = openFilesIn((base) => {
		fs.mkdirSync(`${base}/root/a/b`, { recursive: true });
		fs.writeFileSync(`${base}/root/a/b/file`, 'content');
		fs.writeFileSync(`${base}/root/top`, 'top');
		return `${base}/root`;
	}, thresholds);
	path = (name) => `${opened.path}/${name}`;
	// What changed a moment ago may change again without anybody's noticing: an hour later it would be noticed.
	const now = Date.now;
	vi.spyOn(Date, 'now').mockImplementation(() => now() + HOUR_MS);
}

afterEach(() => {
	vi.restoreAllMocks();
	opened.close();
});

/** The whole of a small file in a batch of its own, or a negated errno. */
function read(name: string, files = opened.files, room = 64): string | number {
	files.batch();
	const bytes = Buffer.alloc(room);
	const count = files.readWhole(opened.root, name, bytes);
	return count < 0 ? count : bytes.toString('latin1', 0, count);
}

function stat(name: string, files = opened.files): FileStat | number {
	files.batch();
	const into = new FileStat();
	const errno = files.statPath(opened.root, name, into);
	return errno < 0 ? errno : into;
}

/** How many regular files below the root are open. */
const kept = () => descriptorsIn(opened.path) - 1 - ['a', 'a/b'].filter((name) => isOpen(name)).length;
const isOpen = (name: string) => descriptorsIn(path(name)) > descriptorsIn(`${path(name)}/`);

/** So often that it is kept: directories are found, looked at, and the name is asked for again. */
function warm(name: string): void {
	for (let batch = 0; batch < 4; batch++) {
		read(name);
		stat(name);
	}
	expect(opened.files.isKeeping).toBe(true);
	const { events } = opened;
	if (events === undefined) return;
	opened.files.batch();
	expect(events.watched).toBeGreaterThanOrEqual(name.split('/').length - 1 || 1);
	expect(events.isQuietSince(events.heard)).toBe(true);
}

describe.each([
	['where directories are asked', undefined],
	['where directories tell', { asking: 0, watching: 1 }],
])('KeptFiles %s', (_, thresholds) => {
	beforeEach(() => open(thresholds));

	test('a file that is read again and again stays open, and is read with one call', () => {
		warm('a/b/file');
		warm('top');
		expect(kept()).toBe(2);
		expect([read('a/b/file'), read('top')]).toEqual(['content', 'top']);
	});

	test('a file that is read once, or only stated once, does not stay open', () => {
		for (let batch = 0; batch < 3; batch++) stat('a/b');
		read('a/b/file');
		stat('top');
		expect(kept()).toBe(0);
	});

	const file = 'a/b/file';
	const changes: Record<string, () => void> = {
		replaced() {
			fs.writeFileSync(path('a/new'), 'new');
			fs.renameSync(path('a/new'), path(file));
		},
		removed: () => fs.unlinkSync(path(file)),
		'removed and made again': () => {
			fs.unlinkSync(path(file));
			fs.writeFileSync(path(file), 'again');
		},
		'moved away': () => fs.renameSync(path(file), path('elsewhere')),
		'replaced by a symlink': () => {
			fs.unlinkSync(path(file));
			fs.symlinkSync('/etc/hostname', path(file));
		},
		'replaced by a directory': () => {
			fs.unlinkSync(path(file));
			fs.mkdirSync(path(file));
		},
		'written in place': () => fs.writeFileSync(path(file), 'other and longer'),
		'cut off': () => fs.truncateSync(path(file), 3),
		'appended to': () => fs.appendFileSync(path(file), ', more'),
		'in a directory that was moved away': () => fs.renameSync(path('a/b'), path('a/c')),
		'below a directory that was moved away': () => fs.renameSync(path('a'), path('c')),
		'in a directory that is a symlink now': () => {
			fs.renameSync(path('a/b'), path('b'));
			fs.symlinkSync('../b', path('a/b'));
		},
		'below a directory that was replaced': () => {
			fs.renameSync(path('a'), path('c'));
			fs.mkdirSync(path('a/b'), { recursive: true });
		},
	};
	test.each(Object.entries(changes))('a file that was %s since is what a fresh look finds', (_, change) => {
		warm('a/b/file');
		change();
		const fresh = opened.another();
		expect(read('a/b/file')).toEqual(read('a/b/file', fresh));
		expect(stat('a/b/file')).toEqual(stat('a/b/file', fresh));
	});

	test('gives the errors of a fresh look for what is not a regular file, and keeps nothing of it', () => {
		fs.symlinkSync('top', path('link'));
		for (let batch = 0; batch < 4; batch++) {
			expect(read('a')).toBe(-ERRNO_ISDIR);
			expect(read('link')).toBe(-STATUS_SYMLINK);
			expect(read('missing')).toBe(-ERRNO_NOENT);
			stat('a');
			stat('link');
		}
		expect(kept()).toBe(0);
	});

	test("of a file that does not fit, the descriptor comes back, and is the caller's", () => {
		for (let batch = 0; batch < 4; batch++) {
			expect(read('a/b/file', opened.files, 7)).toBe(-ERRNO_FBIG);
			const bytes = Buffer.alloc(7);
			expect(opened.files.read(opened.files.larger, bytes, 0)).toBe(7);
			expect(String(bytes)).toBe('content');
			expect(opened.files.close(opened.files.larger)).toBe(0);
		}
		expect(kept()).toBe(0);
	});

	test('a kept file that has grown beyond the room does not fit any more', () => {
		warm('a/b/file');
		fs.writeFileSync(path('a/b/file'), 'x'.repeat(64));
		expect(read('a/b/file')).toBe(-ERRNO_FBIG);
		opened.files.close(opened.files.larger);
	});

	test('a file with a second name, as one that is being appended to has, is looked at each time', () => {
		warm('a/b/file');
		fs.linkSync(path('a/b/file'), path('second'));
		fs.appendFileSync(path('second'), ' and more');
		expect(read('a/b/file')).toBe('content and more');
		expect(stat('a/b/file')).toMatchObject({ size: 16n, links: 2n });
	});

	test('a file that was kept during an append is whole as long as that goes on', () => {
		const lock = path(`a/b/${lockName('file')}`);
		fs.mkdirSync(lock);
		fs.linkSync(path('a/b/file'), `${lock}/.holdfast-boot-1-2-3-${'ab'.repeat(16)}-0000000000000007`);
		warm('a/b/file');
		fs.appendFileSync(path('a/b/file'), ', and half of wh');
		expect(read('a/b/file')).toBe('content');
		expect(stat('a/b/file')).toMatchObject({ size: 7n });
	});

	test('stats show every change of the file itself', () => {
		warm('a/b/file');
		fs.chmodSync(path('a/b/file'), 0o600);
		fs.utimesSync(path('a/b/file'), 1, 2);
		expect(stat('a/b/file')).toEqual(stat('a/b/file', opened.another()));
		expect(stat('a/b/file')).toMatchObject({ modifiedNs: 2_000_000_000n });
	});

	test('stats of a file that has not changed say all that a fresh look says', () => {
		fs.linkSync(path('top'), path('second'));
		for (const name of ['a/b/file', 'top']) {
			warm(name);
			const fresh = stat(name, opened.another());
			expect(fresh).toMatchObject({ links: name === 'top' ? 2n : 1n });
			expect([stat(name), stat(name)]).toEqual([fresh, fresh]);
		}
	});

	test('after its time a file is closed by the next batch, used or not', () => {
		const start = performance.now();
		const clock = vi.spyOn(performance, 'now');
		warm('a/b/file');
		clock.mockReturnValue(start + KEEP_MS * 10);
		opened.files.batch();
		expect(opened.files.isKeeping).toBe(false);
		expect(kept()).toBe(0);
	});

	test('one that is in use and has not changed stays open, and is opened anew when it has', () => {
		const start = performance.now();
		const clock = vi.spyOn(performance, 'now').mockReturnValue(start);
		warm('a/b/file');
		const [descriptor] = opened.table.ownedBy(0).slice(-1);
		const resource = opened.table.resource(descriptor);
		for (let late = 0.6; late < 5; late += 0.6) {
			clock.mockReturnValue(start + KEEP_MS * late);
			expect(read('a/b/file')).toBe('content');
			expect(opened.table.resource(descriptor)).toBe(resource);
		}
		fs.chmodSync(path('a/b/file'), 0o640);
		clock.mockReturnValue(start + KEEP_MS * 5.5);
		read('a/b/file');
		clock.mockReturnValue(start + KEEP_MS * 5.9);
		opened.files.batch();
		expect(opened.table.resource(descriptor)).toBe(-1);
	});

	test('there are never more than the limit, and those that find no room are read all the same', () => {
		const files = new NodeFiles({ table: opened.table, epoch: opened.epoch, shared: undefined }, { keptFilesMax: 3 });
		const names = Array.from({ length: 8 }, (_, index) => `f${index}`);
		for (const name of names) fs.writeFileSync(path(name), name);
		for (let batch = 0; batch < 5; batch++) {
			for (const name of names) expect(read(name, files)).toBe(name);
			expect(kept()).toBeLessThanOrEqual(3);
		}
		expect(kept()).toBe(3);
		files.dispose();
		expect(kept()).toBe(0);
	});

	test('a thread keeps a sixteenth of what the process may have open at most', () => {
		const limit = Number(/^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1'))?.[1]);
		expect(KEPT_FILES_MAX).toBeGreaterThan(0);
		expect(KEPT_FILES_MAX).toBeLessThanOrEqual(limit / 16);
	});

	test('closing the root, or another instance in the same thread, closes what was kept', () => {
		warm('a/b/file');
		opened.table.owner = 7;
		opened.files.batch();
		expect(kept()).toBe(0);
		warm('a/b/file');
		expect(opened.files.close(opened.root)).toBe(0);
		expect(descriptorsIn(opened.path)).toBe(0);
	});

	test('what the host closed after the death of an instance is used no more', () => {
		opened.table.owner = 7;
		warm('a/b/file');
		const linkOf = (fd: number) => fs.readlinkSync(`/proc/self/fd/${opened.table.resource(fd)}`);
		for (const fd of opened.table.ownedBy(7)) if (linkOf(fd) === path('a/b/file')) opened.files.close(fd);
		expect(read('a/b/file')).toBe('content');
	});

	test('is what a fresh look finds, whatever is done in between', () => {
		const seed = Number(process.env.HOLDFAST_SEED ?? Math.floor(Math.random() * 2 ** 31));
		const random = new Random(seed);
		const names = ['top', 'x', 'a/b/file', 'a/b/x', 'a/x', 'a/b', 'a'];
		const steps: ((one: string, other: string) => void)[] = [
			(one) => fs.writeFileSync(path(one), `${random.next()}`),
			(one) => fs.appendFileSync(path(one), 'more'),
			(one, other) => fs.renameSync(path(one), path(other)),
			(one) => fs.rmSync(path(one), { recursive: true }),
			(one) => fs.mkdirSync(path(one)),
			(one, other) => fs.symlinkSync(path(other), path(one)),
			(one, other) => fs.linkSync(path(one), path(other)),
			(one) => fs.truncateSync(path(one), 2),
			(one) => fs.chmodSync(path(one), 0o700),
			() => undefined,
		];
		for (let step = 0; step < Number(process.env.HOLDFAST_RUNS ?? 400); step++) {
			try {
				random.pick(steps)(random.pick(names), random.pick(names));
			} catch (error) {
				// Most of what chance asks for is not possible at the moment.
				if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
			}
			const fresh = opened.another();
			for (const name of names) {
				const why = `seed ${seed}, step ${step}, ${name}`;
				expect(read(name), why).toEqual(read(name, fresh));
				const [own, other] = [stat(name), stat(name, fresh)];
				if (typeof own === 'object' && typeof other === 'object') own.accessedNs = other.accessedNs;
				expect(own, why).toEqual(other);
			}
			fresh.dispose();
		}
	});
});

test('a directory that is gone is noticed where it tells, but the one above cannot be watched', () => {
	open({ asking: 0, watching: 1 });
	const events = opened.events as DirectoryEvents;
	const watch = events.watch.bind(events);
	const above = opened.table.resource(opened.root);
	vi.spyOn(events, 'watch').mockImplementation((resource) => (resource === above ? undefined : watch(resource)));
	fs.mkdirSync(path('empty'));
	for (let batch = 0; batch < 4; batch++) expect(stat('empty/file')).toBe(-ERRNO_NOENT);
	expect(events.watched).toBe(1);
	fs.rmdirSync(path('empty'));
	fs.mkdirSync(path('empty'));
	fs.writeFileSync(path('empty/file'), 'new');
	expect(stat('empty/file')).toMatchObject({ size: 3n });
});
