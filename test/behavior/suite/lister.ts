import type { Entry } from 'holdfast';
import { expect, it } from 'vitest';
import type { ListerCalls } from '../calls.js';
import { pathsOf } from '../expectations.js';
import { describeMethod } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';
import { treeOf } from './list.js';

/** `lister`, entry by entry and as an iterable. Its order is that of the directory, so the cases sort. */
export function listerBehavior(service: ServiceUnderTest): void {
	describeMethod(service, 'lister', (scene) => {
		it('next() gives every entry once, then null again and again', async () => {
			const directory = await treeOf(scene, ['a', 'b', 'deep/below', 'empty/']);
			const lister = await scene.calls.lister(`${directory}/`);
			const paths = pathsOf(await drainByNext(lister)).sort();
			expect(paths).toEqual(['', 'a', 'b', 'deep/', 'empty/'].map((name) => `${directory}/${name}`));
			expect(await lister.next()).toBeNull();
			expect(await lister.next()).toBeNull();
		});

		it('iterates over the same', async () => {
			const directory = await treeOf(scene, ['a', 'b', 'deep/below', 'empty/']);
			const paths = pathsOf(await (await scene.calls.lister(`${directory}/`)).rest()).sort();
			expect(paths).toEqual(['', 'a', 'b', 'deep/', 'empty/'].map((name) => `${directory}/${name}`));
		});

		it('iterates over what next() has left', async () => {
			const directory = await treeOf(scene, ['a', 'b', 'c']);
			const lister = await scene.calls.lister(`${directory}/`);
			const first = await lister.next();
			const rest = await lister.rest();
			expect(first).not.toBeNull();
			expect(rest).toHaveLength(3);
			expect(pathsOf([first as Entry, ...rest]).sort()).toEqual(
				['', 'a', 'b', 'c'].map((name) => `${directory}/${name}`),
			);
		});

		it('gives entries with path, name and metadata', async () => {
			const directory = await treeOf(scene, ['file']);
			const entries = await (await scene.calls.lister(`${directory}/`)).rest();
			const file = entries.find((entry) => entry.path() === `${directory}/file`);
			expect(file?.name()).toBe('file');
			expect(file?.metadata().isFile()).toBe(true);
		});

		it('of a missing directory gives nothing', async () => {
			const lister = await scene.calls.lister(`${scene.fresh()}/missing/`);
			expect(await lister.next()).toBeNull();
		});

		it('of the root gives the root and its children', async () => {
			const directory = await treeOf(scene, ['file']);
			const paths = pathsOf(await (await scene.calls.lister('')).rest());
			expect(paths).toContain('/');
			expect(paths).toContain(`${directory}/`);
		});

		it('without a slash at the end lists by prefix', async () => {
			const directory = await treeOf(scene, ['w', 'word', 'world/below', 'x']);
			const paths = pathsOf(await (await scene.calls.lister(`${directory}/w`)).rest()).sort();
			expect(paths).toEqual(['w', 'word', 'world/'].map((name) => `${directory}/${name}`));
		});

		it('with recursive goes down', async () => {
			const directory = await treeOf(scene, ['a', 'd/a', 'd/d/a', 'e/empty/']);
			const list = (): Promise<ListerCalls> => scene.calls.lister(`${directory}/`, { recursive: true });
			if (await scene.lacks('listWithRecursive', list)) return;
			const paths = pathsOf(await (await list()).rest()).sort();
			expect(paths).toEqual(
				['', 'a', 'd/', 'd/a', 'd/d/', 'd/d/a', 'e/', 'e/empty/'].map((name) => `${directory}/${name}`),
			);
		});

		it('with startAfter is ordered by path and skips up to and including it', async () => {
			const names = ['a', 'a-b', 'b', 'c/', 'd', 'Z', '~'];
			const directory = await treeOf(scene, names);
			const list = (): Promise<ListerCalls> => scene.calls.lister(`${directory}/`, { startAfter: `${directory}/a` });
			if (await scene.lacks('listWithStartAfter', list)) return;
			const paths = pathsOf(await (await list()).rest());
			expect(paths).toEqual(['a-b', 'b', 'c/', 'd', '~'].map((name) => `${directory}/${name}`));
		});

		it('with a limit gives everything', async () => {
			const names = Array.from({ length: 25 }, (_, index) => `n${index}`);
			const directory = await treeOf(scene, names);
			const list = (limit: number): Promise<ListerCalls> => scene.calls.lister(`${directory}/`, { limit });
			if (await scene.lacks('listWithLimit', () => list(1))) return;
			for (const limit of [1, 7, 26, 1000]) expect(await (await list(limit)).rest()).toHaveLength(names.length + 1);
		});

		it('can be left half-way, and another one begins at the beginning', async () => {
			const directory = await treeOf(
				scene,
				Array.from({ length: 50 }, (_, index) => `n${index}`),
			);
			const left = await scene.calls.lister(`${directory}/`);
			expect(await left.next()).not.toBeNull();
			expect(await (await scene.calls.lister(`${directory}/`)).rest()).toHaveLength(51);
		});

		it('gives every file that stayed exactly once while others come and go', async () => {
			const stays = Array.from({ length: 200 }, (_, index) => `stays-${index}`);
			const goes = Array.from({ length: 50 }, (_, index) => `goes-${index}`);
			const directory = await treeOf(scene, [...stays, ...goes]);
			const lister = await scene.calls.lister(`${directory}/`);
			const seen: string[] = [];
			for (let entry = await lister.next(); entry !== null; entry = await lister.next()) {
				seen.push(entry.name());
				const name = goes.pop();
				if (name === undefined) continue;
				await scene.op.delete(`${directory}/${name}`);
				await scene.op.write(`${directory}/new-${name}`, '');
			}
			expect(seen.filter((name) => name.startsWith('stays-')).sort()).toEqual([...stays].sort());
		});
	});
}

async function drainByNext(lister: ListerCalls): Promise<Entry[]> {
	const entries: Entry[] = [];
	for (let entry = await lister.next(); entry !== null; entry = await lister.next()) entries.push(entry);
	return entries;
}
