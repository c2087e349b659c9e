// What an operation costs with more and more of them in flight.
import { readFile } from 'node:fs/promises';
import { benchmark, inFlight } from './harness.mjs';
import { makeLargeFile, makeTree, scatter } from './lib/fixtures.mjs';
import { print } from './lib/table.mjs';

const FILES = 1000;
const BYTES = 4096;
const FILE_MIB = 64;
const BLOCKS = (FILE_MIB * 1024 * 1024) / BYTES;
const WIDTHS = [64, 128, 256, 512, 1024];

await benchmark('growth', async (bench) => {
	const { at, fullAt } = makeTree(bench.root, FILES);
	makeLargeFile(bench.root, 'large', FILE_MIB);
	const kinds = {
		'Holdfast, whole files'() {
			const op = bench.open();
			return (index) => op.read(at(index));
		},
		async 'Holdfast, open reader'() {
			const reader = await bench.open().reader('large');
			const buffers = Array.from({ length: Math.max(...WIDTHS) }, () => Buffer.alloc(BYTES));
			return (index, lane) => reader.readAt(buffers[lane], scatter(index, BLOCKS) * BYTES);
		},
		'fs.promises.readFile': () => (index) => readFile(fullAt(index)),
	};

	// All widths take turns in one comparison: a machine that becomes slower meanwhile is no growth.
	const side = (width, open) => async () => {
		const work = await open();
		return (count) => inFlight(count, width, work);
	};
	const sides = Object.entries(kinds).flatMap(([name, open]) =>
		WIDTHS.map((width) => [`${name}, ${width}`, side(width, open)]),
	);
	const title = 'reads of 4 KiB by the number in flight';
	const result = await bench.measureApart('growth-sides', title, Object.fromEntries(sides));
	print(result);
	const costUs = (name, width) => 1e6 / result.rows.find((row) => row.name === `${name}, ${width}`).rate.median;
	bench.record({
		kind: 'series',
		id: 'growth',
		title: 'cost of a 4 KiB read by the number in flight',
		rounds: result.rounds,
		x: { label: 'operations in flight', log: 2 },
		y: { label: 'µs per operation' },
		lines: Object.keys(kinds).map((name) => ({ name, points: WIDTHS.map((width) => [width, costUs(name, width)]) })),
		rows: Object.keys(kinds).map((name) => ({
			name,
			rise: Math.max(...WIDTHS.map((width) => costUs(name, width) / costUs(name, WIDTHS[0]))),
		})),
	});
});
