import { describe, expect, it } from 'vitest';
import {
	FILETYPE_REGULAR_FILE,
	FILETYPE_SOCKET,
	FILETYPE_SYMBOLIC_LINK,
	OP_CLOSE,
	OP_LIST,
	OP_OPEN,
} from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import type { Entry } from '#host/operator/entry';
import type { Operator } from '#host/operator/operator';
import { OPEN_LEVELS_MAX } from '#host/operator/tree';
import { FakeEngine, fakeOperator } from './fake-engine.js';
import { FakeTree } from './fake-tree.js';
import { refusal, rejection } from './refusal.js';

interface Scene {
	readonly tree: FakeTree;
	readonly engine: FakeEngine;
	readonly op: Operator;
}

function sceneOf(paths: readonly string[]): Scene {
	const tree = new FakeTree(paths);
	const engine = new FakeEngine(tree.answer);
	return { tree, engine, op: fakeOperator(engine) };
}

const pathsOf = (entries: readonly Entry[]): string[] => entries.map((entry) => entry.path());

/** Paths of a lister, both forms, which must agree; afterwards nothing may be open. */
async function listed({ op, tree }: Scene, path: string, options?: object): Promise<string[]> {
	const paths: string[] = [];
	for await (const entry of await op.lister(path, options)) paths.push(entry.path());
	expect(tree.open.size).toBe(0);
	expect(pathsOf([...op.listerSync(path, options)])).toEqual(paths);
	expect(tree.open.size).toBe(0);
	return paths;
}

const sample = ['d/b', 'd/a', 'd/sub/x', 'd/sub/deep/y', 'd/z', 'da', 'w/v', 'e/'];

describe('Lister', () => {
	it.each(['list', 'lister'] as const)(
		'%s is cancelled when its signal is aborted while a directory is being closed: it once ended there, as if that were all',
		async (method) => {
			const { engine, tree, op } = sceneOf(sample);
			const controller = new AbortController();
			const answer = engine.submit.bind(engine);
			engine.submit = (request, options) => {
				if (request.op === OP_CLOSE) controller.abort();
				return answer(request, options);
			};
			const options = { recursive: true, signal: controller.signal };
			const all = async () => {
				if (method === 'list') return op.list('d/', options);
				const found: Entry[] = [];
				for await (const entry of await op.lister('d/', options)) found.push(entry);
				return found;
			};
			expect((await rejection(all())).code).toBe('Cancelled');
			expect(tree.open.size).toBe(0);
		},
	);

	it('gives a directory and its children in their order', async () => {
		expect(await listed(sceneOf(sample), 'd/')).toEqual(['d/', 'd/b', 'd/a', 'd/sub/', 'd/z']);
		expect(await listed(sceneOf(sample), '')).toEqual(['/', 'd/', 'da', 'w/', 'e/']);
		expect(await listed(sceneOf(sample), 'e/')).toEqual(['e/']);
	});

	it('goes down depth first', async () => {
		const all = ['d/', 'd/b', 'd/a', 'd/sub/', 'd/sub/x', 'd/sub/deep/', 'd/sub/deep/y', 'd/z'];
		expect(await listed(sceneOf(sample), 'd/', { recursive: true })).toEqual(all);
		expect((await listed(sceneOf(sample), '', { recursive: true })).slice(1, 9)).toEqual(all);
	});

	it('lists by prefix without the slash', async () => {
		expect(await listed(sceneOf(sample), 'd')).toEqual(['d/', 'da']);
		expect(await listed(sceneOf(sample), 'd/s')).toEqual(['d/sub/']);
		expect(await listed(sceneOf(sample), 'd/s', { recursive: true })).toEqual([
			'd/sub/',
			'd/sub/x',
			'd/sub/deep/',
			'd/sub/deep/y',
		]);
		expect(await listed(sceneOf(sample), 'nothing')).toEqual([]);
	});

	it('gives nothing for what is missing', async () => {
		for (const path of ['missing/', 'missing/below', 'd/missing/'])
			expect(await listed(sceneOf(sample), path)).toEqual([]);
	});

	it('gives metadata as it came with the entry', async () => {
		const [itself, entry] = await sceneOf(['d/name']).op.list('d/');
		expect([itself.path(), itself.metadata().isDirectory()]).toEqual(['d/', true]);
		expect(entry.metadata().isFile()).toBe(true);
		expect(entry.metadata().contentLength).toBe(4n);
		expect(entry.metadata().lastModified).toBe('1970-01-01T00:00:01.000000000Z');
	});

	it('leaves out what does not exist for us', async () => {
		const scene = sceneOf(['d/a']);
		scene.tree.directories
			.get('d')
			?.push(
				{ name: 'link', kind: FILETYPE_SYMBOLIC_LINK },
				{ name: 'socket', kind: FILETYPE_SOCKET },
				{ name: '.holdfast-1-2-3.tmp', kind: FILETYPE_REGULAR_FILE },
				{ name: Uint8Array.from([0x61, 0xff]), kind: FILETYPE_REGULAR_FILE },
				{ name: 'real\ufffd', kind: FILETYPE_REGULAR_FILE },
				{ name: '.holdfast', kind: FILETYPE_REGULAR_FILE },
			);
		expect(await listed(scene, 'd/')).toEqual(['d/', 'd/a', 'd/real\ufffd', 'd/.holdfast']);
	});

	it('asks for one page ahead of what is taken, and closes a directory with its last page', async () => {
		const { op, engine } = sceneOf(['d/1', 'd/2', 'd/3', 'd/4', 'd/5']);
		const lister = await op.lister('d/');
		expect(engine.ops).toEqual([]);
		expect((await lister.next())?.path()).toBe('d/');
		expect(engine.ops).toEqual([OP_OPEN]);
		await lister.next();
		expect(engine.ops).toEqual([OP_OPEN, OP_LIST, OP_LIST]);
		for (let count = 0; count < 4; count++) await lister.next();
		expect(engine.ops).toEqual([OP_OPEN, OP_LIST, OP_LIST, OP_LIST, OP_CLOSE]);
		expect(await lister.next()).toBeNull();
		expect(await lister.next()).toBeNull();
		expect(engine.ops).toHaveLength(5);
	});

	it('asks for nothing ahead when the caller blocks, or has a deadline that would run meanwhile', async () => {
		const blocked = sceneOf(['d/1', 'd/2', 'd/3', 'd/4', 'd/5']);
		const blocking = blocked.op.listerSync('d/');
		const limited = sceneOf(['d/1', 'd/2', 'd/3', 'd/4', 'd/5']);
		const lister = await limited.op.lister('d/', { timeoutMs: 1000 });
		for (let count = 0; count < 3; count++) {
			blocking.next();
			await lister.next();
		}
		expect(blocked.engine.ops).toEqual([OP_OPEN, OP_LIST]);
		expect(limited.engine.ops).toEqual([OP_OPEN, OP_LIST]);
		blocking.close();
		await lister.close();
	});

	it('a page that failed ahead is told when it is needed, and to nobody else', async () => {
		const { op, engine, tree } = sceneOf(['d/1', 'd/2', 'd/3']);
		const { answer } = engine;
		engine.answer = (request, options) => {
			if (request.op === OP_LIST && request.offset > 0) throw new HoldfastError('Unexpected', 'no second page');
			return answer(request, options);
		};
		const lister = await op.lister('d/');
		for (const path of ['d/', 'd/1', 'd/2']) expect((await lister.next())?.path()).toBe(path);
		expect((await rejection(lister.next())).message).toMatch('no second page');
		expect(tree.open.size).toBe(0);
		const left = await op.lister('d/');
		for (let count = 0; count < 2; count++) await left.next();
		await left.close();
		expect(tree.open.size).toBe(0);
	});

	it('passes over pages in which there is nothing to give', async () => {
		const scene = sceneOf([...Array.from({ length: 9 }, (_, index) => `d/a${index}`), 'd/b']);
		expect(await listed(scene, 'd/b')).toEqual(['d/b']);
	});

	it('keeps few directories open however deep it is, and finds its place again', async () => {
		const depth = 3 * OPEN_LEVELS_MAX;
		const paths: string[] = [];
		// Three names at every depth, the directory in the middle, with pages of one: every level is come back to.
		for (let level = 0; level < depth; level++) {
			const at = 'd/'.repeat(level);
			paths.push(`${at}a`, `${at}d/`, `${at}z`);
		}
		const scene = sceneOf(paths);
		scene.tree.pageEntries = 1;
		const found = await listed(scene, '', { recursive: true });
		expect(scene.tree.mostOpen).toBe(OPEN_LEVELS_MAX);
		expect([...found].sort()).toEqual(['/', ...paths].sort());
		expect(new Set(found).size).toBe(found.length);
	});

	it('goes on when a directory disappears on the way, before it is entered or after', async () => {
		const scene = sceneOf(['a/1', 'b/1', 'c/1']);
		const lister = await scene.op.lister('', { recursive: true });
		const found: string[] = [];
		for await (const entry of lister) {
			found.push(entry.path());
			if (entry.path() === 'b/') scene.tree.directories.delete('b');
		}
		expect(found).toEqual(['/', 'a/', 'a/1', 'b/', 'c/', 'c/1']);
		expect(scene.tree.open.size).toBe(0);
	});

	it('passes over a directory that became a symlink on the way, but refuses one that is asked for', async () => {
		const scene = sceneOf(['a/1', 'b/1']);
		scene.engine.answer = (request) => {
			if (request.op === OP_OPEN && request.path === 'a') throw new HoldfastError('InvalidPath', 'a symlink');
			return scene.tree.answer(request);
		};
		expect(await listed(scene, '', { recursive: true })).toEqual(['/', 'a/', 'b/', 'b/1']);
		expect((await rejection(scene.op.list('a/'))).code).toBe('InvalidPath');
	});

	it('ends with a failure, closes everything, and says so ever after', async () => {
		const scene = sceneOf(['a/b/1', 'a/b/2', 'a/b/3', 'z']);
		const lister = await scene.op.lister('', { recursive: true });
		scene.engine.answer = (request) => {
			if (request.op === OP_LIST && request.path === 'a/b') throw new HoldfastError('PermissionDenied', 'x');
			return scene.tree.answer(request);
		};
		const drain = async () => {
			for (let entry = await lister.next(); entry !== null; entry = await lister.next());
		};
		expect((await rejection(drain())).code).toBe('PermissionDenied');
		expect(scene.tree.open.size).toBe(0);
		expect((await rejection(lister.next())).code).toBe('PermissionDenied');
	});

	it('closes when the loop over it is left, and by close', async () => {
		const scene = sceneOf(['a/1', 'a/2', 'a/3', 'b', 'c']);
		for await (const entry of await scene.op.lister('', { recursive: true })) if (entry.path() === 'a/1') break;
		expect(scene.tree.open.size).toBe(0);
		for (const entry of scene.op.listerSync('', { recursive: true })) if (entry.path() === 'a/1') break;
		expect(scene.tree.open.size).toBe(0);
		const lister = await scene.op.lister('');
		await lister.next();
		expect(scene.tree.open.size).toBe(1);
		await lister.close();
		await lister.close();
		expect(scene.tree.open.size).toBe(0);
		expect(await lister.next()).toBeNull();
	});

	it('serves calls that were not awaited in order', async () => {
		const scene = sceneOf(['d/1', 'd/2', 'd/3']);
		const lister = await scene.op.lister('d/');
		const entries = await Promise.all(Array.from({ length: 6 }, () => lister.next()));
		expect(entries.map((entry) => entry?.path())).toEqual(['d/', 'd/1', 'd/2', 'd/3', undefined, undefined]);
	});

	it('stops at its signal, also with entries at hand', async () => {
		const controller = new AbortController();
		const { op } = sceneOf(['d/1', 'd/2', 'd/3']);
		const lister = await op.lister('d/', { signal: controller.signal });
		await lister.next();
		await lister.next();
		controller.abort();
		expect((await rejection(lister.next())).code).toBe('Cancelled');
	});

	it('refuses a page that is torn', async () => {
		const engine = new FakeEngine((request) => (request.op === OP_LIST ? { bytes: Buffer.alloc(50) } : {}));
		expect((await rejection(fakeOperator(engine).list('d/'))).code).toBe('Unexpected');
		const long = Buffer.alloc(80);
		long.writeUInt32LE(9, 68);
		engine.answer = (request) => (request.op === OP_LIST ? { bytes: long } : {});
		expect(refusal(() => fakeOperator(engine).listSync('d/')).code).toBe('Unexpected');
	});
});

describe('Operator.list', () => {
	it('is ordered by path, the root first', async () => {
		const { op } = sceneOf(['b', 'a/z', 'a/-', 'a-', '!', 'a0']);
		const ordered = ['/', '!', 'a-', 'a/', 'a/-', 'a/z', 'a0', 'b'];
		expect(pathsOf(await op.list('', { recursive: true }))).toEqual(ordered);
		expect(pathsOf(op.listSync('', { recursive: true }))).toEqual(ordered);
	});

	it('with startAfter skips up to and including it, and so does lister, in order', async () => {
		const { op } = sceneOf(['b', 'a/z', 'a/-', 'a-', 'a0']);
		const options = { recursive: true, startAfter: 'a/' };
		const rest = ['a/-', 'a/z', 'a0', 'b'];
		expect(pathsOf(await op.list('', options))).toEqual(rest);
		expect(await listed(sceneOf(['b', 'a/z', 'a/-', 'a-', 'a0']), '', options)).toEqual(rest);
		expect(pathsOf(await op.list('', { startAfter: '/' }))).toEqual(['a-', 'a/', 'a0', 'b']);
		expect(pathsOf(await op.list('', { startAfter: 'zzz' }))).toEqual([]);
	});
});
