// Large files from front to back and as a whole, and large directories, beside what Node and opendal do.
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark, inFlight, WIDTH } from './harness.mjs';
import { makeLargeFile } from './lib/fixtures.mjs';
import { openOpendal } from './lib/peers.mjs';

const MIB = 1024 * 1024;
const LARGE_MIB = 1024;
const WHOLE_MIB = 256;
const CHUNK_BYTES = 2 * MIB;
const FILES = Number(process.env.HOLDFAST_BENCH_FILES ?? 100_000);

await benchmark('reads', async (bench) => {
	const large = makeLargeFile(bench.root, 'large', LARGE_MIB);
	const whole = makeLargeFile(bench.root, 'whole', WHOLE_MIB);
	const many = join(bench.root, 'many');
	mkdirSync(many);
	for (let index = 0; index < FILES; index++) writeFileSync(join(many, `file${index}`), '');
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
	await bench.compare(
		'list',
		`list ${FILES} files with metadata`,
		{
			'Holdfast lister': async () => {
				let entries = 0;
				for await (const entry of await op.lister('many/')) entries += entry.metadata().isFile() ? 1 : 0;
				return entries;
			},
			'Holdfast list, ordered': async () => (await op.list('many/')).length - 1,
			'readdir, then stat with 64 in flight': async () => {
				const names = await readdir(many);
				return await inFlight(names.length, WIDTH, (index) => stat(join(many, names[index])));
			},
		},
		{ unit: 'entries' },
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
