import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE } from '#assembly/layout';
import { driveAsync } from '#host/operator/drivers';
import { Invocation } from '#host/operator/invocation';
import { SORT_MEMORY_BYTES } from '#host/operator/name-order';
import { parsePath } from '#host/operator/parse-path';
import { SortedNames } from '#host/operator/sorted-names';
import { OPEN_LEVELS_MAX, Tree } from '#host/operator/tree';
import { FakeEngine, fakeContext, fakeOperator } from './fake-engine.js';
import { FakeTree } from './fake-tree.js';
import { rejection } from './refusal.js';

// HOLDFAST_TEST_LARGE=1 lists what the issue asks for; the ordinary run a part of it.
const FILES = process.env.HOLDFAST_TEST_LARGE === undefined ? 20_000 : 1_000_000;
const DEPTH = 1000;
/** Far less than the entries would take: 20,000 of them are more than 8 MB. */
const HEAP_GROWTH_MAX_BYTES = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
	// The first one may end a collection that had begun before, which leaves what has died since.
	collectGarbage();
	collectGarbage();
	return process.memoryUsage().heapUsed;
}

describe('a directory of very many files', () => {
	let root: string;
	let op: Operator;
	beforeEach(async () => {
		root = await mkdtemp(join(tmpdir(), 'holdfast-large-'));
		op = new Operator('fs', { root, workers: 1 });
	});
	afterEach(async () => {
		await op.close();
		await rm(root, { recursive: true, force: true });
	});

	it('is listed in constant memory', { timeout: 600_000 }, async () => {
		await mkdir(join(root, 'many'));
		for (let start = 0; start < FILES; start += 1000) {
			const writes = Array.from({ length: 1000 }, (_, index) => writeFile(join(root, `many/file${start + index}`), ''));
			await Promise.all(writes);
		}
		let count = 0;
		let first = 0;
		let most = 0;
		for await (const entry of await op.lister('many/')) {
			count++;
			if (entry.path() === 'many/') continue;
			if (count === 2000) first = heapBytes();
			if (count > 2000 && count % (FILES / 10) === 0) most = Math.max(most, heapBytes());
		}
		expect(count).toBe(FILES + 1);
		expect(most - first).toBeLessThan(HEAP_GROWTH_MAX_BYTES);
		console.info(`${FILES} files: the heap grew by ${((most - first) / 1024).toFixed(0)} KiB while they were listed.`);
	});

	it('a tree 1,000 deep is listed to its end', async () => {
		await op.createDir('d/'.repeat(DEPTH));
		await op.write(`${'d/'.repeat(DEPTH)}file`, 'x');
		let count = 0;
		let last = '';
		for await (const entry of await op.lister('', { recursive: true })) {
			count++;
			last = entry.path();
		}
		expect(count).toBe(DEPTH + 2);
		expect(last).toBe(`${'d/'.repeat(DEPTH)}file`);
		const ordered = await op.list('', { recursive: true, startAfter: 'd/'.repeat(DEPTH - 1) });
		expect(ordered.map((entry) => entry.path().length)).toEqual([2 * DEPTH, 2 * DEPTH + 4]);
		await op.removeAll('/');
	});
});

describe('a deep tree', () => {
	it('keeps few directories open', async () => {
		const tree = new FakeTree([`${'d/'.repeat(DEPTH)}file`]);
		const lister = await fakeOperator(new FakeEngine(tree.answer)).lister('', { recursive: true });
		let count = 0;
		for await (const _ of lister) count++;
		expect(count).toBe(DEPTH + 2);
		expect(tree.mostOpen).toBeLessThanOrEqual(OPEN_LEVELS_MAX + 1);
		expect(tree.open.size).toBe(0);
	});
});

describe('Lister with a signal', () => {
	const paths = ['a/b/c/1', 'a/b/c/2', 'a/b/3', 'a/4', 'e/', 'f/5', 'g', 'h', 'i'];

	it.each([
		['in the order of directories', {}],
		['by path', { startAfter: '' }],
	])('%s can be aborted at any entry, and holds nothing then', async (_, options) => {
		const whole = new FakeTree(paths);
		const all = await fakeOperator(new FakeEngine(whole.answer)).lister('', { recursive: true, ...options });
		let entries = 0;
		while ((await all.next()) !== null) entries++;
		for (let at = 0; at <= entries; at++) {
			const tree = new FakeTree(paths);
			const controller = new AbortController();
			const { signal } = controller;
			const lister = await fakeOperator(new FakeEngine(tree.answer)).lister('', {
				recursive: true,
				signal,
				...options,
			});
			for (let taken = 0; taken < at; taken++) expect(await lister.next()).not.toBeNull();
			controller.abort();
			expect((await rejection(lister.next())).code).toBe('Cancelled');
			expect(tree.open.size).toBe(0);
			expect((await rejection(lister.next())).code).toBe('Cancelled');
		}
	});
});

describe('SortedNames', () => {
	const nameOf = (name: string, isDirectory = false) => {
		const kind = isDirectory ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE;
		const [accessedNs, modifiedNs, changedNs] = [2n ** 60n, 2n ** 60n + 1n, 2n ** 60n + 2n];
		const stat = { kind, size: BigInt(name.length), inode: 2n ** 63n + 1n, accessedNs, modifiedNs, changedNs };
		return { name, isDirectory, isLink: !isDirectory && name.length % 2 === 0, stat };
	};
	const shuffled = (count: number) =>
		Array.from({ length: count }, (_, index) => `${(index * 7919) % count} Grüße 🙂`).map((name, index) =>
			nameOf(name, index % 3 === 0),
		);
	const spilled = () => readdirSync(tmpdir()).filter((name) => name.endsWith('.listing'));
	const descriptors = () => readdirSync('/proc/self/fd').length;

	it.each([10 ** 9, 100_000, 5000, 1])('gives every name in order with %i bytes of memory', (memoryBytes) => {
		const names = shuffled(600);
		const sorted = new SortedNames(memoryBytes);
		for (const name of names) sorted.add(name);
		sorted.finish();
		expect(sorted.runCount > 0).toBe(memoryBytes <= 100_000);
		const taken = [];
		for (let name = sorted.take(); name !== undefined; name = sorted.take()) taken.push(name);
		const key = ({ name, isDirectory }: (typeof names)[number]) => (isDirectory ? `${name}/` : name);
		const expected = names.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
		expect(taken).toEqual(expected);
		sorted.close();
	});

	it('keeps 64 MiB of names in memory, and no more', { timeout: 600_000 }, () => {
		// Two bytes a character, nearly as long as names can be; in one piece, as names of a listing are.
		const named = (index: number) => Buffer.from(`日${`${index}`.padStart(250, '0')}`).toString();
		const count = 220_000;
		const sorted = new SortedNames();
		const before = heapBytes();
		let runs = 0;
		let mostBytes = 0;
		for (let index = 0; index < count; index++) {
			sorted.add(nameOf(named((index * 7919) % count)));
			if (index % 10_000 === 0) mostBytes = Math.max(mostBytes, heapBytes() - before);
			if (sorted.runCount === runs) continue;
			// A run was just written: what it held is not held twice.
			runs = sorted.runCount;
			expect(heapBytes() - before).toBeLessThan(SORT_MEMORY_BYTES / 4);
		}
		expect(runs).toBeGreaterThan(1);
		expect(mostBytes).toBeLessThan(SORT_MEMORY_BYTES);
		// Otherwise it was not looked at when there was much.
		expect(mostBytes).toBeGreaterThan(SORT_MEMORY_BYTES / 2);
		sorted.finish();
		for (let index = 0; index < count; index++) {
			const name = sorted.take()?.name;
			if (name !== named(index)) expect.fail(`${name} came as number ${index}`);
		}
		expect(sorted.take()).toBeUndefined();
		sorted.close();
	});

	it('leaves no file and no descriptor, wherever it is closed', () => {
		const [files, open] = [spilled(), descriptors()];
		for (const taken of [0, 1, 500]) {
			const sorted = new SortedNames(5000);
			for (const name of shuffled(600)) sorted.add(name);
			expect(spilled()).toEqual(files);
			expect(descriptors()).toBe(open + 1);
			if (taken > 0) sorted.finish();
			for (let count = 0; count < taken; count++) sorted.take();
			sorted.close();
			expect(descriptors()).toBe(open);
		}
	});

	it('a listing that spills gives the same order', async () => {
		const paths = Array.from({ length: 300 }, (_, index) => {
			const directory = ['a', 'a.b', 'a-', 'a0', 'ü'][index % 5];
			return `${directory}/${(index * 37) % 300}/x${index % 7}`;
		});
		const tree = new FakeTree(paths);
		const context = fakeContext(new FakeEngine(tree.answer));
		const [files, open] = [spilled(), descriptors()];
		for (const startAfter of [undefined, 'a/', 'a-/155/', 'a.b/11/x1', 'zz']) {
			const listing = (memoryBytes: number) =>
				new Tree(
					new Invocation(context, 'list', parsePath('', 'list'), { recursive: true, startAfter }),
					true,
					memoryBytes,
				);
			const [spilling, reference] = [listing(3000), listing(10 ** 9)];
			const pathsOf = async (listed: Tree) => {
				const found: string[] = [];
				for (let entry = await driveAsync(context.engine, listed.next()); entry !== null; ) {
					found.push(entry.path());
					entry = await driveAsync(context.engine, listed.next());
				}
				return found;
			};
			const found = await pathsOf(spilling);
			expect(found).toEqual(await pathsOf(reference));
			const order = (path: string) => (path === '/' ? '' : path);
			expect(found).toEqual(found.toSorted((one, other) => (order(one) < order(other) ? -1 : 1)));
			const all = new Set(['/', ...[...tree.directories.keys()].filter(Boolean).map((path) => `${path}/`), ...paths]);
			const wanted = [...all].filter((path) => startAfter === undefined || order(path) > startAfter);
			expect(new Set(found)).toEqual(new Set(wanted));
		}
		expect(spilled()).toEqual(files);
		expect(descriptors()).toBe(open);
		expect(tree.open.size).toBe(0);
	});

	it('reads no directory that lies before the start', async () => {
		const tree = new FakeTree(['a/1', 'b/2', 'c/3']);
		const engine = new FakeEngine(tree.answer);
		const found = await fakeOperator(engine).list('', { recursive: true, startAfter: 'b/2' });
		expect(found.map((entry) => entry.path())).toEqual(['c/', 'c/3']);
		expect(engine.requests.map(({ path }) => path)).not.toContain('a');
	});
});
