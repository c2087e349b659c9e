import { describe, expect, it } from 'vitest';
import { type Figures, Scenario } from './simulator/scenario.ts';

// Rings, lanes, pool and supervision on a simulated clock, against simulated threads that trap, end, hang, answer twice and answer
// nonsense at any step. HOLDFAST_RUNS makes it longer, HOLDFAST_SEED repeats one run.
const RUNS = Number(process.env.HOLDFAST_RUNS ?? 2000);
const SEED = process.env.HOLDFAST_SEED === undefined ? undefined : Number(process.env.HOLDFAST_SEED);
const FIRST_SEED = 1;

describe('the simulator', () => {
	it(`${RUNS} seeds: every call settles once, what was acknowledged happened once, nothing is left`, async () => {
		const total: Figures = { calls: 0, traps: 0, stuck: 0, givenUp: 0 };
		const seeds = SEED === undefined ? Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index) : [SEED];
		for (const seed of seeds) {
			try {
				const figures = await new Scenario(seed).run();
				for (const name of Object.keys(total) as (keyof Figures)[]) total[name] += figures[name];
			} catch (error) {
				throw new Error(`seed ${seed} fails; HOLDFAST_SEED=${seed} repeats it: ${(error as Error).message}`, {
					cause: error,
				});
			}
		}
		console.log(`${seeds.length} seeds:`, total);
		if (SEED === undefined) for (const count of Object.values(total)) expect(count).toBeGreaterThan(0);
	}, 600_000);
});
