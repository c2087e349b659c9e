// `npm run bench` runs every benchmark of this folder, `npm run bench -- NAME...` some of them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BENCHMARKS } from './benchmarks.mjs';
import { checksOf } from './lib/check.mjs';
import { pageOf } from './report/page.mjs';
import { publish } from './report/publish.mjs';
import { allResults, readRuns } from './report/results.mjs';

const PAGE = new URL('./results/report.html', import.meta.url);

const USAGE = `usage: npm run bench -- [--rounds N] [NAME...]

Runs the named benchmarks, or all, and prints tables with the targets that are met (✓) and missed (✗). The last result of each is kept as
bench/results/NAME.json, and shown by the page bench/results/report.html.

  --rounds N   rounds of each comparison, at least 5 (5)
  --page       runs nothing and makes the page again
  --publish    runs nothing and puts what is kept into docs/benchmarks.json, docs/benchmarks.svg and bench/model.md
  --list       the names
  --help       this text

HOLDFAST_BENCH_ROOT is the folder in which the files are made (the system's for temporary files).
HOLDFAST_BENCH_STORE_FILES is the most files of store-size (100000; 1000000 takes minutes to make), HOLDFAST_BENCH_TREES a folder in which they
are kept for the next run.
CC is the C compiler of the ceiling (cc); without one the ceiling is left out.`;

process.exitCode = main();

function main() {
	let given;
	try {
		given = parseArgs({
			allowPositionals: true,
			options: {
				rounds: { type: 'string' },
				page: { type: 'boolean' },
				publish: { type: 'boolean' },
				list: { type: 'boolean' },
				help: { type: 'boolean' },
			},
		});
	} catch (error) {
		return refuse(error.message);
	}
	const { values, positionals } = given;
	if (values.help) return say(USAGE);
	if (values.list)
		return say(
			Object.entries(BENCHMARKS)
				.map(([name, about]) => `${name.padEnd(14)}${about}`)
				.join('\n'),
		);
	if (values.page) return writePage();
	if (values.publish) return publishAll();
	const rounds = Number(values.rounds ?? 5);
	if (!Number.isInteger(rounds) || rounds < 5) return refuse(`--rounds is a number from 5 on, not '${values.rounds}'`);
	const unknown = positionals.filter((name) => !(name in BENCHMARKS));
	if (unknown.length > 0) return refuse(`there is no '${unknown[0]}'; known are ${Object.keys(BENCHMARKS).join(', ')}`);
	const failed = (positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)).filter((name) => !run(name, rounds));
	writePage();
	if (failed.length === 0) return 0;
	console.error(`bench: ${failed.join(', ')} failed`);
	return 1;
}

/** Each in a process of its own, so that none inherits what another left behind. */
function run(name, rounds) {
	console.log(`\n== ${name}`);
	const script = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
	const env = { ...process.env, HOLDFAST_BENCH_ROUNDS: String(rounds) };
	return spawnSync(process.execPath, ['--expose-gc', script], { stdio: 'inherit', env }).status === 0;
}

function writePage() {
	const runs = readRuns();
	const checks = allResults(runs).flatMap(checksOf);
	mkdirSync(new URL('.', PAGE), { recursive: true });
	writeFileSync(PAGE, pageOf(runs));
	const isMet = checks.filter((check) => check.isMet).length;
	return say(`\n${isMet} of ${checks.length} targets met. All results: ${fileURLToPath(PAGE)}`);
}

function publishAll() {
	const runs = readRuns();
	const missing = Object.keys(BENCHMARKS).filter((name) => !runs.some((run) => run.name === name));
	if (runs.length === 0) return refuse('run something before --publish');
	if (missing.length > 0) console.error(`bench: without ${missing.join(', ')}, which never ran here`);
	return say(publish(runs));
}

function say(text) {
	console.log(text);
	return 0;
}

function refuse(text) {
	console.error(`bench: ${text}`);
	return 2;
}
