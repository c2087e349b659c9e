import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OP_ECHO } from '#assembly/layout';
import { Request } from '#host/pool/request';
import { countThreads } from '../threads.ts';
import { openPool } from './harness.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** For a program that ends by itself, also on a machine that is busy with other work. */
const RUN_MAX_MS = 120_000;

let root: string;
beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), 'holdfast-lifetime-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Runs a program; resolves with what it printed when it ended by itself, rejects when it had to be ended. */
const run = async (code: string) => {
	const program = `import { Operator } from 'holdfast'; const root = ${JSON.stringify(root)};\n${code}`;
	const { stdout } = await promisify(execFile)(
		process.execPath,
		['--expose-gc', '--input-type=module', '--eval', program],
		{
			cwd: project,
			timeout: RUN_MAX_MS,
		},
	);
	return stdout.trim();
};

describe('a program', () => {
	it('ends by itself when nothing is in flight, without close', async () => {
		expect(
			await run(
				`const op = new Operator('fs', { root }); await op.write('a', 'b'); console.log(String(await op.read('a')));`,
			),
		).toBe('b');
	});

	it('ends by itself after synchronous calls', async () => {
		expect(
			await run(
				`const op = new Operator('fs', { root }); op.writeSync('a', 'b'); console.log(String(op.readSync('a')));`,
			),
		).toBe('b');
	});

	it('is kept alive by what is in flight', async () => {
		expect(
			await run(`const op = new Operator('memory'); op.pool.dispatch('sleep', 300).then(() => console.log('done'));`),
		).toBe('done');
	});

	it('ends at once after close, and what was open is settled', async () => {
		const printed = await run(`const op = new Operator('fs', { root });
			const sleeping = op.read('missing').catch((error) => error.code);
			await op.close();
			console.log(await sleeping, await op.read('a').catch((error) => error.code));`);
		expect(printed).toMatch(/^(Closed|NotFound) Closed$/);
	});

	it('needs no close: an operator that was collected gives its share back', async () => {
		// Each has a pool of its own, and a thread at least; all but a few have to end.
		const program = `import { readdirSync } from 'node:fs';
			const threads = () => readdirSync('/proc/self/task').length;
			const before = threads();
			const open = async (maxQueued) => { await new Operator('memory', { workers: 1, ringEntries: 16, maxQueued }).write('a', 'b'); };
			for (let count = 0; count < 20; count++) await open(count);
			while (threads() > before + 10) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
			console.log('ended');`;
		expect(await run(program)).toBe('ended');
	});
});

describe('an idle pool', () => {
	it('turns no loop: its heartbeats stand still', async () => {
		const pool = openPool({ workers: 2 });
		await Promise.all(Array.from({ length: 50 }, () => pool.dispatch('echo', 'x')));
		await expect.poll(() => pool.heartbeats().every(({ isSleeping }) => isSleeping)).toBe(true);
		const before = pool.heartbeats();
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(pool.heartbeats()).toEqual(before);
		await pool.close();
	});

	it('starts a lane for fsync at its first use, and ends it when it has been idle for a while', async () => {
		const pool = openPool({ workers: 1, syncWorkers: 2 });
		const names = () => pool.health().instances.map(({ name }) => name);
		await pool.dispatch('echo', 'x');
		expect(names()).toEqual(['holdfast read 0']);
		await pool.submit(Object.assign(new Request(OP_ECHO, 'test'), { lane: 'sync' as const }));
		expect(names()).toEqual(['holdfast read 0', 'holdfast sync 0']);
		await expect.poll(names).toEqual(['holdfast read 0']);
		await pool.close();
	});

	it('leaves no descriptor and no thread behind after close', async () => {
		const before = readdirSync('/proc/self/fd').length;
		const threads = countThreads();
		const pool = openPool({ workers: 4 });
		await Promise.all(Array.from({ length: 100 }, () => pool.dispatch('echo', 'x')));
		await pool.close();
		await expect.poll(() => readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
		await expect.poll(countThreads).toBeLessThanOrEqual(threads);
	});
});

describe('operators', () => {
	it('with equal pool options share one pool; others have one of their own', async () => {
		const [first, second] = [new Operator('memory'), new Operator('memory')];
		const other = new Operator('memory', { ringEntries: 64 });
		expect(first.pool).toBe(second.pool);
		expect(first.pool).not.toBe(other.pool);
		await first.write('a', 'x');
		expect(await second.exists('a')).toBe(false);
		await first.close();
		await second.write('b', 'y');
		expect(String(await second.read('b'))).toBe('y');
		await Promise.all([second.close(), other.close()]);
	});
});
