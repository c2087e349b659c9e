// Large files from front to back and as a whole, beside what Node and opendal do.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { benchmark } from './harness.mjs';
import { makeLargeFile } from './lib/fixtures.mjs';
import { openOpendal } from './lib/peers.mjs';

const MIB = 1024 * 1024;
const LARGE_MIB = 1024;
const WHOLE_MIB = 256;
const CHUNK_BYTES = 2 * MIB;

await benchmark('reads', async (bench) => {
	const large = makeLargeFile(bench.root, 'large', LARGE_MIB);
	const whole = makeLargeFile(bench.root, 'whole', WHOLE_MIB);
	const op = bench.open();
	const opendal = openOpendal(bench.root);

	await bench.compare(
		'sequential-read',
		`read ${LARGE_MIB} MiB from front to back`,
		{
			'Holdfast, leases': leases,
			'Holdfast, Node stream': async () =>
				drain((await op.reader('large')).createReadStream({ highWaterMark: CHUNK_BYTES })),
			'fs.createReadStream, 2 MiB': () => drain(createReadStream(large, { highWaterMark: CHUNK_BYTES })),
			'fs.createReadStream, 64 KiB': () => drain(createReadStream(large)),
			'Holdfast, for await of 2 MiB': async () => drain(await op.reader('large', { chunk: CHUNK_BYTES })),
			'Holdfast, into one buffer': readInto,
			'opendal createReadStream': async () => drain((await opendal.reader('large')).createReadStream()),
		},
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
	async function leases() {
		let bytes = 0;
		for await (const lease of (await op.reader('large')).leases()) {
			bytes += lease.bytes.length;
			lease.release();
		}
		return bytes / MIB;
	}

	async function readInto() {
		const reader = await op.reader('large');
		const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
		let bytes = 0;
		for (let count = await reader.read(buffer); count > 0n; count = await reader.read(buffer)) bytes += Number(count);
		await reader.close();
		return bytes / MIB;
	}
});

async function drain(source) {
	let bytes = 0;
	for await (const chunk of source) bytes += chunk.length;
	return bytes / MIB;
}
