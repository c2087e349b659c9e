// Reads behind a copy of 1 GiB and beside durable writes of the same store, with one worker for reads.
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark } from './harness.mjs';
import { CONTENT, makeLargeFile, makeTree } from './lib/fixtures.mjs';
import { compareLatencies } from './lib/latency.mjs';
import { repeat, replaceByHand } from './lib/load.mjs';

const FILES = 1000;
const COPY_MIB = 1024;
const WRITERS = 32;

await benchmark('neighbours', async (bench) => {
	const { at, fullAt } = makeTree(bench.root, FILES);
	const large = makeLargeFile(bench.root, 'large', COPY_MIB);
	const op = bench.open({ workers: 1 });
	const work = (index) => op.read(at(index));
	const workByNode = (index) => readFile(fullAt(index));
	const sides = {
		'Holdfast, idle': { work },
		'Holdfast, behind a copy': { work, load: copy },
		'Holdfast, beside durable writes': {
			work,
			load: () => repeat(WRITERS, (lane) => op.write(`written/${lane}`, CONTENT)),
		},
		'fs.promises, idle': { work: workByNode },
		'fs.promises, behind a copy': {
			work: workByNode,
			load: () => repeat(1, () => copyFile(large, join(bench.root, 'copy-by-node'))),
		},
		'fs.promises, beside durable writes': {
			work: workByNode,
			load: () => repeat(WRITERS, (lane) => replaceByHand(join(bench.root, `written-${lane}`), CONTENT)),
		},
	};
	bench.record(
		await compareLatencies('neighbours', 'read whole 4 KiB files, one every millisecond, beside other work', sides),
	);

	/** The copy is stopped when the round ends: what is measured is what it does to others, not how long it takes. */
	function copy() {
		const controller = new AbortController();
		const options = { durability: 'none', signal: controller.signal };
		const ended = repeat(1, () => op.copy('large', 'copy', options).catch(ignoreAbort));
		return async () => {
			controller.abort();
			await ended();
		};
	}
});

function ignoreAbort(error) {
	if (error.code !== 'Cancelled') throw error;
}
