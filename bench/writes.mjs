// Large files from front to back, not synced: every byte is where the page cache has it when a round ends.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark } from './harness.mjs';
import { RUN_IN } from './lib/compare.mjs';
import { openOpendal } from './lib/peers.mjs';

const MIB = 1024 * 1024;
const LARGE_MIB = 1024;
const CHUNK = Buffer.alloc(MIB, 'holdfast ');

await benchmark('writes', async (bench) => {
	/** Replacing what stands there is not measured: a file of its own for every round, and one that is not measured before. */
	const fresh = (path, write) => ({
		prepare: () => rm(join(bench.root, path), { force: true }),
		run: () => write(path, LARGE_MIB),
		runIn: () => write(path, Math.ceil(LARGE_MIB * RUN_IN)),
	});
	const holdfast = (path, write) => () => {
		const op = bench.open({ durability: 'none' });
		return fresh(path, async (name, mebibytes) => write(await op.writer(name), mebibytes));
	};

	await bench.compareApart(
		'sequential-write',
		`write ${LARGE_MIB} MiB from front to back in pieces of 1 MiB`,
		{
			Holdfast: holdfast('writer', write),
			'fs.createWriteStream': () =>
				fresh('node', (path, mebibytes) =>
					fill(createWriteStream(join(bench.root, path), { highWaterMark: MIB }), mebibytes),
				),
			'Holdfast, Node stream': holdfast('stream', (writer, mebibytes) =>
				fill(writer.createWriteStream({ highWaterMark: MIB }), mebibytes),
			),
			'opendal writer'() {
				const opendal = openOpendal(bench.root);
				return fresh('opendal', async (path, mebibytes) => write(await opendal.writer(path), mebibytes));
			},
		},
		{ unit: 'MiB' },
	);
});

async function write(writer, mebibytes) {
	for (let index = 0; index < mebibytes; index++) await writer.write(CHUNK);
	await writer.close();
	return mebibytes;
}

async function fill(stream, mebibytes) {
	for (let index = 0; index < mebibytes; index++) if (!stream.write(CHUNK)) await once(stream, 'drain');
	stream.end();
	await once(stream, 'close');
	return mebibytes;
}
