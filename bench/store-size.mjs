// What a read costs with more and more files in the store, beside the C thread, whose own cost grows with the file system's structures.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { benchmark, inFlight, WIDTH } from './harness.mjs';
import { CEILING } from './lib/ceiling.mjs';
import { makeTree } from './lib/fixtures.mjs';
import { print } from './lib/table.mjs';

const LARGEST = Number(process.env.HOLDFAST_BENCH_STORE_FILES ?? 100_000);
const SIZES = [1000, 10_000, 100_000, 1_000_000].filter((size) => size <= LARGEST);
/** Trees that are kept for the next run: a million files take minutes to make. */
const KEPT = process.env.HOLDFAST_BENCH_TREES;

await benchmark('store-size', async (bench) => {
	const sides = {};
	for (const size of SIZES) {
		const root = join(KEPT ?? bench.root, String(size));
		mkdirSync(root, { recursive: true });
		const { fullPaths, at } = makeTree(root, size);
		sides[`Holdfast, ${size}`] = () => {
			const op = bench.open({ root });
			// A round goes on where the last one ended, so that all files have their turn.
			let next = 0;
			return (count) => inFlight(count, WIDTH, () => op.read(at(next++)));
		};
		const [ceiling] = Object.values(bench.ceiling('whole', fullPaths));
		if (ceiling) sides[`${CEILING}, ${size}`] = ceiling;
	}
	const title = 'read whole 4 KiB files by the number in the store';
	const result = await bench.measureApart('store-size-sides', title, sides);
	print(result);

	const names = ['Holdfast', CEILING].filter((name) => `${name}, ${SIZES[0]}` in sides);
	const costUs = (name, size) => 1e6 / result.rows.find((row) => row.name === `${name}, ${size}`).rate.median;
	const rise = (name, size) => costUs(name, size) / costUs(name, SIZES[0]);
	bench.record({
		kind: 'series',
		id: 'store-size',
		title: `cost of a whole 4 KiB read by the number of files, ${WIDTH} in flight`,
		rounds: result.rounds,
		x: { label: 'files in the store', log: 10 },
		y: { label: 'µs per operation' },
		lines: names.map((name) => ({ name, points: SIZES.map((size) => [size, costUs(name, size)]) })),
		rows: names.map((name) => ({
			name,
			rise: Math.max(...SIZES.map((size) => rise(name, size))),
			...(name !== CEILING && names.includes(CEILING)
				? { riseOverCeiling: Math.max(...SIZES.map((size) => rise(name, size) / rise(CEILING, size))) }
				: {}),
		})),
	});
});
