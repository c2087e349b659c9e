// Durable writes: replacing 4 KiB files with everything that survives a power cut, beside the same sequence of calls by fs.promises.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { benchmark, inFlight, WIDTH } from './harness.mjs';
import { CONTENT } from './lib/fixtures.mjs';
import { replaceByHand } from './lib/load.mjs';

const FILES = 256;
/** A round waits for the disk: a longer one says more. */
const ROUND_SECONDS = 1;

await benchmark('durability', async (bench) => {
	const together = Array.from({ length: FILES }, (_, index) => `together/${index}`);
	const apart = Array.from({ length: FILES }, (_, index) => `apart/${index}/file`);
	for (const path of [...together, ...apart]) {
		mkdirSync(join(bench.root, dirname(path)), { recursive: true });
		writeFileSync(join(bench.root, path), CONTENT);
	}
	const op = bench.open();
	const options = { roundSeconds: ROUND_SECONDS };

	await bench.compare(
		'durable-64',
		`durable replace of 4 KiB files, ${WIDTH} in flight`,
		{
			Holdfast: (count) => inFlight(count, WIDTH, (index) => op.write(together[index % FILES], CONTENT)),
			'fs.promises, the same sequence': (count) =>
				inFlight(count, WIDTH, (index) => replaceByHand(join(bench.root, together[index % FILES]), CONTENT)),
		},
		options,
	);
	await bench.compare(
		'durable-directories',
		'one fsync of a directory for all that wait for it',
		{
			'all files in one directory': (count) =>
				inFlight(count, WIDTH, (index) => op.write(together[index % FILES], CONTENT)),
			'each in a directory of its own': (count) =>
				inFlight(count, WIDTH, (index) => op.write(apart[index % FILES], CONTENT)),
		},
		options,
	);
});
