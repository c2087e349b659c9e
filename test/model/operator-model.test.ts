import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Opened, ServiceUnderTest } from '../behavior/service.js';
import { fsService, memoryService } from '../behavior/services.js';
import { OperatorModel } from './operator-model.js';
import { type Step, steps } from './steps.js';
import { walk } from './walk.js';

// HOLDFAST_RUNS: how many sequences. HOLDFAST_SEED: "seed" repeats a test run, "seed,path" repeats its shrunk failure.
const RUNS_DEFAULT = 150;
const runs = Number(process.env.HOLDFAST_RUNS ?? RUNS_DEFAULT);
const [seed, path] = (process.env.HOLDFAST_SEED ?? '').split(',');

function behavesAsModel(service: ServiceUnderTest): void {
	describe(`${service.name}: Operator`, () => {
		let opened: Opened;
		beforeAll(async () => {
			opened = await service.open();
		});
		afterAll(() => opened.dispose());

		it('does what the model does, over random sequences of calls', { timeout: 600_000 }, async () => {
			const property = fc.asyncProperty(steps, (sequence) => walk(opened.op, sequence));
			const replay = seed === '' ? {} : { seed: Number(seed), path: path ?? '' };
			const outcome = await fc.check(property, { numRuns: runs, ...replay });
			if (outcome.failed) expect.fail(reportOf(service, outcome));
		});
	});
}

behavesAsModel(memoryService);
behavesAsModel(fsService);

describe('OperatorModel', () => {
	it('is not so lenient that it accepts everything', () => {
		const model = new OperatorModel();
		expect(model.write('d/a', Buffer.from('x'), 'replace')).toEqual({ value: 'file of 1' });
		expect(model.write('d/a', Buffer.from('y'), 'ifNotExists')).toEqual({ codes: ['ConditionNotMatch'] });
		expect(model.write('d/a/b', Buffer.from('y'), 'replace')).toEqual({ codes: ['NotADirectory'] });
		expect(model.delete('d/', false)).toEqual({ codes: ['NotEmpty'] });
		expect(model.list('', { recursive: true })).toEqual({ value: ['/', 'd/', 'd/a'] });
		expect(model.transfer('copy', 'd/a', '/d//a', false)).toEqual({ codes: ['IsSameFile'] });
	});
});

function reportOf(service: ServiceUnderTest, outcome: fc.RunDetails<[Step[]]>): string {
	const sequence = outcome.counterexample?.[0] ?? [];
	const error = outcome.errorInstance instanceof Error ? outcome.errorInstance.message : String(outcome.errorInstance);
	return [
		`${service.name}: ${error}`,
		`after ${outcome.numRuns} sequences and ${outcome.numShrinks} shrinks, with the calls`,
		...sequence.map((step, index) => `  ${index}: ${JSON.stringify(step)}`),
		`Replay: HOLDFAST_SEED=${outcome.seed},${outcome.counterexamplePath} npx vitest run test/model`,
	].join('\n');
}
