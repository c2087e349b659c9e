// Large files from front to back and as a whole, beside what Node and opendal do.
import { readFile } from 'node:fs/promises';
import { benchmark } from './harness.mjs';
import { RUN_IN } from './lib/compare.mjs';
import { makeLargeFile } from './lib/fixtures.mjs';
import { openOpendal } from './lib/peers.mjs';

const MIB = 1024 * 1024;
const LARGE_MIB = 1024;
const WHOLE_MIB = 256;
const LARGE_READS = new URL('./lib/large-reads.mjs', import.meta.url);

await benchmark('reads', async (bench) => {
	makeLargeFile(bench.root, 'large', LARGE_MIB);
	makeLargeFile(bench.root, 'part', Math.ceil(LARGE_MIB * RUN_IN));
	const whole = makeLargeFile(bench.root, 'whole', WHOLE_MIB);
	const op = bench.open();
	const opendal = openOpendal(bench.root);

	await bench.compare(
		'sequential-read',
		`read ${LARGE_MIB} MiB from front to back, each side in a process of its own`,
		mapSides(await bench.apart(LARGE_READS), (round) => ({ run: () => round('large'), runIn: () => round('part') })),
		{ unit: 'MiB' },
	);
	await bench.compare(
		'whole-read',
		`read a file of ${WHOLE_MIB} MiB as a whole`,
		{
			Holdfast: async () => (await op.read('whole')).length / MIB,
			'fs.promises.readFile': async () => (await readFile(whole)).length / MIB,
			'opendal.read': async () => (await opendal.read('whole')).length / MIB,
		},
		{ unit: 'MiB' },
	);
});

function mapSides(rounds, side) {
	return Object.fromEntries(Object.entries(rounds).map(([name, round]) => [name, side(round)]));
}
