// Durable writes: replacing 4 KiB files with everything that survives a power cut, beside the same sequence of calls by fs.promises.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { benchmark, inFlight, WIDTH } from './harness.mjs';
import { onDiskImages } from './lib/disk-images.mjs';
import { CONTENT } from './lib/fixtures.mjs';
import { replaceByHand } from './lib/load.mjs';

const FILES = 256;
/** A round waits for the disk: a longer one says more. */
const ROUND_SECONDS = 1;

const together = Array.from({ length: FILES }, (_, index) => `together/${index}`);
const apart = Array.from({ length: FILES }, (_, index) => `apart/${index}/file`);
const options = { roundSeconds: ROUND_SECONDS };

await benchmark('durability', async (bench) => {
	// What an fsync costs is the file system's to say: that of the temporary folder may be one without a journal.
	await onDiskImages((name, root) => compareReplacements(bench, `durable-64-${name}`, `, ${name} on an image`, root));
	const op = await compareReplacements(bench, 'durable-64', '', bench.root);
	const replace = (paths) => (count) => inFlight(count, WIDTH, (index) => op.write(paths[index % FILES], CONTENT));
	await bench.compare(
		'durable-directories',
		'one fsync of a directory for all that wait for it',
		{ 'all files in one directory': replace(together), 'each in a directory of its own': replace(apart) },
		options,
	);
});

async function compareReplacements(bench, id, where, root) {
	for (const path of [...together, ...apart]) {
		mkdirSync(join(root, dirname(path)), { recursive: true });
		writeFileSync(join(root, path), CONTENT);
	}
	const op = bench.open({ root });
	await bench.compare(
		id,
		`durable replace of 4 KiB files, ${WIDTH} in flight${where}`,
		{
			Holdfast: (count) => inFlight(count, WIDTH, (index) => op.write(together[index % FILES], CONTENT)),
			'fs.promises, the same sequence': (count) =>
				inFlight(count, WIDTH, (index) => replaceByHand(join(root, together[index % FILES]), CONTENT)),
		},
		options,
	);
	return op;
}
