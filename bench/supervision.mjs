// What a trap costs: the time until the next answer, the calls that see an error, and the throughput while an instance traps ten
// times a second. With the fault build of the engine, which is never published.
import { fileURLToPath } from 'node:url';
import { FAULT_KIND_PANIC, OP_FAULT } from '../build/assembly/layout.js';
import { Operator } from '../build/host/index.js';
import { Request } from '../build/host/pool/request.js';
import { openStore } from '../build/host/services/index.js';
import { benchmark, WIDTH } from './harness.mjs';
import { CONTENT } from './lib/fixtures.mjs';
import { quantile } from './lib/statistics.mjs';

const SECONDS = 2;
const TRAPS_PER_SECOND = 10;
const TRAPS = 200;

await benchmark('supervision', async (bench) => {
	const modulePath = fileURLToPath(new URL('../build/engine.fault.wasm', import.meta.url));
	const options = { root: bench.root, workers: 1, maxRestarts: 10_000, restartWindowMs: 1000 };
	const store = openStore('fs', options, { modulePath });
	const op = Operator.fromStore(store);
	bench.atEnd(() => op.close());
	const trap = () => {
		const request = Object.assign(new Request(OP_FAULT, 'fault'), { root: store.root, offset: FAULT_KIND_PANIC });
		return store.engine.submit(request).catch(() => undefined);
	};
	await op.write('file', CONTENT, { durability: 'none' });

	const timesMs = [];
	for (let index = 0; index < TRAPS; index++) {
		const started = process.hrtime.bigint();
		const trapping = trap();
		await op.read('file');
		timesMs.push(Number(process.hrtime.bigint() - started) / 1e6);
		await trapping;
	}

	let failures = 0;
	let rounds = 0;
	await bench.compare('trapping', `reads of 4 KiB, ${WIDTH} in flight`, {
		'trapping ten times a second': async () => {
			const timer = setInterval(trap, 1000 / TRAPS_PER_SECOND);
			const { done, failed } = await readFor(SECONDS);
			clearInterval(timer);
			failures += failed;
			rounds++;
			return done;
		},
		undisturbed: async () => (await readFor(SECONDS)).done,
	});
	bench.record({
		kind: 'figures',
		id: 'supervision',
		title: `${TRAPS} traps, one read behind each; calls that see an error while traps come`,
		rows: [
			{
				name: 'Holdfast',
				trapMedianMs: quantile(timesMs, 0.5),
				trapP99Ms: quantile(timesMs, 0.99),
				// The call that traps sees one; the others should not.
				errorsPerTrap: 1 + failures / (rounds * SECONDS * TRAPS_PER_SECOND),
			},
		],
	});

	/** Reads for some seconds; the operations that were answered, and those that failed. */
	async function readFor(seconds) {
		const end = performance.now() + seconds * 1000;
		let done = 0;
		let failed = 0;
		const take = async () => {
			while (performance.now() < end) {
				await op.read('file').then(
					() => done++,
					() => failed++,
				);
			}
		};
		await Promise.all(Array.from({ length: WIDTH }, take));
		return { done, failed };
	}
});
