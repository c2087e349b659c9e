// Sides in turn within one run: a warm-up that also finds out how much work a round is, at least five rounds, median and spread.
// Only ratios mean something: these figures are never compared with those of another run.
import { spread } from './statistics.mjs';
import { measureUsage, residentMib } from './usage.mjs';

export const ROUNDS = Math.max(5, Number(process.env.HOLDFAST_BENCH_ROUNDS ?? 5));
/** What a round is to take. Shorter ones are only for finding out whether a benchmark runs. */
const ROUND_SECONDS = Number(process.env.HOLDFAST_BENCH_ROUND_SECONDS ?? 0.5);
/** Rounds' worth of work before the first one: until then the compiler is at work beside whatever is measured. */
const WARM_UP_ROUNDS = 3;
/** Part of a round that is run before it and not measured: the collection before has thrown away memory and compiled code. */
export const RUN_IN = 0.2;
const FIRST_OPERATIONS = 256;

/**
 * Measures the sides of one comparison. `sides` has a function per name: it is told how many operations to do, and gives how many it
 * did (a side may have its own idea of that, and is then not calibrated and run in by its `runIn`, if it has one), or `{ operations, seconds, cpuUs, callerUs, residentMib }` when it was not
 * this process that did them. Or it has `{ prepare, run, runIn }`, where the preparation of a round is not measured. The order of the sides turns with every round, so that none always comes first.
 */
export async function compare(
	id,
	title,
	sides,
	{ rounds = ROUNDS, roundSeconds = ROUND_SECONDS, unit = 'operations' } = {},
) {
	const all = Object.entries(sides).map(([name, side]) => ({
		name,
		...(typeof side === 'function' ? { run: side } : side),
		samples: [],
	}));
	for (const side of all) Object.assign(side, await warmUp(side, roundSeconds));
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < all.length; turn++) {
			const side = all[(turn + round) % all.length];
			globalThis.gc?.();
			if (side.isSteady) await runOnce(side, Math.ceil(side.operations * RUN_IN));
			else await side.runIn?.();
			const { operations, seconds, cpuUs, callerUs, residentMib } = await runOnce(side, side.operations);
			const samples = { rate: operations / seconds, cpuUs: cpuUs / operations, callerUs: callerUs / operations };
			side.samples.push({ ...samples, residentMib });
		}
	}
	const rows = all.map(({ name, samples }) => {
		const figure = (key) => spread(samples.map((sample) => sample[key]));
		const memory = Math.max(...samples.map((sample) => sample.residentMib));
		return { name, rate: figure('rate'), cpuUs: figure('cpuUs'), callerUs: figure('callerUs'), residentMib: memory };
	});
	return { kind: 'comparison', id, title, unit, rounds, rows };
}

/**
 * Runs with growing counts, until one takes half a round and some rounds' time has gone by. Gives the count that takes a whole round, and whether
 * a part of it makes sense: a side with its own idea of a count runs as it is, for the same time.
 */
async function warmUp(side, roundSeconds) {
	let asked = FIRST_OPERATIONS;
	let total = 0;
	while (true) {
		const { operations, seconds } = await runOnce(side, asked);
		total += seconds;
		const isWarm = total >= roundSeconds * WARM_UP_ROUNDS;
		if (operations !== asked) {
			if (isWarm) return { operations, isSteady: false };
			continue;
		}
		const wanted = Math.max(1, Math.round((operations / seconds) * roundSeconds));
		if (seconds >= roundSeconds / 2 && isWarm) return { operations: wanted, isSteady: true };
		asked = Math.min(wanted, asked * 8);
	}
}

async function runOnce({ prepare, run }, asked) {
	await prepare?.(asked);
	const stop = measureUsage();
	const done = await run(asked);
	const usage = stop();
	const own = { ...usage, residentMib: residentMib() };
	return typeof done === 'number' ? { ...own, operations: done } : { ...own, ...done };
}
