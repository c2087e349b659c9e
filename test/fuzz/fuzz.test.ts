import { describe, expect, it } from 'vitest';
import corpus from './corpus.json' with { type: 'json' };
import { fuzz, replay } from './fuzzer.ts';
import { targets } from './targets/index.ts';

// A short run of what `npm run fuzz` does for as long as one likes. HOLDFAST_SEED repeats one, HOLDFAST_RUNS makes it longer.
const RUNS: Record<string, number> = { api: 60, 'api-files': 20, ring: 12, completions: 20, paths: 200, options: 200 };
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 32);

const targetOf = (name: string) => targets.find((target) => target.name === name) ?? expect.fail(`no target ${name}`);

describe('fuzz', () => {
	it.each(targets)(
		'$name: no trap, no hang, nothing left, nothing but our errors',
		{ timeout: 600_000 },
		async (target) => {
			const runs = Number(process.env.HOLDFAST_RUNS ?? RUNS[target.name]);
			const { calls } = await fuzz(target, { seed, runs }).catch((error) => {
				throw new Error(`HOLDFAST_SEED=${seed}: ${error.message}`, { cause: error });
			});
			console.log(`${target.name}: seed ${seed}, ${calls} calls`);
			expect(calls).toBeGreaterThan(runs);
		},
	);

	it.each(corpus)('corpus, $target $case: $found', { timeout: 600_000 }, async ({ target, case: seed }) => {
		expect((await replay(targetOf(target), seed)).calls).toBeGreaterThan(0);
	});
});
