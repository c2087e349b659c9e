// `npm run bench` runs every benchmark of this folder, `npm run bench -- NAME...` some of them.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** In the order in which they run. Each takes less than two and a half minutes. */
const BENCHMARKS = {
	'whole-files': 'reads of whole 4 KiB files, also one at a time and blocking',
	'open-readers': 'reads of 4 KiB at random places of an open file',
	stats: 'stat of 4 KiB files',
	creates: 'new and replaced 4 KiB files without a sync',
	durability: 'durable replacement of 4 KiB files',
	records: 'records of 100 bytes through a writer',
	reads: 'large files from front to back, large directories',
	writes: 'large files from front to back, written',
	supervision: 'traps: the next answer, the throughput while they come',
	'busy-pool': 'reads while crypto, zlib and dns keep the pool of Node busy',
	neighbours: 'reads behind a copy of 1 GiB and beside durable writes',
	growth: 'cost by the number of operations in flight',
	'store-size': 'cost by the number of files',
	offered: 'latencies by the rate that is offered',
	idle: 'a pool that has nothing to do: CPU, memory, first answer',
};

const USAGE = `usage: npm run bench -- [--rounds N] [NAME...]

Runs the named benchmarks, or all, and prints tables with the targets that are met (✓) and missed (✗).
Results are kept in bench/results/NAME.json.

  --rounds N   rounds of each comparison, at least 5 (5)
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
			options: { rounds: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
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
	const rounds = Number(values.rounds ?? 5);
	if (!Number.isInteger(rounds) || rounds < 5) return refuse(`--rounds is a number from 5 on, not '${values.rounds}'`);
	const unknown = positionals.filter((name) => !(name in BENCHMARKS));
	if (unknown.length > 0) return refuse(`there is no '${unknown[0]}'; known are ${Object.keys(BENCHMARKS).join(', ')}`);
	const failed = (positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)).filter((name) => !run(name, rounds));
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

function say(text) {
	console.log(text);
	return 0;
}

function refuse(text) {
	console.error(`bench: ${text}`);
	return 2;
}
