// Large files from front to back, not synced: every byte is where the page cache has it when a round ends.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { benchmark } from './harness.mjs';
import { openOpendal } from './lib/peers.mjs';

const MIB = 1024 * 1024;
const LARGE_MIB = 1024;
const CHUNK = Buffer.alloc(MIB, 'holdfast ');

await benchmark('writes', async (bench) => {
	const op = bench.open({ durability: 'none' });
	const opendal = openOpendal(bench.root);
	/** Replacing what stands there is not measured: a file of its own for every round. */
	const fresh = (path, run) => ({ prepare: () => op.delete(path), run });

	await bench.compare(
		'sequential-write',
		`write ${LARGE_MIB} MiB from front to back in pieces of 1 MiB`,
		{
			Holdfast: fresh('writer', async () => {
				const writer = await op.writer('writer');
				for (let index = 0; index < LARGE_MIB; index++) await writer.write(CHUNK);
				await writer.close();
				return LARGE_MIB;
			}),
			'fs.createWriteStream': fresh('node', () =>
				fill(createWriteStream(join(bench.root, 'node'), { highWaterMark: MIB })),
			),
			'Holdfast, Node stream': fresh('stream', async () =>
				fill((await op.writer('stream')).createWriteStream({ highWaterMark: MIB })),
			),
			'opendal writer': fresh('opendal', async () => {
				const writer = await opendal.writer('opendal');
				for (let index = 0; index < LARGE_MIB; index++) await writer.write(CHUNK);
				await writer.close();
				return LARGE_MIB;
			}),
		},
		{ unit: 'MiB' },
	);
});

async function fill(stream) {
	for (let index = 0; index < LARGE_MIB; index++) if (!stream.write(CHUNK)) await once(stream, 'drain');
	stream.end();
	await once(stream, 'close');
	return LARGE_MIB;
}
