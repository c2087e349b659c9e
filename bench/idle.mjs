// What a pool costs that has nothing to do: CPU over ten seconds, resident memory, and the time to the first answer. Each sample is a
// process of its own, because memory that was touched once stays with a process.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { benchmark, ROUNDS } from './harness.mjs';
import { spread } from './lib/statistics.mjs';

/** The bare process begins when the other has had its first answer; idle processes do not disturb each other. */
const APART_MS = 1000;

await benchmark('idle', async (bench) => {
	const samples = { bare: [], holdfast: [] };
	for (let round = 0; round < ROUNDS; round++) {
		const [holdfast, bare] = await Promise.all([
			sample('holdfast', bench.root),
			sleep(APART_MS).then(() => sample('bare', bench.root)),
		]);
		samples.holdfast.push(holdfast);
		samples.bare.push(bare);
	}
	const figure = (key, of) => spread(samples.holdfast.map((own, round) => of(own[key], samples.bare[round][key])));
	const above = (own, bare) => own - bare;
	bench.record({
		kind: 'figures',
		id: 'idle',
		title: 'a pool with one worker that has nothing to do, after 1,000 writes',
		rounds: ROUNDS,
		rows: [
			{
				name: 'Holdfast',
				firstMs: spread(samples.holdfast.map(({ firstMs }) => firstMs)),
				idleCpuMs: figure('idleCpuMs', (own) => own),
				aboveBareCpuMs: figure('idleCpuMs', above),
				residentMib: figure('residentMib', (own) => own),
				aboveBareMib: figure('residentMib', above),
			},
			{
				name: 'bare Node',
				idleCpuMs: spread(samples.bare.map(({ idleCpuMs }) => idleCpuMs)),
				residentMib: spread(samples.bare.map(({ residentMib }) => residentMib)),
			},
		],
	});
});

async function sample(side, root) {
	const script = fileURLToPath(new URL('./lib/idle-process.mjs', import.meta.url));
	const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, side, root]);
	return JSON.parse(stdout);
}
