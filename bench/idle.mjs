// What a pool costs that has nothing to do: CPU over ten seconds, resident memory, and the time to the first answer. Each sample is a
// process of its own, because memory that was touched once stays with a process.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { benchmark, ROUNDS } from './harness.mjs';
import { spread } from './lib/statistics.mjs';

const SIDES = {
	holdfast: 'Holdfast',
	opendal: 'opendal',
	piscina: 'piscina',
	node: 'fs.promises',
	bare: 'bare Node',
};
/** The processes begin one after the other, so that each has the machine to itself until its first answer; then all are idle together. */
const APART_MS = 700;

await benchmark('idle', async (bench) => {
	const samples = Object.fromEntries(Object.keys(SIDES).map((side) => [side, []]));
	for (let round = 0; round < ROUNDS; round++) {
		const running = Object.keys(SIDES).map(async (side, index) => {
			await sleep(index * APART_MS);
			samples[side].push(await sample(side, join(bench.root, side)));
		});
		await Promise.all(running);
	}
	const figure = (side, of) => spread(samples[side].map((own, round) => of(own, samples.bare[round])));
	bench.record({
		kind: 'figures',
		id: 'idle',
		title: 'one pool that has nothing to do, before and after 1,000 small writes at once; ours has one worker',
		rounds: ROUNDS,
		rows: Object.entries(SIDES).map(([side, name]) => ({
			name,
			idleCpuMs: figure(side, (own) => own.idleCpuMs),
			residentMib: figure(side, (own) => own.residentMib),
			usedMib: figure(side, (own) => own.usedMib),
			...(side === 'bare'
				? {}
				: {
						firstMs: figure(side, (own) => own.firstMs),
						aboveBareCpuMs: figure(side, (own, bare) => own.idleCpuMs - bare.idleCpuMs),
						aboveBareMib: figure(side, (own, bare) => own.residentMib - bare.residentMib),
						usedAboveBareMib: figure(side, (own, bare) => own.usedMib - bare.usedMib),
					}),
		})),
	});
});

async function sample(side, root) {
	mkdirSync(root, { recursive: true });
	const script = fileURLToPath(new URL('./lib/idle-process.mjs', import.meta.url));
	const { stdout } = await promisify(execFile)(process.execPath, [script, side, root]);
	return JSON.parse(stdout);
}
