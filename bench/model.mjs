// What one machine can serve, calculated from the measured cost of an operation. `node bench/model.mjs [FILE]` prints it for the results in
// docs/benchmarks.json or another file; `model.md` explains every number.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CEILING } from './lib/ceiling.mjs';
import { formatNumber } from './lib/statistics.mjs';
import { findRow } from './report/results.mjs';

const MACHINES = [
	{ cores: 2, memoryGibPerSecond: 20 },
	{ cores: 16, memoryGibPerSecond: 100 },
	{ cores: 64, memoryGibPerSecond: 300 },
];
/** A pool has at most so many workers that serve reads. */
const WORKERS_MAX = 64;
const BYTES = 4096;
/**
 * How often a byte of a read crosses the memory bus when no cache helps: out of the page cache and into the engine's memory, out of that and
 * into the caller's buffer.
 */
const CROSSINGS = 4;

/** The work that is modelled: a result, its name, bytes of an operation, and what the ceiling is. */
const WORKS = [
	{ result: 'read-64', work: 'read whole 4 KiB files', bytes: BYTES, hasCeiling: true },
	{ result: 'pread-64', work: 'random 4 KiB of an open file', bytes: BYTES, hasCeiling: true },
	{ result: 'stat-64', work: 'stat', bytes: 0, hasCeiling: true },
	{ result: 'create-64', work: 'create 4 KiB files, not synced', bytes: BYTES, hasCeiling: false },
];

/**
 * The limits of one kind of work on one machine, in operations per second. One process has one calling thread, which has a core to itself, and
 * workers on the others; several processes share the cores, each operation costs what both threads need.
 */
export function limitsOf({ callerUs, cpuUs, ceilingUs, bytes }, { cores, memoryGibPerSecond }) {
	const workerUs = Math.max(0, cpuUs - callerUs);
	const workers = Math.min(WORKERS_MAX, cores - 1);
	const memory = bytes === 0 ? Infinity : (memoryGibPerSecond * 2 ** 30) / (bytes * CROSSINGS);
	const oneProcess = {
		'calling thread': 1e6 / callerUs,
		workers: (workers * 1e6) / workerUs,
		'memory bandwidth': memory,
	};
	const processes = { cores: (cores * 1e6) / cpuUs, 'memory bandwidth': memory };
	const ceiling = ceilingUs === undefined ? undefined : (cores * 1e6) / ceilingUs;
	return { oneProcess: lowest(oneProcess), processes: lowest(processes), ceiling };
}

/** What stops first. */
function lowest(limits) {
	const [by, perSecond] = Object.entries(limits).reduce((least, next) => (next[1] < least[1] ? next : least));
	return { by, perSecond };
}

/** The tables as Markdown. */
export function modelText(runs) {
	const costs = WORKS.map((work) => ({ ...work, ...costOf(runs, work) })).filter(({ cpuUs }) => cpuUs !== undefined);
	const lines = [
		'| work | calling thread | workers | together | C thread |',
		'| --- | --- | --- | --- | --- |',
		...costs.map(
			({ work, callerUs, cpuUs, ceilingUs }) =>
				`| ${work} | ${us(callerUs)} | ${us(cpuUs - callerUs)} | ${us(cpuUs)} | ${ceilingUs === undefined ? '' : us(ceilingUs)} |`,
		),
		'',
		'| work | cores | one process | stopped first by | several processes | stopped first by | the C thread on every core |',
		'| --- | --- | --- | --- | --- | --- | --- |',
		...costs.flatMap((cost) =>
			MACHINES.map((machine) => {
				const { oneProcess, processes, ceiling } = limitsOf(cost, machine);
				return `| ${cost.work} | ${machine.cores} | ${perSecond(oneProcess.perSecond)} | ${oneProcess.by} | ${perSecond(processes.perSecond)} | ${processes.by} | ${ceiling === undefined ? '' : perSecond(ceiling)} |`;
			}),
		),
	];
	return [...lines, '', ...diskLines(runs)].join('\n');
}

/** What waits for the disk grows with no core: the rate is that of the disk that was measured, until the processor is too slow for it. */
function diskLines(runs) {
	const durable = findRow(runs, 'durable-64', 'Holdfast');
	if (durable === undefined) return [];
	const diskUs = 1e6 / durable.rate.median;
	return [
		'| work | cores | per second | stopped first by |',
		'| --- | --- | --- | --- |',
		...MACHINES.map(({ cores }) => {
			const { by, perSecond: rate } = lowest({
				disk: 1e6 / diskUs,
				'calling thread': 1e6 / durable.callerUs.median,
				cores: (cores * 1e6) / durable.cpuUs.median,
			});
			return `| durable replace of 4 KiB files | ${cores} | ${perSecond(rate)} | ${by} |`;
		}),
	];
}

function costOf(runs, { result, hasCeiling }) {
	const own = findRow(runs, result, 'Holdfast');
	if (own === undefined) return {};
	const ceilingUs = hasCeiling ? findRow(runs, result, CEILING)?.cpuUs.median : undefined;
	return { callerUs: own.callerUs.median, cpuUs: own.cpuUs.median, ceilingUs };
}

function us(value) {
	return `${formatNumber(value)} µs`;
}

function perSecond(value) {
	return Number(value.toPrecision(2)).toLocaleString('en-US');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const file = process.argv[2] ?? new URL('../docs/benchmarks.json', import.meta.url);
	console.log(modelText(JSON.parse(readFileSync(file, 'utf8'))));
}
