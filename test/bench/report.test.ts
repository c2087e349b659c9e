import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// What the benchmarks say about results; the figures themselves are nothing for a test.

const folder = new URL('../../bench/', import.meta.url);
const load = (path: string) => import(new URL(path, folder).href);
const bench = (...given: string[]) =>
	spawnSync(process.execPath, [fileURLToPath(new URL('run.mjs', folder)), ...given], { encoding: 'utf8' });
const { checksOf, sayCheck } = await load('lib/check.mjs');
const { pageOf } = await load('report/page.mjs');
const { pictureOf } = await load('report/picture.mjs');
const { missedText } = await load('report/publish.mjs');
const { limitsOf, modelText } = await load('model.mjs');
const { BENCHMARKS } = await load('benchmarks.mjs');
const { TARGETS } = await load('targets.mjs');

const row = (name: string, perSecond: number, callerUs = 1) => {
	const same = (value: number) => ({ median: value, low: value, high: value });
	return { name, rate: same(perSecond), cpuUs: same(10), callerUs: same(callerUs), residentMib: 100 };
};
const reads = {
	kind: 'comparison',
	id: 'read-64',
	title: 'read <whole> files',
	unit: 'operations',
	rounds: 5,
	rows: [row('Holdfast', 90_000), row('fs.promises.readFile', 10_000, 9), row('opendal.read', 20_000)],
};
const runs = [
	{
		name: 'whole-files',
		at: '2026-01-01T00:00:00.000Z',
		machine: { processor: 'P', cores: 2, memoryGib: 8, kernel: 'K', fileSystem: 'ext4', versions: { holdfast: '0' } },
		results: [reads],
	},
];

describe('checks of targets', () => {
	it('compare medians, are met or missed, and leave out a side that was not measured', () => {
		const said = checksOf(reads).map(sayCheck);
		expect(said).toEqual([
			'Holdfast: 9x fs.promises.readFile, target at least 8, met',
			'Holdfast: 4.5x opendal.read, target at least 6, missed',
			'Holdfast: 0.111x fs.promises.readFile, µs CPU of the calling thread, target at most 0.333, met',
		]);
	});

	it('belong to results that a benchmark records', async () => {
		const { TARGETS } = await load('targets.mjs');
		const sources = Object.keys(BENCHMARKS).map((name) => readFileSync(new URL(`${name}.mjs`, folder), 'utf8'));
		for (const { result } of TARGETS) {
			const pattern = result.replace(/-(64|1)$/, '-\\$\\{width\\}').replace(/-(ext4|xfs)$/, '-\\$\\{name\\}');
			const isKnown = sources.some(
				(source) => source.includes(`'${result}'`) || new RegExp(`\`${pattern}\``).test(source),
			);
			expect(isKnown, result).toBe(true);
		}
	});
});

describe('page', () => {
	it('is one file that loads nothing and escapes what it is told', () => {
		const page = pageOf(runs);
		expect(page).toContain('Read &lt;whole&gt; files');
		expect(page).toContain('2 of 3 met');
		expect(page).not.toMatch(/<(script|link|img)[^>]+(src|href)=/);
	});
});

describe('picture', () => {
	it('has a bar for each peer that was measured', () => {
		const picture = pictureOf(runs);
		expect(picture.match(/class="bar"/g)).toHaveLength(2);
		expect(picture).toContain('9.0×');
		expect(picture).toContain('4.5×');
	});
});

describe('missed targets', () => {
	it('are listed with what was measured, the target, and where to read why', () => {
		const lines = missedText(runs).split('\n');
		expect(lines[0]).toBe('2 of 3 targets were met, these were not:');
		expect(lines.slice(4)).toEqual([
			expect.stringMatching(
				/^\| read whole 4 KiB files, 64 in flight \| Holdfast: 4\.5x opendal\.read \| at least 6 \| \[.+\]\(.+\) \|$/,
			),
		]);
	});

	it('each have a reason that is there to be read', () => {
		const model = readFileSync(new URL('model.md', folder), 'utf8');
		const headings = [...model.matchAll(/^## (.+)$/gm)].map(
			([, title]) => `#${title.toLowerCase().replaceAll(',', '').replaceAll(' ', '-')}`,
		);
		for (const { why } of TARGETS.filter((target: { why?: string }) => target.why)) {
			const [, to] = /\((.+)\)$/.exec(why) ?? [];
			expect(to.startsWith('#') ? headings.includes(to) : existsSync(new URL(to, folder)), to).toBe(true);
		}
	});
});

describe('model', () => {
	const cost = { callerUs: 4, cpuUs: 14, ceilingUs: 2, bytes: 4096 };

	it('is stopped by the workers on two cores and by the calling thread on many', () => {
		const limits = (cores: number) => limitsOf(cost, { cores, memoryGibPerSecond: 1000 }).oneProcess;
		expect(limits(2)).toEqual({ by: 'workers', perSecond: 100_000 });
		expect(limits(16)).toEqual({ by: 'calling thread', perSecond: 250_000 });
	});

	it('of the published results is what model.md shows', () => {
		const published = new URL('../docs/benchmarks.json', folder);
		expect(existsSync(published)).toBe(true);
		const text = readFileSync(new URL('model.md', folder), 'utf8');
		const measured = JSON.parse(readFileSync(published, 'utf8'));
		expect(text).toContain(modelText(measured));
		expect(text).toContain(missedText(measured));
	});

	it('is stopped by memory where that is slow', () => {
		const { processes } = limitsOf(cost, { cores: 64, memoryGibPerSecond: 1 });
		expect(processes).toEqual({ by: 'memory bandwidth', perSecond: 2 ** 30 / (4096 * 4) });
	});
});

describe('npm run bench', () => {
	it('lists the benchmarks', () => {
		const { stdout, status } = bench('--list');
		expect(status).toBe(0);
		for (const name of Object.keys(BENCHMARKS)) expect(stdout).toContain(`${name} `);
	});

	it('refuses what it does not know, and fewer than five rounds', () => {
		for (const given of [['nothing'], ['--nothing'], ['--rounds', '4'], ['--rounds', 'x']]) {
			const { stderr, status } = bench(...given);
			expect(status).toBe(2);
			expect(stderr).toMatch(/^bench: /);
		}
	});
});

describe('ceiling.c', () => {
	const compiler = spawnSync('cc', ['--version']).status === 0;

	it.skipIf(!compiler)('compiles without a warning (not run without a C compiler)', () => {
		const source = fileURLToPath(new URL('ceiling.c', folder));
		execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', source]);
	});
});
