import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ERRNO_BADF, ERRNO_MFILE, FILETYPE_DIRECTORY } from '#assembly/layout';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { CACHED_DIRECTORIES_MAX, DirectoryCache, type Place } from '#host/wasi/directory-cache';
import { Access, FileStat } from '#host/wasi/files';
import { descriptorsIn, get, type OpenedFiles, openDescriptors, openFilesIn } from './opened-files.js';

const SOME = 40;
let opened: OpenedFiles;
let links: () => string[];

beforeEach(() => {
	opened = openFilesIn((base) => {
		for (let index = 0; index < SOME; index++) {
			mkdirSync(join(base, `root/d${index}/deep/x`), { recursive: true });
			writeFileSync(join(base, `root/d${index}/deep/x/file`), `${index}`);
		}
		return join(base, 'root');
	});
	links = () =>
		openDescriptors()
			.filter((link) => link.startsWith(`${opened.path}/`))
			.map((link) => link.slice(opened.path.length + 1))
			.sort();
});

afterEach(() => opened.close());

/** A small cache over the same table. */
function smallCache(capacity: number): DirectoryCache {
	const cache = new DirectoryCache(opened.table, opened.epoch, undefined, capacity);
	cache.renew();
	return cache;
}

describe('DirectoryCache', () => {
	test('keeps every directory on the way, and finds them again without opening any', () => {
		const cache = smallCache(8);
		expect(cache.find(opened.root, 'd0/deep/x/file')).toBe(0);
		expect(links()).toEqual(['d0', 'd0/deep', 'd0/deep/x']);
		const { prefix } = cache;
		expect(cache.find(opened.root, 'd0/deep/other')).toBe(0);
		expect(cache.find(opened.root, 'd0/deep/x/another')).toBe(0);
		expect([cache.prefix, cache.name]).toEqual([prefix, 'another']);
		expect(cache.size).toBe(3);
		cache.clear();
		expect(links()).toEqual([]);
	});

	test('never has more open than its capacity, also when one path is longer than that', () => {
		for (const capacity of [1, 2, 3, 7]) {
			const cache = smallCache(capacity);
			for (let index = 0; index < SOME; index++) {
				expect(cache.find(opened.root, `d${index}/deep/x/file`)).toBe(0);
				cache.settle();
				// The last one found and the one being opened are both in use for a moment.
				expect(cache.size).toBeLessThanOrEqual(Math.max(capacity, 2));
				expect(links()).toHaveLength(cache.size);
				expect(links()).toContain(`d${index}/deep/x`);
			}
			cache.clear();
			expect(links()).toEqual([]);
		}
	});

	test('keeps what is used, and gives up what is not', () => {
		const cache = smallCache(8);
		expect(cache.find(opened.root, 'd0/file')).toBe(0);
		const [hot] = opened.table.ownedBy(0).filter((fd) => fd !== opened.root);
		for (let index = 1; index < SOME; index++) {
			expect(cache.find(opened.root, `d${index}/deep/file`)).toBe(0);
			expect(cache.find(opened.root, 'd0/file')).toBe(0);
			// The same entry of the table: it was never closed and opened again.
			expect(opened.table.resource(hot)).toBeGreaterThanOrEqual(0);
		}
		expect(cache.size).toBe(8);
		cache.clear();
	});

	test('takes to a new set of directories when the old one is used no more', () => {
		const cache = smallCache(8);
		for (let index = 0; index < 8; index++) for (let use = 0; use < 2; use++) cache.find(opened.root, `d${index}/file`);
		const isNew = Array.from({ length: 4 }, (_, index) => `d${20 + index}/file`);
		for (let round = 0; round < 4; round++) for (const path of isNew) cache.find(opened.root, path);
		const before = opened.table.ownedBy(0);
		for (const path of isNew) expect(cache.find(opened.root, path)).toBe(0);
		expect(opened.table.ownedBy(0)).toEqual(before);
		expect(links()).toEqual(expect.arrayContaining(['d20', 'd21', 'd22', 'd23']));
		cache.clear();
	});

	test('does not close the first directory of a call while it walks to the second', () => {
		const cache = smallCache(2);
		expect(cache.find(opened.root, 'd0/deep/x/file')).toBe(0);
		const { prefix } = cache;
		cache.keep();
		for (let index = 1; index < SOME; index++) expect(cache.find(opened.root, `d${index}/deep/x/file`)).toBe(0);
		opened.epoch[0]++;
		expect(cache.find(opened.root, 'd1/deep/x/file')).toBe(0);
		cache.giveWay();
		expect(links()).toContain('d0/deep/x');
		expect(cache.find(opened.root, 'd0/deep/x/file')).toBe(0);
		expect(cache.prefix).toBe(prefix);
		cache.forget(opened.root, 'd0');
		expect(links()).toContain('d0/deep/x');
		cache.settle();
		expect(links()).not.toContain('d0/deep/x');
		cache.clear();
	});

	test('forgets a path and what is below it, and nothing else', () => {
		const cache = smallCache(16);
		for (const path of ['d1/deep/x/file', 'd10/deep/x/file', 'd2/deep/x/file']) cache.find(opened.root, path);
		cache.forget(opened.root, 'd1/deep');
		expect(links()).toEqual(['d1', 'd10', 'd10/deep', 'd10/deep/x', 'd2', 'd2/deep', 'd2/deep/x']);
		cache.forget(opened.root, 'd1');
		cache.forget(opened.root, 'd2');
		expect(links()).toEqual(['d10', 'd10/deep', 'd10/deep/x']);
		cache.clear();
	});

	test('says nothing of a directory that it has forgotten, and lets the one that was opened in its place alone', () => {
		const cache = smallCache(16);
		expect(cache.find(opened.root, 'd1/deep/x/file')).toBe(0);
		const forgotten = cache.place as Place;
		cache.forget(opened.root, 'd1/deep/x');
		expect(cache.find(opened.root, 'd1/deep/x/file')).toBe(0);
		const { place } = cache;
		expect(cache.isUnchanged(forgotten, Number.NaN)).toBe(false);
		expect(cache.find(opened.root, 'd1/deep/x/file')).toBe(0);
		expect(cache.place).toBe(place);
		expect([cache.size, links()]).toEqual([3, ['d1', 'd1/deep', 'd1/deep/x']]);
		cache.clear();
	});

	test('lets nobody use its directories as descriptors', () => {
		const { files, table } = opened;
		expect(get(opened, 'd0/deep/x/file')).toBe('0');
		const own = table.ownedBy(0).filter((fd) => fd !== opened.root);
		expect(own).toHaveLength(3);
		for (const fd of own) {
			expect(files.kind(fd)).toBe(-ERRNO_BADF);
			expect(files.open(fd, 'file', 0, Access.read)).toBe(-ERRNO_BADF);
			expect(files.statPath(fd, '', new FileStat())).toBe(-ERRNO_BADF);
			expect(files.readDirectory(fd, 0, () => true)).toBe(-ERRNO_BADF);
			expect(files.stat(fd, new FileStat())).toBe(-ERRNO_BADF);
		}
	});

	test('uses nothing that was opened for an instance that has ended, and closes it exactly once', () => {
		const { files, table } = opened;
		table.owner = 7;
		files.batch();
		expect(get(opened, 'd0/deep/x/file')).toBe('0');
		// The instance traps: the host closes what it left, while the thread goes on with the next one.
		const [first, ...rest] = table.ownedBy(7);
		expect(files.close(first)).toBe(0);
		table.owner = 8;
		files.batch();
		expect(links()).toEqual([]);
		expect(rest.map((fd) => files.close(fd))).toEqual([-ERRNO_BADF, -ERRNO_BADF]);
		expect(get(opened, 'd0/deep/x/file')).toBe('0');
		expect(table.ownedBy(8)).toHaveLength(3);
	});

	test('is bounded for a whole thread', () => {
		const { files, root } = opened;
		for (let index = 0; index < CACHED_DIRECTORIES_MAX + SOME; index++) {
			expect(files.createDirectory(root, `wide${index}`)).toBe(0);
			expect(files.createDirectory(root, `wide${index}/x`)).toBe(0);
		}
		expect(links()).toHaveLength(CACHED_DIRECTORIES_MAX);
		// The root and the cache.
		expect(opened.table.open()).toBe(CACHED_DIRECTORIES_MAX + 1);
		files.dispose();
		expect(links()).toEqual([]);
	});
});

describe('a thread', () => {
	/** Starts one that has cached directories, and how many descriptors there were before. */
	async function startThread(): Promise<{ worker: Worker; table: DescriptorTable; before: number }> {
		const buffer = new SharedArrayBuffer(DescriptorTable.bytes(4096));
		const table = new DescriptorTable(buffer, 0, 2);
		const root = table.insert(opened.table.resource(opened.root), FILETYPE_DIRECTORY);
		const before = descriptorsIn(opened.base);
		const worker = new Worker(new URL('./files-worker.js', import.meta.url), {
			workerData: { table: buffer, epoch: opened.epoch, root, owner: 5, paths: ['d0/deep/x/file', 'd1/deep/x/file'] },
			trackUnmanagedFds: false,
		});
		await once(worker, 'message');
		expect(descriptorsIn(opened.base)).toBe(before + 6);
		return { worker, table, before };
	}

	test('that ends in order closes what it kept for itself', async () => {
		const { worker, table, before } = await startThread();
		worker.postMessage('end');
		await once(worker, 'exit');
		expect(descriptorsIn(opened.base)).toBe(before);
		expect(table.ownedBy(5)).toEqual([]);
	});

	test('that is killed leaves it in the table, for whoever closes what it left', async () => {
		const { worker, table, before } = await startThread();
		await worker.terminate();
		const left = table.ownedBy(5);
		expect(left.length).toBe(descriptorsIn(opened.base) - before);
		const files = new (opened.files.constructor as new (context: object) => typeof opened.files)({
			table,
			epoch: opened.epoch,
			shared: undefined,
		});
		for (const fd of left) expect(files.close(fd)).toBe(0);
		expect(descriptorsIn(opened.base)).toBe(before);
	});
});

describe('a process without descriptors left', () => {
	test('gives up cached directories before it fails, and recovers', () => {
		const script = join(import.meta.dirname, 'few-descriptors.js');
		const command = `ulimit -n 72; exec "${process.execPath}" "${script}" "${opened.path}"`;
		const result = JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' }));
		expect(result).toMatchObject({
			cached: SOME,
			whenFull: -ERRNO_MFILE,
			statWhenFull: -ERRNO_MFILE,
			afterwards: SOME,
		});
		// More than what 120 cached directories would have left, and all that the process still had.
		expect(result.opened).toBeGreaterThan(20);
	});
});
