import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error: shared with the children, which are plain JavaScript
import { contentOf, recordsIn, versionIn } from './children/contents.mjs';
import { Child, makePlace } from './processes.ts';

/** Seconds of killing in an ordinary run; ten minutes with HOLDFAST_KILL_SECONDS=600. */
const KILL_SECONDS = Number(process.env.HOLDFAST_KILL_SECONDS ?? 6);
const DEFAULT_SEED = 1;
const SEED = Number(process.env.HOLDFAST_SEED ?? DEFAULT_SEED);

let here: ReturnType<typeof makePlace>;
beforeEach(() => {
	here = makePlace();
});
afterEach(() => here.dispose());

const hiddenIn = (root: string): string[] =>
	readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.holdfast-'));

describe('several processes on one root', () => {
	it('100 rivals over four processes and several workers: exactly one creates a name', async () => {
		const [rounds, rivals] = [20, 25];
		const options = { root: here.root, rounds, rivals, pool: { workers: 2, syncWorkers: 3 } };
		const children = Array.from({ length: 4 }, () => new Child('rival', options));
		await Promise.all(children.map((child) => child.told('ready')));
		writeFileSync(join(here.place, 'go'), '');
		const lines = (await Promise.all(children.map((child) => child.finished()))).flat();
		expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
		const op = new Operator('fs', { root: here.root });
		for (let round = 0; round < rounds; round++) {
			const winners = lines.filter((line) => line.startsWith(`won ${round} `));
			expect(winners, `winners of round ${round}`).toHaveLength(1);
			expect((await op.read(`names/${round}`)).toString()).toBe(winners[0].split(' ')[2]);
		}
		await op.close();
		expect(hiddenIn(here.root)).toEqual([]);
	});

	it.each(['none', 'full'])(
		'a counter that all increment with ifMatch loses nothing (durability %s)',
		async (durability) => {
			const op = new Operator('fs', { root: here.root });
			await op.write('counter', '0');
			const count = durability === 'none' ? 150 : 40;
			const children = Array.from({ length: 4 }, () => new Child('counter', { root: here.root, count, durability }));
			await Promise.all(children.map((child) => child.finished()));
			expect((await op.read('counter')).toString()).toBe(String(4 * count));
			await op.close();
			expect(hiddenIn(here.root)).toEqual([]);
		},
	);

	it('appends of every size don’t mix, and a reader in another process never sees a part of one', async () => {
		const op = new Operator('fs', { root: here.root });
		await op.write('log', '');
		const follower = new Child('follow', { root: here.root });
		await follower.told('ready');
		const sizes = [100, 10_000, 3_000_000, 300_000];
		const counts = [60, 60, 5, 12];
		const children = sizes.map(
			(longest, index) =>
				new Child('append', {
					root: here.root,
					author: `w${index}`,
					longest,
					count: counts[index],
					durability: index % 2 === 0 ? 'none' : 'full',
				}),
		);
		await Promise.all(children.map((child) => child.finished()));
		writeFileSync(join(here.place, 'stop'), '');
		const [line] = (await follower.finished()).slice(-1);
		expect(Number(line.split(' ')[1]), 'reads while it grew').toBeGreaterThan(5);
		const found = recordsIn(await op.read('log')) as { author: string; number: number }[];
		for (const [index, count] of counts.entries()) {
			const numbers = found.filter(({ author }) => author === `w${index}`).map(({ number }) => number);
			expect(numbers, `records of w${index}, in its order`).toEqual(
				Array.from({ length: count }, (_, number) => number),
			);
		}
		await op.close();
		expect(hiddenIn(here.root)).toEqual([]);
	});
});

describe('kill -9', () => {
	it(
		`at random moments for ${KILL_SECONDS} s: what was acknowledged is there, nothing is torn, nothing is left`,
		async () => {
			const names = ['one', 'two', 'three', 'dir/four'];
			const done: Record<string, number> = Object.fromEntries([...names, 'log'].map((name) => [name, 0]));
			const begun = { ...done };
			const acknowledged = new Set<number>();
			const setUp = new Operator('fs', { root: here.root });
			for (const name of names) await setUp.write(name, contentOf(name, 0));
			await setUp.write('log', '');
			await setUp.close();
			let [kills, calls, seed] = [0, 0, SEED];
			// A busy machine starts few children in that time, and some have to be killed.
			for (const end = Date.now() + KILL_SECONDS * 1000; Date.now() < end || kills <= 3; kills++) {
				seed = (Math.imul(seed, 48271) + kills) >>> 0;
				const child = new Child('mixed', { root: here.root, seed, names, versions: begun, numbers: begun.log + 1 });
				while (child.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
				await new Promise((resolve) => setTimeout(resolve, seed % 400));
				for (const line of await child.killed()) {
					const [what, name, number] = line.split(' ');
					calls++;
					if (what === 'begin') begun[name] = Math.max(begun[name], Number(number));
					else done[name] = Math.max(done[name], Number(number));
					if (name === 'log' && what === 'done') acknowledged.add(Number(number));
				}
				expect(child.errors, 'errors of the child').toBe('');
				const op = new Operator('fs', { root: here.root });
				const story = `kill ${kills}, seed ${SEED}`;
				for (const name of names) {
					const version = versionIn(name, await op.read(name)) as number;
					expect(version, `${story}: ${name} is older than acknowledged`).toBeGreaterThanOrEqual(done[name]);
					expect(version, `${story}: ${name} is newer than begun`).toBeLessThanOrEqual(begun[name]);
					// What was there may be lost to nobody from now on.
					done[name] = version;
				}
				const found = (recordsIn(await op.read('log')) as { number: number }[]).map(({ number }) => number);
				expect(new Set(found).size, `${story}: records twice`).toBe(found.length);
				for (const number of acknowledged)
					if (!found.includes(number)) expect.fail(`${story}: record ${number} is lost`);
				for (const number of found) acknowledged.add(number);
				// The log must not grow for ten minutes.
				if (found.length > 400) {
					await op.write('log', '');
					acknowledged.clear();
				}
				// The sweep of a store that is opened takes all away.
				if (kills % 5 === 4) await expect.poll(() => hiddenIn(here.root), { message: story }).toEqual([]);
				await op.close();
			}
			console.log(`killed ${kills} times among ${calls} beginnings and acknowledgements`);
			const last = new Operator('fs', { root: here.root });
			await last.list('/');
			await last.close();
			expect(kills).toBeGreaterThan(3);
		},
		(KILL_SECONDS + 180) * 1000,
	);
});
