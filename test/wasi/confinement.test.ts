import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	existsSync,
	linkSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
	ERRNO_EXIST,
	ERRNO_NOENT,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	FILETYPE_SYMBOLIC_LINK,
	OFLAGS_DIRECTORY,
	STATUS_SYMLINK,
} from '#assembly/layout';
import { Access, FileStat } from '#host/wasi/files';
import type { NodeFiles } from '#host/wasi/node-files';
import { lockName } from '#host/wasi/owner';
import { locationOf, wholeBytes } from '#host/wasi/whole-size';
import { descriptorsIn, get, type OpenedFiles, openFilesIn, put } from './opened-files.js';
import { touch } from './touch.js';

const isRoot = process.getuid?.() === 0;
const SECRET = 'outside';
/** In a directory outside only. */
const OUTSIDE_NAME = 'only outside';
/** Two ways through one door may find that the other one was there before. */
const PASSING = new Set<number>([ERRNO_EXIST, ERRNO_NOENT, ERRNO_NOTEMPTY]);
/** How long the race runs; it is bounded by time because the other side is another process. `HOLDFAST_RACE_MS=60000` for a minute. */
const RACE_MS = Number(process.env.HOLDFAST_RACE_MS ?? 2000);

const OUTSIDE_FILES = ['file', 'dir/file', `dir/${OUTSIDE_NAME}`];
/** Longer than the clock of change times stands still. */
const CLOCK_TICK_MS = 20;

let opened: OpenedFiles;
let files: NodeFiles;
let root: number;
let at: (path: string) => string;
let outside: (path: string) => string;

beforeEach(() => {
	opened = openFilesIn((base) => {
		mkdirSync(join(base, 'root/dir'), { recursive: true });
		mkdirSync(join(base, 'outside/dir'), { recursive: true });
		for (const path of OUTSIDE_FILES) writeFileSync(join(base, 'outside', path), SECRET);
		for (const path of ['root/file', 'root/dir/file']) writeFileSync(join(base, path), 'inside');
		return join(base, 'root');
	});
	files = opened.files;
	root = opened.root;
	at = (path) => join(opened.path, path);
	outside = (path) => join(opened.base, 'outside', path);
});

afterEach(() => {
	// Whatever a test tried: outside, nothing has changed.
	const untouched = readdirSync(outside(''), { recursive: true }).sort();
	const contents = OUTSIDE_FILES.map((path) => readFileSync(outside(path), 'latin1'));
	files.dispose();
	const left = [opened.table.open(), descriptorsIn(opened.base)];
	opened.close();
	expect(untouched).toEqual(['dir', ...OUTSIDE_FILES].sort());
	expect(contents).toEqual(OUTSIDE_FILES.map(() => SECRET));
	expect(left).toEqual([1, 1]);
});

describe('a symlink', () => {
	const targets: [string, () => string][] = [
		['to a file inside', () => 'file'],
		['to a file outside', () => outside('file')],
		['to a directory inside', () => 'dir'],
		['to a directory outside', () => outside('dir')],
		['to nothing', () => 'nothing'],
		['to nothing outside', () => outside('nothing')],
		['to itself', () => 'link'],
	];

	test.each(targets)('%s is never followed at the end of a path', (_name, target) => {
		symlinkSync(target(), at('link'));
		expect(touch(opened, 'link')).toEqual({
			read: -STATUS_SYMLINK,
			readWhole: -STATUS_SYMLINK,
			write: -STATUS_SYMLINK,
			append: -STATUS_SYMLINK,
			create: -STATUS_SYMLINK,
			createAppend: -STATUS_SYMLINK,
			truncate: -STATUS_SYMLINK,
			truncateRead: -STATUS_SYMLINK,
			exclusive: -ERRNO_EXIST,
			list: -STATUS_SYMLINK,
			statPath: 0,
			createDirectory: -ERRNO_EXIST,
			removeDirectory: -ERRNO_NOTDIR,
			// A second name of the link, not of what it leads to.
			linkFrom: 0,
			linkTo: -ERRNO_EXIST,
		});
		const stat = new FileStat();
		expect([files.statPath(root, 'linked', stat), stat.kind]).toEqual([0, FILETYPE_SYMBOLIC_LINK]);
		expect(files.unlink(root, 'linked')).toBe(0);
		expect([files.statPath(root, 'link', stat), stat.kind]).toEqual([0, FILETYPE_SYMBOLIC_LINK]);
		expect(files.unlink(root, 'link')).toBe(0);
		expect(readdirSync(opened.path).sort()).toEqual(['dir', 'file']);
	});

	test.each(targets)('%s is never followed on the way', (_name, target) => {
		symlinkSync(target(), at('link'));
		for (const path of ['link/file', 'link/new', 'link/dir/file', 'link/.x/y']) {
			expect([...new Set(Object.values(touch(opened, path)))]).toEqual([-STATUS_SYMLINK]);
			expect(files.unlink(root, path)).toBe(-STATUS_SYMLINK);
			expect(files.rename(root, path, root, 'x')).toBe(-STATUS_SYMLINK);
			expect(files.rename(root, 'file', root, path)).toBe(-STATUS_SYMLINK);
		}
		expect(readdirSync(opened.path).sort()).toEqual(['dir', 'file', 'link']);
	});

	test('is replaced and renamed as the name that it is', () => {
		symlinkSync(outside('file'), at('link'));
		expect(files.rename(root, 'link', root, 'moved')).toBe(0);
		expect(files.rename(root, 'file', root, 'moved')).toBe(0);
		expect(get(opened, 'moved')).toBe('inside');
	});
});

describe('the lock of a file', () => {
	/** What somebody who appends from the third byte on would have there, made by an attacker. */
	const announcement = `.holdfast-boot-1-2-3-${'ab'.repeat(16)}-0000000000000003`;
	const stat = new FileStat();
	const sizes = () => [get(opened, 'dir/file'), files.statPath(root, 'dir/file', stat), stat.size];

	test('is believed where it is, and not behind a symlink', () => {
		linkSync(at('dir/file'), at('second'));
		const lock = at(`dir/${lockName('file')}`);
		mkdirSync(lock);
		linkSync(at('dir/file'), join(lock, announcement));
		expect(sizes()).toEqual(['ins', 0, 3n]);
		renameSync(lock, join(opened.base, 'elsewhere'));
		symlinkSync(join(opened.base, 'elsewhere'), lock);
		expect(sizes()).toEqual(['inside', 0, 6n]);
	});

	test('is not looked for behind a symlink that came in the place of its directory', () => {
		linkSync(at('dir/file'), at('second'));
		const fd = files.open(root, 'dir/file', 0, Access.read);
		const elsewhere = join(opened.base, 'elsewhere');
		mkdirSync(join(elsewhere, lockName('file')), { recursive: true });
		linkSync(at('dir/file'), join(elsewhere, lockName('file'), announcement));
		// The kernel tells where the file is before the directory is swapped, and the lock is opened after.
		const location = locationOf(opened.table.resource(fd));
		renameSync(at('dir'), at('old'));
		symlinkSync(elsewhere, at('dir'));
		expect(wholeBytes(location, () => statSync(at('old/file')))).toBe(6);
		files.close(fd);
	});
});

describe.each([
	['whose place is asked for', 0],
	['that is only asked whether it has changed', 3_600_000],
])('a directory with cached descriptor %s', (_how, aheadMs) => {
	beforeEach(() => {
		mkdirSync(at('a/b'), { recursive: true });
		writeFileSync(at('a/b/file'), 'first');
		// What was made just now is not believed to be unchanged: the clock is put forward, and so far that a change gets another time.
		vi.spyOn(Date, 'now').mockReturnValue(Date.now() + aheadMs);
		if (aheadMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CLOCK_TICK_MS);
		// Walked to, looked at once more where it is cached, and each of its parents too.
		for (let batch = 0; batch < 4; batch++) {
			files.batch();
			expect(get(opened, 'a/b/file')).toBe('first');
		}
	});

	afterEach(() => void vi.restoreAllMocks());

	test('that was moved is not found under its old name from the next batch on', () => {
		renameSync(at('a'), at('moved'));
		files.batch();
		expect(get(opened, 'a/b/file')).toBe(-ERRNO_NOENT);
		expect(get(opened, 'moved/b/file')).toBe('first');
	});

	test('that was moved out of the root is left alone', () => {
		renameSync(at('a/b'), join(opened.base, 'taken'));
		files.batch();
		expect(put(opened, 'a/b/new', 'x')).toBe(-ERRNO_NOENT);
		expect(files.unlink(root, 'a/b/file')).toBe(-ERRNO_NOENT);
		expect(readdirSync(join(opened.base, 'taken'))).toEqual(['file']);
	});

	test('whose parent was moved out of the root is left alone', () => {
		renameSync(at('a'), join(opened.base, 'taken'));
		files.batch();
		expect(put(opened, 'a/b/new', 'x')).toBe(-ERRNO_NOENT);
		expect(readdirSync(join(opened.base, 'taken/b'))).toEqual(['file']);
	});

	test('that was replaced is walked to again', () => {
		renameSync(at('a/b'), at('a/old'));
		mkdirSync(at('a/b'));
		writeFileSync(at('a/b/file'), 'second');
		files.batch();
		expect(get(opened, 'a/b/file')).toBe('second');
		expect(put(opened, 'a/b/new', '')).toBe(0);
		expect(readdirSync(at('a/b')).sort()).toEqual(['file', 'new']);
	});

	test('that was removed and made again is walked to again', () => {
		rmSync(at('a'), { recursive: true });
		files.batch();
		expect(get(opened, 'a/b/file')).toBe(-ERRNO_NOENT);
		mkdirSync(at('a/b'), { recursive: true });
		writeFileSync(at('a/b/file'), 'second');
		files.batch();
		expect(get(opened, 'a/b/file')).toBe('second');
	});

	test('that was removed, and whose name says so too, is walked to again', () => {
		mkdirSync(at('x (deleted)'));
		writeFileSync(at('x (deleted)/file'), 'first');
		expect(get(opened, 'x (deleted)/file')).toBe('first');
		renameSync(at('x (deleted)'), at('x'));
		rmSync(at('x'), { recursive: true });
		mkdirSync(at('x (deleted)'));
		writeFileSync(at('x (deleted)/file'), 'second');
		files.batch();
		expect(get(opened, 'x (deleted)/file')).toBe('second');
	});

	test('that became a symlink is refused', () => {
		renameSync(at('a/b'), at('a/old'));
		symlinkSync(outside('dir'), at('a/b'));
		files.batch();
		expect(get(opened, 'a/b/file')).toBe(-STATUS_SYMLINK);
		expect(put(opened, 'a/b/new', 'x')).toBe(-STATUS_SYMLINK);
	});

	test('whose parent became a symlink to the place that it is in now is refused', () => {
		renameSync(at('a'), join(opened.base, 'taken'));
		symlinkSync(join(opened.base, 'taken'), at('a'));
		files.batch();
		expect(get(opened, 'a/b/file')).toBe(-STATUS_SYMLINK);
	});

	test('is still right when the root itself has been moved', () => {
		renameSync(opened.path, join(opened.base, 'moved root'));
		mkdirSync(at('a/b'), { recursive: true });
		writeFileSync(at('a/b/file'), 'another root');
		files.batch();
		expect(get(opened, 'a/b/file')).toBe('first');
		expect(put(opened, 'a/b/new', 'x')).toBe(0);
		expect(existsSync(join(opened.base, 'moved root/a/b/new'))).toBe(true);
	});

	test('is left alone when it went back to where the root once was, and the root did not', () => {
		renameSync(opened.path, join(opened.base, 'moved root'));
		mkdirSync(opened.path);
		renameSync(join(opened.base, 'moved root/a'), at('a'));
		files.batch();
		expect(get(opened, 'a/b/file')).toBe(-ERRNO_NOENT);
	});

	test('is gone when the root itself has been removed', () => {
		rmSync(opened.path, { recursive: true });
		files.batch();
		expect(get(opened, 'a/b/file')).toBe(-ERRNO_NOENT);
		expect(put(opened, 'new', '')).toBe(-ERRNO_NOENT);
		expect(files.createDirectory(root, 'new')).toBe(-ERRNO_NOENT);
	});

	test('that this pool renamed is noticed at once, by the thread that did it and by all others', () => {
		const other = opened.another();
		const read = (by: NodeFiles, path: string) => get({ ...opened, files: by }, path);
		expect(read(other, 'a/b/file')).toBe('first');
		expect(files.rename(root, 'a', root, 'c')).toBe(0);
		for (const by of [files, other]) {
			expect(read(by, 'a/b/file')).toBe(-ERRNO_NOENT);
			expect(read(by, 'c/b/file')).toBe('first');
		}
		expect(other.unlink(root, 'c/b/file')).toBe(0);
		expect(other.removeDirectory(root, 'c/b')).toBe(0);
		expect(other.createDirectory(root, 'c/b')).toBe(0);
		for (const by of [files, other]) expect(read(by, 'c/b/file')).toBe(-ERRNO_NOENT);
		expect(put(opened, 'c/b/file', 'second')).toBe(0);
		expect(read(other, 'c/b/file')).toBe('second');
		other.dispose();
	});

	test.runIf(isRoot)('that was on a mount which is gone is walked to again (needs root)', () => {
		mkdirSync(at('mount'));
		execFileSync('mount', ['--bind', at('a'), at('mount')]);
		try {
			for (let batch = 0; batch < 4; batch++) {
				files.batch();
				expect(get(opened, 'mount/b/file')).toBe('first');
			}
		} finally {
			execFileSync('umount', ['--lazy', at('mount')]);
		}
		files.batch();
		expect(get(opened, 'mount/b/file')).toBe(-ERRNO_NOENT);
	});

	test('is not kept by whoever never begins a batch', () => {
		const { table } = opened;
		const without = new (files.constructor as typeof NodeFiles)({ table, epoch: opened.epoch, shared: undefined });
		const before = descriptorsIn(opened.base);
		expect(get({ ...opened, files: without }, 'a/b/file')).toBe('first');
		expect(without.rename(root, 'a/b/file', root, 'a/moved')).toBe(0);
		expect(without.open(root, 'a/missing/file', 0, Access.read)).toBe(-ERRNO_NOENT);
		expect(descriptorsIn(opened.base)).toBe(before);
		renameSync(at('a'), at('moved'));
		expect(get({ ...opened, files: without }, 'a/moved')).toBe(-ERRNO_NOENT);
	});
});

describe('a race', () => {
	test('with a program that swaps directories and files for symlinks is never lost', {
		timeout: RACE_MS + 60_000,
	}, async () => {
		for (const name of ['door', 'file']) symlinkSync(outside(name === 'door' ? 'dir' : 'file'), at(`${name}.outside`));
		mkdirSync(at('door'));
		writeFileSync(at('door/file'), 'inside');
		const swapper = spawn(process.execPath, [join(import.meta.dirname, 'swapper.js'), opened.path], {
			stdio: ['pipe', 'inherit', 'inherit'],
		});
		await once(swapper, 'spawn');
		const counts = { opens: 0, inside: 0, symlink: 0, missing: 0, escapes: 0 };
		const secret = statSync(outside('file'), { bigint: true }).dev;
		const inodes = new Set(['file', 'dir/file'].map((path) => statSync(outside(path), { bigint: true }).ino));
		const stat = new FileStat();
		// Under the names of what lies outside: whatever gets out changes something there.
		const changes: ((round: number) => number)[] = [
			() => files.createDirectory(root, 'door/made'),
			() => files.rename(root, 'door/made', root, 'door/dir'),
			() => files.removeDirectory(root, 'door/dir'),
			(round) => put(opened, `door/new${round}`, ''),
			(round) => files.rename(root, `door/new${round}`, root, 'door/file'),
			() => files.link(root, 'door/file', root, 'door/linked'),
			() => files.unlink(root, 'door/linked'),
			() => files.unlink(root, 'door/file'),
			() => put(opened, 'door/file', 'inside'),
		];
		const listed = () => {
			const fd = files.open(root, 'door', OFLAGS_DIRECTORY, Access.read);
			if (fd < 0) return fd;
			const names: string[] = [];
			files.readDirectory(fd, 0, (name) => names.push(name) > 0);
			files.close(fd);
			return names.includes(OUTSIDE_NAME) ? OUTSIDE_NAME : 'inside';
		};
		const deadline = Date.now() + RACE_MS;
		const tally = (content: string | number) => {
			counts.opens++;
			if (content === 'inside') counts.inside++;
			else if (content === -STATUS_SYMLINK) counts.symlink++;
			else if (content === -ERRNO_NOENT || content === -ERRNO_NOTDIR) counts.missing++;
			else counts.escapes++;
		};
		while (Date.now() < deadline) {
			for (let round = 0; round < 50; round++) {
				// By turns with and without what the cache believes.
				if (round % 2 === 0) files.batch();
				tally(get(opened, 'door/file'));
				tally(get(opened, 'file'));
				const written = put(opened, 'door/file', 'inside');
				tally(written === 0 ? 'inside' : written);
				for (const change of changes) {
					const answer = change(round);
					tally(answer >= 0 || PASSING.has(-answer) ? 'inside' : answer);
				}
				tally(listed());
				const resolved = files.resolve(root, 'door/file', true);
				// Whatever it was resolved to: what is opened is inside.
				if (typeof resolved === 'string') tally(get(opened, resolved));
				if (files.statPath(root, 'door/file', stat) === 0 && stat.device === secret && inodes.has(stat.inode))
					counts.escapes++;
			}
		}
		swapper.stdin.end();
		expect(await once(swapper, 'exit')).toEqual([0, null]);
		console.log(`raced opens: ${JSON.stringify(counts)}`);
		expect(counts.escapes).toBe(0);
		// Otherwise nothing was raced.
		expect(counts.opens).toBeGreaterThan(1000);
		expect(counts.symlink).toBeGreaterThan(0);
		expect(counts.inside).toBeGreaterThan(0);
	});
});
