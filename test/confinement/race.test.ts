import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { HoldfastError, Operator } from 'holdfast';
import { describe, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript, because child processes run it too.
import { seen, World } from './world.mjs';

// A second process swaps a directory and a file for symlinks, as fast as it can, while every operation runs through them, many at a
// time and in several threads. `HOLDFAST_RACE_MS=60000` lets it run for a minute with each value of `symlinks`.
const RACE_MS = Number(process.env.HOLDFAST_RACE_MS ?? 2500);
/** In memory where that is possible: a disk that others sync makes few races of it. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** It goes on until everything was raced, whatever else the machine does: so many rounds of each, where some dozens are enough. */
const RACE_ROUNDS_MAX = 20_000;
const BLOCKING_ROUNDS = 10;
const CONTENT = 'inside, and whole';
const NONE = { durability: 'none' } as const;

type Attempt = (round: number) => unknown;

/** Everything that a path goes into; with what it gives, the world tells whether that came from outside. */
function attemptsOn(op: Operator): Record<string, Attempt> {
	const paths = (entries: { path(): string }[]) => entries.map((entry) => entry.path()).join();
	const text = async (bytes: Promise<Buffer>) => (await bytes).toString('latin1');
	const taken = async (path: string) => {
		const content = await text(op.read(path));
		await op.delete(path, NONE);
		return content;
	};
	return {
		'read a file': () => text(op.read('file')),
		'read below': () => text(op.read('door/secret')),
		'read below, blocking': () => op.readSync('door/secret').toString('latin1'),
		'read by a reader': async () => {
			const buffer = Buffer.alloc(100);
			const count = await (await op.reader('door/secret')).read(buffer);
			return buffer.toString('latin1', 0, Number(count));
		},
		stat: async () => (await op.stat('door/secret')).contentLength,
		'stat, blocking': () => op.statSync('file').contentLength,
		exists: () => op.exists('door/hidden-treasure').then((found) => (found ? 'hidden-treasure' : '')),
		list: async () => paths(await op.list('door/')),
		'list, blocking': () => paths(op.listSync('door/')),
		'list all': async () => paths(await op.list('/', { recursive: true })),
		'write a file': async () => void (await op.write('file', CONTENT, NONE)),
		'write below': async () => void (await op.write('door/secret', CONTENT, NONE)),
		'write durably': async () => void (await op.write('door/durable', CONTENT)),
		'write if it is not there': async (round) =>
			void (await op.write(`door/new${round}`, CONTENT, { ...NONE, ifNotExists: true })),
		'write by a writer': async () => {
			const writer = await op.writer('door/written', NONE);
			await writer.write(CONTENT);
			await writer.close();
		},
		append: async () => void (await op.write('door/appended', CONTENT, { ...NONE, append: true })),
		'append to a file': async () => void (await op.write('file', CONTENT, { ...NONE, append: true })),
		'make a directory': (round) => op.createDir(`door/made${round}/below/`, NONE),
		'make the directory': () => op.createDir('door/', NONE),
		'copy from': async (round) => {
			await op.copy('door/secret', `taken/copy${round}`, NONE);
			return taken(`taken/copy${round}`);
		},
		'copy to': () => op.copy('plain', 'door/copied', NONE),
		'copy to a file': () => op.copy('plain', 'file', NONE),
		'rename from': async (round) => {
			await op.write('door/leaving', CONTENT, NONE);
			await op.rename('door/leaving', `taken/moved${round}`, NONE);
			return taken(`taken/moved${round}`);
		},
		'rename to': async (round) => {
			await op.write(`taken/source${round}`, CONTENT, NONE);
			await op.rename(`taken/source${round}`, 'door/renamed', NONE);
		},
		delete: (round) => op.delete(`door/new${round - 3}`, NONE),
		'delete what is outside': () => op.delete('door/hidden-treasure', NONE),
		'delete with all below': (round) =>
			round % 8 === 0 ? op.removeAll('door/', NONE) : op.removeAll('door/made0/', NONE),
	};
}

/** What the other process is in the middle of may be anything; these are the only answers to that. */
const EXPECTED = new Set([
	'InvalidPath',
	'NotFound',
	'NotADirectory',
	'IsADirectory',
	'NotEmpty',
	'ConditionNotMatch',
	'IsSameFile',
]);

describe.each(['refuse', 'within'] as const)("a race with symlinks: '%s'", (symlinks) => {
	test('is never lost, whatever the operation', { timeout: RACE_MS + 3_600_000 }, async () => {
		const world = new World(mkdtempSync(join(PLACE, 'holdfast-race-')));
		for (const directory of ['real', 'door']) {
			mkdirSync(world.in(directory));
			writeFileSync(world.in(`${directory}/secret`), `inside ${directory}`);
		}
		writeFileSync(world.in('plain'), CONTENT);
		world.seal();
		const inside = symlinks === 'within' ? ['real'] : [];
		const swapper = spawn(
			process.execPath,
			[join(import.meta.dirname, 'swapper.mjs'), world.root, world.outside, ...inside],
			{
				stdio: ['pipe', 'inherit', 'inherit'],
			},
		);
		const ended = once(swapper, 'exit');
		const op = new Operator('fs', { root: world.root, symlinks, workers: 2, syncWorkers: 2 });
		const attempts = Object.entries(attemptsOn(op));
		const counts = new Map(attempts.map(([name]) => [name, { done: 0, refused: 0, escaped: 0 }]));
		const codes = new Map<string, number>();
		const run = async ([name, attempt]: [string, Attempt], round: number) => {
			const count = counts.get(name) as { done: number; refused: number; escaped: number };
			try {
				const output = (await attempt(round)) ?? '';
				count.done++;
				// Outside nothing has changed at the end; what was seen of it is seen here.
				if (seen(output) !== '') count.escaped++;
			} catch (error) {
				if (!(error instanceof HoldfastError)) throw error;
				codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
				count.refused++;
			}
		};
		try {
			const begun = performance.now();
			const isRaced = () => {
				return isLinked() && codes.has('InvalidPath') && [...counts.values()].every(({ done }) => done > 0);
			};
			// What is written behind a symlink to a place inside appears there.
			const isLinked = () => symlinks === 'refuse' || readdirSync(world.in('real')).length > 1;
			const isOver = (round: number) => {
				return performance.now() - begun >= RACE_MS && (round >= RACE_ROUNDS_MAX || isRaced());
			};
			// Each goes on at its own pace: one that waits for the disk does not hold up the others.
			const repeat = async (attempt: [string, Attempt]) => {
				for (let round = 0; !isOver(round); round++) {
					// A blocking call holds up all others.
					if (!attempt[0].endsWith('blocking') || round % BLOCKING_ROUNDS === 0) await run(attempt, round);
					await setImmediate();
				}
			};
			await Promise.all(attempts.map(repeat));
		} finally {
			swapper.stdin.end();
			await ended;
			await op.close();
		}
		const total = [...counts.values()].reduce((sum, { done, refused }) => sum + done + refused, 0);
		console.log(`raced with '${symlinks}': ${total} operations, ${JSON.stringify([...codes])}`);
		console.log(JSON.stringify(Object.fromEntries(counts)));
		expect(world.verdict('')).toBe('');
		expect([...counts].filter(([, { escaped }]) => escaped > 0)).toEqual([]);
		expect([...codes.keys()].filter((code) => !EXPECTED.has(code))).toEqual([]);
		// Otherwise nothing was raced.
		expect(codes.get('InvalidPath')).toBeGreaterThan(0);
		expect([...counts].filter(([, { done }]) => done === 0)).toEqual([]);
		if (symlinks === 'within') expect(readdirSync(world.in('real')).length).toBeGreaterThan(1);
		world.dispose();
	});
});
