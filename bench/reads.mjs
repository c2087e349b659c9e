// Large files from front to back and as a whole, beside what Node and opendal do.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark } from './harness.mjs';
import { RUN_IN } from './lib/compare.mjs';
import { makeLargeFile } from './lib/fixtures.mjs';
import { openOpendal } from './lib/peers.mjs';

const MIB = 1024 * 1024;
const LARGE_MIB = 1024;
const WHOLE_MIB = 256;
const CHUNK_BYTES = 2 * MIB;

await benchmark('reads', async (bench) => {
	makeLargeFile(bench.root, 'large', LARGE_MIB);
	makeLargeFile(bench.root, 'part', Math.ceil(LARGE_MIB * RUN_IN));
	const whole = makeLargeFile(bench.root, 'whole', WHOLE_MIB);
	/** Each side reads the large file, after a part of it that is not measured. */
	const file = (read) => ({ run: () => read('large'), runIn: () => read('part') });
	const holdfast = (read) => () => {
		const op = bench.open();
		return file((name) => read(op, name));
	};
	const node = (options) => () => file((name) => drain(createReadStream(join(bench.root, name), options)));

	await bench.compareApart(
		'sequential-read',
		`read ${LARGE_MIB} MiB from front to back`,
		{
			'Holdfast, leases': holdfast(leases),
			'Holdfast, Node stream': holdfast(async (op, name) =>
				drain((await op.reader(name)).createReadStream({ highWaterMark: CHUNK_BYTES })),
			),
			'fs.createReadStream, 2 MiB': node({ highWaterMark: CHUNK_BYTES }),
			'fs.createReadStream, 64 KiB': node(),
			'Holdfast, for await of 2 MiB': holdfast(async (op, name) =>
				drain(await op.reader(name, { chunk: CHUNK_BYTES })),
			),
			'Holdfast, into one buffer': holdfast(readInto),
			'opendal createReadStream'() {
				const opendal = openOpendal(bench.root);
				return file(async (name) => drain((await opendal.reader(name)).createReadStream()));
			},
		},
		{ unit: 'MiB' },
	);
	await bench.compareApart(
		'whole-read',
		`read a file of ${WHOLE_MIB} MiB as a whole`,
		{
			Holdfast() {
				const op = bench.open();
				return async () => (await op.read('whole')).length / MIB;
			},
			'fs.promises.readFile': () => async () => (await readFile(whole)).length / MIB,
			'opendal.read'() {
				const opendal = openOpendal(bench.root);
				return async () => (await opendal.read('whole')).length / MIB;
			},
		},
		{ unit: 'MiB' },
	);
});

async function leases(op, name) {
	let bytes = 0;
	for await (const lease of (await op.reader(name)).leases()) {
		bytes += lease.bytes.length;
		lease.release();
	}
	return bytes / MIB;
}

async function readInto(op, name) {
	const reader = await op.reader(name);
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	let bytes = 0;
	for (let count = await reader.read(buffer); count > 0n; count = await reader.read(buffer)) bytes += Number(count);
	await reader.close();
	return bytes / MIB;
}

async function drain(source) {
	let bytes = 0;
	for await (const chunk of source) bytes += chunk.length;
	return bytes / MIB;
}
