import * as fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ERRNO_NOENT, OFLAGS_CREAT, OFLAGS_EXCL } from '#assembly/layout';
import { Access, FileStat } from '#host/wasi/files';
import { get, type OpenedFiles, openFilesIn } from './opened-files.js';

// What a call may cost is told in system calls, each of which takes longer than everything around it.

vi.mock('node:fs', async (load) => {
	const original = await load<typeof import('node:fs')>();
	const counted = [
		'openSync',
		'closeSync',
		'fstatSync',
		'lstatSync',
		'readSync',
		'writeSync',
		'readlinkSync',
		'renameSync',
	] as const;
	return { ...original, ...Object.fromEntries(counted.map((name) => [name, vi.fn(original[name])])) };
});

let opened: OpenedFiles;

beforeEach(() => {
	opened = openFilesIn((base) => {
		for (const path of ['a/b/c', 'a/d']) fs.mkdirSync(`${base}/root/${path}`, { recursive: true });
		for (const path of ['file', 'a/b/c/file', 'a/d/file']) fs.writeFileSync(`${base}/root/${path}`, 'content');
		return `${base}/root`;
	});
});

afterEach(() => opened.close());

/** The calls of one operation, by name. */
function callsOf(operation: () => unknown): Record<string, number> {
	const { openSync, closeSync, fstatSync, lstatSync, readSync, writeSync, readlinkSync, renameSync } = fs;
	const counted = { openSync, closeSync, fstatSync, lstatSync, readSync, writeSync, readlinkSync, renameSync };
	for (const call of Object.values(counted)) vi.mocked(call).mockClear();
	operation();
	const counts = Object.entries(counted).map(([name, call]) => [name, vi.mocked(call).mock.calls.length] as const);
	return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Held, looked at, opened, read, and both closed. */
const READ = { openSync: 2, fstatSync: 1, readSync: 1, closeSync: 2 };

describe('NodeFiles', () => {
	test('holds, looks at, opens, reads and closes with six system calls where the directory is cached', () => {
		expect(callsOf(() => get(opened, 'a/b/c/file'))).toEqual({ ...READ, openSync: 2 + 3 });
		expect(callsOf(() => get(opened, 'a/b/c/file'))).toEqual(READ);
		expect(callsOf(() => get(opened, 'file'))).toEqual(READ);
		expect(callsOf(() => get(opened, 'a/d/file'))).toEqual({ ...READ, openSync: 2 + 1 });
	});

	test('asks once in a batch where a cached directory is, and once where the root is', () => {
		for (const path of ['a/b/c/file', 'a/d/file']) get(opened, path);
		opened.files.batch();
		expect(callsOf(() => get(opened, 'file'))).toEqual(READ);
		expect(callsOf(() => get(opened, 'a/b/c/file'))).toEqual({ ...READ, readlinkSync: 2 });
		expect(callsOf(() => get(opened, 'a/b/c/file'))).toEqual(READ);
		expect(callsOf(() => get(opened, 'a/d/file'))).toEqual({ ...READ, readlinkSync: 1 });
		// One that is asked about again is looked at for how old its last change is.
		Atomics.add(opened.epoch, 0, 1);
		expect(callsOf(() => get(opened, 'a/d/file'))).toEqual({ ...READ, fstatSync: 2, readlinkSync: 2 });
	});

	test('asks directories that have not changed for long only whether they have, once in a batch each', () => {
		vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
		for (let batch = 0; batch < 8; batch++) {
			for (const path of ['a/b/c/file', 'a/d/file']) get(opened, path);
			opened.files.batch();
		}
		expect(callsOf(() => get(opened, 'a/b/c/file'))).toEqual({ ...READ, fstatSync: 1 + 3 });
		expect(callsOf(() => get(opened, 'a/d/file'))).toEqual({ ...READ, fstatSync: 1 + 1 });
		expect(callsOf(() => get(opened, 'a/d/file'))).toEqual(READ);
		opened.files.batch();
		fs.writeFileSync(`${opened.path}/a/d/new`, '');
		// It has changed, so its place is asked for again.
		expect(callsOf(() => get(opened, 'a/d/file'))).toMatchObject({ readlinkSync: 2 });
		vi.restoreAllMocks();
	});

	test('says of a path without symlinks that it has none with one system call', () => {
		get(opened, 'a/b/c/file');
		expect(callsOf(() => opened.files.resolve(opened.root, 'a/b/c/file', true))).toEqual({ readlinkSync: 1 });
		expect(callsOf(() => opened.files.resolve(opened.root, 'a/b/c/missing', true))).toEqual({ readlinkSync: 1 });
	});

	test('stats by name with one system call, and creates a new file with one', () => {
		const { files, root } = opened;
		expect(callsOf(() => files.statPath(root, 'file', new FileStat()))).toEqual({ lstatSync: 1 });
		let fd = -1;
		const create = () => {
			fd = files.open(root, 'new', OFLAGS_CREAT | OFLAGS_EXCL, Access.write);
			expect(files.size(fd)).toBe(0);
		};
		expect(callsOf(create)).toEqual({ openSync: 1 });
		files.close(fd);
	});

	test('asks nothing of a new file before it is renamed, nor twice for the mode of what it replaces', () => {
		const { files, root } = opened;
		const looked = new FileStat();
		const write = (target: string, isThere: boolean) => {
			expect(files.statPath(root, target, looked)).toBe(isThere ? 0 : -ERRNO_NOENT);
			const fd = files.open(root, 'temporary', OFLAGS_CREAT | OFLAGS_EXCL, Access.write);
			if (isThere) expect(files.adopt(fd, root, target)).toBe(0);
			files.write(fd, Buffer.from('new'), 0);
			files.close(fd);
			expect(files.rename(root, 'temporary', root, target)).toBe(0);
		};
		const CREATE = { lstatSync: 1, openSync: 1, writeSync: 1, closeSync: 1, renameSync: 1 };
		fs.chmodSync(`${opened.path}/file`, 0o640);
		expect(callsOf(() => write('created', false))).toEqual(CREATE);
		expect(callsOf(() => write('file', true))).toEqual({ ...CREATE, fstatSync: 1 });
		expect(fs.statSync(`${opened.path}/file`).mode & 0o777).toBe(0o640);
		expect(fs.readFileSync(`${opened.path}/file`, 'utf8')).toBe('new');
		// A name that was not made here is looked at: it may be a directory, which others keep open.
		expect(callsOf(() => files.rename(root, 'created', root, 'elsewhere'))).toEqual({ lstatSync: 1, renameSync: 1 });
		// What was seen in the batch before says nothing of the mode now.
		files.statPath(root, 'file', looked);
		files.batch();
		fs.chmodSync(`${opened.path}/file`, 0o600);
		const fd = files.open(root, 'temporary', OFLAGS_CREAT | OFLAGS_EXCL, Access.write);
		expect(callsOf(() => files.adopt(fd, root, 'file'))).toEqual({ lstatSync: 1, fstatSync: 1 });
		expect(fs.statSync(`${opened.path}/temporary`).mode & 0o777).toBe(0o600);
		files.close(fd);
	});
});
