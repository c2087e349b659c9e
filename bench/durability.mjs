// Durable writes: replacing 4 KiB files with everything that survives a power cut, beside the same sequence of calls by fs.promises.
import { join } from 'node:path';
import { benchmark, inFlight, WIDTH } from './harness.mjs';
import { CONTENT, makeFiles } from './lib/fixtures.mjs';
import { replaceByHand } from './lib/load.mjs';

const FILES = 256;
/** A round waits for the disk: a longer one says more. */
const ROUND_SECONDS = 1;

const together = Array.from({ length: FILES }, (_, index) => `together/${index}`);
const apart = Array.from({ length: FILES }, (_, index) => `apart/${index}/file`);

await benchmark('durability', async (bench) => {
	// What an fsync costs is the file system's to say: that of the temporary folder may be one without a journal.
	await bench.onDiskImages((name, root) =>
		compareReplacements(bench, `durable-64-${name}`, `, ${name} on an image`, root),
	);
	await compareReplacements(bench, 'durable-64', '', bench.root);
	await bench.compareApart(
		'durable-directories',
		'one fsync of a directory for all that wait for it',
		{ 'all files in one directory': replace(bench, together), 'each in a directory of its own': replace(bench, apart) },
		{ roundSeconds: ROUND_SECONDS },
	);
});

async function compareReplacements(bench, id, where, root) {
	for (const paths of [together, apart]) makeFiles(paths.map((path) => join(root, path)));
	await bench.compareApart(
		id,
		`durable replace of 4 KiB files, ${WIDTH} in flight${where}`,
		{
			Holdfast: replace(bench, together),
			'fs.promises, the same sequence': () => (count) =>
				inFlight(count, WIDTH, (index) => replaceByHand(join(bench.root, together[index % FILES]), CONTENT)),
		},
		{ root, roundSeconds: ROUND_SECONDS },
	);
}

function replace(bench, paths) {
	return () => {
		const op = bench.open();
		return (count) => inFlight(count, WIDTH, (index) => op.write(paths[index % FILES], CONTENT));
	};
}
