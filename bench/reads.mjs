// Large files and large directories: sequential reads, whole reads and listings, beside what Node and opendal do.

import {
	closeSync,
	createReadStream,
	mkdirSync,
	mkdtempSync,
	openSync,
	rmSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { Operator as OpendalOperator } from 'opendal';
import { compare, inFlight, machine, print, save } from './harness.mjs';

const MIB = 1024 * 1024;
const LARGE_MIB = 1024;
const WHOLE_MIB = 256;
const CHUNK_BYTES = 2 * MIB;
const FILES = Number(process.env.HOLDFAST_BENCH_FILES ?? 100_000);
const WIDTH = 64;

const opendalVersion = createRequire(import.meta.url)('opendal/package.json').version;
const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
fill('large', LARGE_MIB);
fill('whole', WHOLE_MIB);
mkdirSync(join(root, 'many'));
for (let index = 0; index < FILES; index++) writeFileSync(join(root, `many/file${index}`), '');

const op = new Operator('fs', { root });
const opendal = new OpendalOperator('fs', { root });
const results = [];
const measure = async (title, sides) => {
	const result = await compare(
		title,
		Object.entries(sides).map(([name, run]) => ({ name, run })),
	);
	print(result);
	results.push(result);
};

console.log(machine({ opendal: opendalVersion }));
try {
	await measure(`read ${LARGE_MIB} MiB from front to back, in MiB`, {
		'Holdfast, Node stream of 2 MiB': async () =>
			drain((await op.reader('large')).createReadStream({ highWaterMark: CHUNK_BYTES })),
		'Holdfast, leases of 1 MiB': leases,
		'Holdfast, for await of 2 MiB': async () => drain(await op.reader('large', { chunk: CHUNK_BYTES })),
		'Holdfast, read into one buffer': readInto,
		'fs.createReadStream of 2 MiB': () => drain(createReadStream(join(root, 'large'), { highWaterMark: CHUNK_BYTES })),
		'fs.createReadStream of 64 KiB': () => drain(createReadStream(join(root, 'large'))),
		'opendal createReadStream': async () => drain((await opendal.reader('large')).createReadStream()),
	});
	await measure(`read a file of ${WHOLE_MIB} MiB as a whole, in MiB`, {
		'Holdfast read': async () => (await op.read('whole')).length / MIB,
		'fs.promises.readFile': async () => (await readFile(join(root, 'whole'))).length / MIB,
		opendal: async () => (await opendal.read('whole')).length / MIB,
	});
	await measure(`list ${FILES} files with metadata`, {
		'Holdfast lister': async () => {
			let entries = 0;
			for await (const entry of await op.lister('many/')) entries += entry.metadata().isFile() ? 1 : 0;
			return entries;
		},
		'Holdfast list (ordered)': async () => (await op.list('many/')).length - 1,
		'readdir, stat with 64 in flight': async () => {
			const names = await readdir(join(root, 'many'));
			return await inFlight(names.length, WIDTH, (index) => stat(join(root, 'many', names[index])));
		},
	});
	save('reads', results, { opendal: opendalVersion });
} finally {
	await op.close();
	rmSync(root, { recursive: true, force: true });
}

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

async function drain(source) {
	let bytes = 0;
	for await (const chunk of source) bytes += chunk.length;
	return bytes / MIB;
}

function fill(name, mebibytes) {
	const block = Buffer.alloc(MIB, 'holdfast');
	const fd = openSync(join(root, name), 'w');
	for (let index = 0; index < mebibytes; index++) writeSync(fd, block);
	closeSync(fd);
}
