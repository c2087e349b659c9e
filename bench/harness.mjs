// What every benchmark here does alike: sides in turn within one run, a warm-up, at least five rounds, median and spread, the
// machine and the versions. Only ratios mean something: these figures are never compared with those of another run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';

export const ROUNDS = Math.max(5, Number(process.env.HOLDFAST_BENCH_ROUNDS ?? 5));

/**
 * Measures the sides of one comparison. Each side is `{ name, run(): Promise<number> }`, where the number is how many operations
 * were done. The order of the sides turns with every round, so that none always comes first. Gives a row per side.
 */
export async function compare(title, sides, { rounds = ROUNDS } = {}) {
	const samples = new Map(sides.map((side) => [side.name, []]));
	for (const side of sides) await side.run();
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < sides.length; turn++) {
			const side = sides[(turn + round) % sides.length];
			globalThis.gc?.();
			const cpu = process.cpuUsage();
			const started = process.hrtime.bigint();
			const operations = await side.run();
			const seconds = Number(process.hrtime.bigint() - started) / 1e9;
			const used = process.cpuUsage(cpu);
			samples.get(side.name).push({ rate: operations / seconds, cpuUs: (used.user + used.system) / operations });
		}
	}
	const rows = sides.map(({ name }) => {
		const rates = samples.get(name).map(({ rate }) => rate);
		const cpuUs = samples.get(name).map((sample) => sample.cpuUs);
		return { name, median: median(rates), low: Math.min(...rates), high: Math.max(...rates), cpuUs: median(cpuUs) };
	});
	return { title, rounds, rows };
}

/** Prints a comparison: the first side is the one that the others are held against. */
export function print({ title, rounds, rows }) {
	console.log(`\n${title} (${rounds} rounds)`);
	const [first] = rows;
	for (const { name, median: rate, low, high, cpuUs } of rows) {
		const ratio =
			rows.indexOf(first) === rows.findIndex((row) => row.name === name) ? '' : `${(first.median / rate).toFixed(2)}x`;
		const spread = `${format(low)} .. ${format(high)}`;
		console.log(
			`  ${name.padEnd(34)}${format(rate).padStart(12)}/s  ${spread.padEnd(26)}${cpuUs.toFixed(1).padStart(9)} µs CPU/op  ${ratio.padStart(8)}`,
		);
	}
}

export function machine(versions = {}) {
	const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
	const all = { holdfast: version, node: process.version, ...versions };
	const names = Object.entries(all).map(([name, value]) => `${name} ${value}`);
	return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, Linux ${release()}; ${names.join(', ')}`;
}

/** Writes the results beside those of other runs. */
export function save(name, results, versions = {}) {
	const folder = new URL('./results/', import.meta.url);
	mkdirSync(folder, { recursive: true });
	const content = { name, machine: machine(versions), at: new Date().toISOString(), results };
	writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(content, null, '\t')}\n`);
}

/** Runs `work(index)` for so many operations, so many at a time. Gives the count. */
export async function inFlight(operations, width, work) {
	let next = 0;
	const take = async () => {
		while (next < operations) await work(next++);
	};
	await Promise.all(Array.from({ length: width }, take));
	return operations;
}

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function format(rate) {
	return rate >= 100 ? Math.round(rate).toLocaleString('en-US') : rate.toFixed(2);
}
