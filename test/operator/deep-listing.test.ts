import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejection } from './refusal.ts';

// Other programs can make directories that are deeper than any path reaches: step by step, each from the one before.
const NAME = 'ä'.repeat(100);
const NAME_BYTES = 201;
const PATH_MAX_BYTES = 4095;
const LEVELS = 25;
/** Directories whose path, without the slash at its end, is not too long. */
const REACHED = Math.floor((PATH_MAX_BYTES + 1) / NAME_BYTES);
/** A file beside the last of them whose path is as long as paths can be, and one that is a byte longer. */
const LEFT = PATH_MAX_BYTES - REACHED * NAME_BYTES;

let place: string;
let op: Operator;

beforeAll(() => {
	place = mkdtempSync(join(tmpdir(), 'holdfast-deep-'));
	const home = process.cwd();
	process.chdir(place);
	for (let level = 1; level <= LEVELS; level++) {
		mkdirSync(NAME);
		process.chdir(NAME);
		if (level !== REACHED) continue;
		writeFileSync('f'.repeat(LEFT), 'x');
		writeFileSync('f'.repeat(LEFT + 1), 'x');
	}
	process.chdir(home);
	op = new Operator('fs', { root: place, workers: 1, syncWorkers: 1 });
});
afterAll(async () => {
	await op.close();
	// Node's own names it by path, and cannot.
	execFileSync('rm', ['-rf', place]);
});

describe('a tree that is deeper than paths reach', () => {
	const expected = [
		'/',
		...Array.from({ length: REACHED }, (_, level) => `${NAME}/`.repeat(level + 1)),
		`${NAME}/`.repeat(REACHED) + 'f'.repeat(LEFT),
	];

	it('is listed as far as a path can name it, and all that is listed can be looked at', async () => {
		const entries = await op.list('/', { recursive: true });
		expect(entries.map((entry) => entry.path())).toEqual(expected);
		for (const entry of entries) await op.stat(entry.path());
		expect(op.listSync('/', { recursive: true }).length).toBe(expected.length);
	});

	it('by a lister too', async () => {
		const paths: string[] = [];
		for await (const entry of await op.lister('/', { recursive: true })) paths.push(entry.path());
		expect(paths.sort()).toEqual([...expected].sort());
	});

	it('cannot be removed by path, and says so', async () => {
		expect((await rejection(op.removeAll('/'))).code).toBe('InvalidPath');
	});
});
