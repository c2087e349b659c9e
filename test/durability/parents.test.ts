import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makePlace } from './processes.ts';

// The directories on the way to a name, which other programs make and remove while a call is under way.

const ROUNDS = 120;
/** Another program: it knows nothing of us and removes all it finds. */
const RIVAL = `
	const { mkdirSync, rmSync } = require('node:fs');
	for (;;) {
		try { mkdirSync('a/b/c', { recursive: true }); } catch (error) { if (error.code !== 'ENOENT') throw error; }
		try { rmSync('a', { recursive: true, force: true }); } catch (error) { if (error.code !== 'ENOTEMPTY') throw error; }
	}`;

let here: ReturnType<typeof makePlace>;
beforeEach(() => {
	here = makePlace();
});
afterEach(() => here.dispose());

const hidden = (): string[] =>
	readdirSync(here.root, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.holdfast-'));

it.each(['full', 'none'] as const)(
	'parents that come and go: a write is there or NotFound, and nothing is left (durability %s)',
	async (durability) => {
		const op = new Operator('fs', { root: here.root, durability });
		const rival = spawn(process.execPath, ['-e', RIVAL], { cwd: here.root, stdio: ['ignore', 'ignore', 'inherit'] });
		const told = new Map<string, number>();
		try {
			while (!existsSync(join(here.root, 'a'))) await new Promise((resolve) => setTimeout(resolve, 1));
			const acts = [
				(path: string) => op.write(path, 'content'),
				(path: string) => op.write(path, 'content', { append: true }),
				(path: string) => op.write(path, 'content', { ifNotExists: true }),
				(path: string) => op.createDir(`${path}/`),
			];
			for (let round = 0; round < ROUNDS; round++) {
				const code = await acts[round % acts.length](`a/b/c/${round}`).then(
					() => 'done',
					(error: { code: string }) => error.code,
				);
				told.set(code, (told.get(code) ?? 0) + 1);
			}
		} finally {
			rival.kill('SIGKILL');
			await once(rival, 'close');
		}
		console.log(Object.fromEntries(told));
		expect([...told.keys()].filter((code) => code !== 'done' && code !== 'NotFound')).toEqual([]);
		expect(told.get('done')).toBeGreaterThan(0);
		// Whatever was being made at the end is cleared, and everything works again.
		await expect.poll(hidden).toEqual([]);
		await op.write('a/b/c/after', 'content');
		expect((await op.read('a/b/c/after')).toString()).toBe('content');
		await op.close();
	},
);

it('64 writers that make the same parents at once all find them', async () => {
	const ops = Array.from(
		{ length: 2 },
		(_, index) => new Operator('fs', { root: here.root, ringEntries: 64 << index }),
	);
	for (let round = 0; round < 4; round++) {
		const paths = Array.from({ length: 64 }, (_, index) => `${round}/x/y/z/${index}`);
		await Promise.all(paths.map((path, index) => ops[index % 2].write(path, path)));
		for (const path of paths) expect((await ops[0].read(path)).toString()).toBe(path);
	}
	await Promise.all(ops.map((op) => op.close()));
	expect(hidden()).toEqual([]);
});
