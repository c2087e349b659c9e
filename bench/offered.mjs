// Latencies over the rate that is offered, with no regard to how fast the answers come.
import { readFile } from 'node:fs/promises';
import { benchmark, ROUNDS } from './harness.mjs';
import { makeTree } from './lib/fixtures.mjs';
import { offer } from './lib/latency.mjs';
import { openOpendal } from './lib/peers.mjs';
import { median, quantile } from './lib/statistics.mjs';

const FILES = 1000;
const RATES = [1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
const SECONDS = 0.5;
const WARM_UP_PER_SECOND = 10_000;
/** A side that answers less than this share of what is offered has more and more waiting: its latency says only how long it was tried. */
const SUSTAINED = 0.95;

await benchmark('offered', async (bench) => {
	const { at, fullAt } = makeTree(bench.root, FILES);
	const op = bench.open();
	const opendal = openOpendal(bench.root);
	const sides = {
		Holdfast: (index) => op.read(at(index)),
		'fs.promises.readFile': (index) => readFile(fullAt(index)),
		'opendal.read': (index) => opendal.read(at(index)),
	};
	const names = Object.keys(sides);
	for (const name of names) await offer(WARM_UP_PER_SECOND, 1, sides[name]);

	const samples = new Map();
	const overloaded = new Set();
	for (const rate of RATES) {
		const running = names.filter((name) => !overloaded.has(name));
		for (let round = 0; round < ROUNDS; round++) {
			for (let turn = 0; turn < running.length; turn++) {
				const name = running[(turn + round) % running.length];
				globalThis.gc?.();
				const { latenciesUs, perSecond } = await offer(rate, SECONDS, sides[name]);
				const sample = { p50Us: quantile(latenciesUs, 0.5), p99Us: quantile(latenciesUs, 0.99), perSecond };
				samples.set(`${name} ${rate}`, [...(samples.get(`${name} ${rate}`) ?? []), sample]);
			}
		}
		for (const name of running) {
			if (figure(name, rate, 'perSecond') < SUSTAINED * rate) overloaded.add(name);
		}
	}

	for (const [key, label] of [
		['p50Us', 'median'],
		['p99Us', '99th percentile'],
	]) {
		bench.record({
			kind: 'series',
			id: `offered-${key === 'p50Us' ? 'p50' : 'p99'}`,
			title: `read whole 4 KiB files: ${label} by the rate that is offered`,
			rounds: ROUNDS,
			x: { label: 'operations offered per second', log: 10 },
			y: { label: `${label} in µs`, log: 10 },
			lines: names.map((name) => ({ name, points: sustained(name).map((rate) => [rate, figure(name, rate, key)]) })),
			rows: names.map((name) => ({ name, sustainedPerSecond: Math.max(0, ...sustained(name)) })),
		});
	}

	function sustained(name) {
		return RATES.filter(
			(rate) => samples.has(`${name} ${rate}`) && figure(name, rate, 'perSecond') >= SUSTAINED * rate,
		);
	}

	function figure(name, rate, key) {
		return median(samples.get(`${name} ${rate}`).map((sample) => sample[key]));
	}
});
