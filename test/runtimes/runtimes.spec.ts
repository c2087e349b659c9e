import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleBehavior } from '../behavior/portable/bundle.js';
import type { Report } from '../behavior/portable/runner.js';
import { type Findings, keep, project, type Runtime, runtimes } from './runtimes.js';

/** Cases that fail for a reason that lies in the runtime, by the end of their names. One that passes although it is here fails this test. */
const KNOWN: Readonly<Record<string, readonly [string, string][]>> = {
	Bun: [
		['blob() > give the content as what it is', "a Blob of the type 'application/json' says that its charset is UTF-8"],
		[
			'HoldfastError (async) > shows the line that made the call in its stack',
			'a stack ends where a promise was awaited',
		],
	],
};
/** What is not so everywhere. */
const LACKS: Readonly<Record<string, readonly (keyof Findings)[]>> = { Deno: ['spinsEnded'], Bun: ['spinsEnded'] };
const RUN_MS = 400_000;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-runtimes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
	// As a user gets it: packed, and installed in an empty directory.
	const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], project));
	const { filename } = Array.isArray(packed) ? packed[0] : (Object.values(packed)[0] as { filename: string });
	writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
	run('npm', ['install', '--no-audit', '--no-fund', join(folder, filename)], folder);
	await bundleBehavior('command.ts', { outfile: join(folder, 'behavior.mjs') });
	await bundleBehavior(fileURLToPath(new URL('probe.ts', import.meta.url)), { outfile: join(folder, 'probe.mjs') });
}, RUN_MS);

describe.each(runtimes())('$name', (runtime) => {
	it('runs the behaviour suite from the packed package, with workers and real files', { timeout: RUN_MS }, () => {
		const known = KNOWN[runtime.name] ?? [];
		const reports = JSON.parse(start(runtime, 'behavior.mjs', 'fs', 'memory')) as Record<string, Report>;
		const failures = Object.values(reports).flatMap((report) => report.failures);
		expect(failures.filter(({ name }) => !known.some(([end]) => name.endsWith(end)))).toEqual([]);
		expect(failures.length).toBe(known.length * Object.keys(reports).length);
		const count = (of: 'passed' | 'failed') => Object.values(reports).reduce((sum, report) => sum + report[of], 0);
		const passed = count('passed');
		expect(passed).toBeGreaterThan(2000);

		const found = JSON.parse(start(runtime, 'probe.mjs', project)) as Omit<Findings, 'runtime' | 'version'>;
		const lacks = Object.entries(found).filter(([, is]) => !is);
		expect(lacks.map(([name]) => name)).toEqual(LACKS[runtime.name] ?? []);
		const version = run(runtime.command, ['--version'], folder).match(/\d+\.\d+\.\d+/)?.[0] ?? '';
		keep({ ...found, runtime: runtime.name, version, cases: passed + count('failed'), passed });
	});
});

/** What a program of the folder prints in a runtime. */
function start({ command, options }: Runtime, program: string, ...input: string[]): string {
	return run(command, [...options, program, ...input], folder);
}

function run(command: string, options: string[], cwd: string): string {
	return execFileSync(command, options, {
		cwd,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
		timeout: RUN_MS,
		maxBuffer: 2 ** 26,
	});
}
