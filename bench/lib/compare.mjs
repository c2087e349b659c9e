// Sides in turn within one run: a warm-up that also finds out how much work a round is, at least five rounds, median and spread.
// Only ratios mean something: these figures are never compared with those of another run.
import { spread } from './statistics.mjs';

export const ROUNDS = Math.max(5, Number(process.env.HOLDFAST_BENCH_ROUNDS ?? 5));
/** What a round is to take. Shorter ones are only for finding out whether a benchmark runs. */
const ROUND_SECONDS = Number(process.env.HOLDFAST_BENCH_ROUND_SECONDS ?? 0.5);
/** Rounds' worth of work before the first one: until then the compiler is at work beside whatever is measured. */
const WARM_UP_ROUNDS = 3;
/** Part of a round that is run before it and not measured: the collection before has thrown away memory and compiled code. */
export const RUN_IN = 0.2;
const FIRST_OPERATIONS = 256;

/**
 * Measures the sides of one comparison: those of `side.mjs`, by their names. The order of the sides turns with every round, so that none always
 * comes first.
 */
export async function compare(
	id,
	title,
	sides,
	{ rounds = ROUNDS, roundSeconds = ROUND_SECONDS, unit = 'operations' } = {},
) {
	const all = [];
	for (const [name, side] of Object.entries(sides))
		all.push({ name, side, samples: [], ...(await warmUp(side, roundSeconds)) });
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < all.length; turn++) {
			const { side, operations, isSteady, samples } = all[(turn + round) % all.length];
			await side.collect();
			await (isSteady ? side.run(Math.ceil(operations * RUN_IN)) : side.runIn());
			const done = await side.run(operations);
			samples.push({
				rate: done.operations / done.seconds,
				cpuUs: done.cpuUs / done.operations,
				callerUs: done.callerUs / done.operations,
				residentMib: done.residentMib,
			});
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
		const { operations, seconds } = await side.run(asked);
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
