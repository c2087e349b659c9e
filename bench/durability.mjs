// Durable writes: replacing 4 KiB files with everything that survives a power cut, beside the same sequence of calls by
// fs.promises; and small records through the buffered writer, beside a write stream.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Operator } from 'holdfast';
import { Operator as OpendalOperator } from 'opendal';
import { compare, inFlight, machine, print, save } from './harness.mjs';

const FILES = 256;
const WRITES = 1500;
const WIDTH = 64;
const RECORDS = 300_000;
const OPENDAL_RECORDS = 2000;
const RECORD = `${'r'.repeat(99)}\n`;
const CONTENT = Buffer.alloc(4096, 'x');

const opendalVersion = createRequire(import.meta.url)('opendal/package.json').version;
const root = mkdtempSync(join(process.env.HOLDFAST_BENCH_ROOT ?? tmpdir(), 'holdfast-bench-'));
const together = Array.from({ length: FILES }, (_, index) => `together/${index}`);
const apart = Array.from({ length: FILES }, (_, index) => `apart/${index}/file`);
for (const path of [...together, ...apart]) {
	mkdirSync(join(root, dirname(path)), { recursive: true });
	writeFileSync(join(root, path), CONTENT);
}

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

/** What `durability: 'full'` does, by hand. */
async function replaceByHand(path) {
	const target = join(root, path);
	const temporary = `${target}.${randomBytes(16).toString('hex')}.tmp`;
	const file = await open(temporary, 'wx');
	await file.write(CONTENT);
	await file.sync();
	await file.close();
	await rename(temporary, target);
	const directory = await open(dirname(target));
	await directory.sync();
	await directory.close();
}

async function records(append) {
	const writer = await op.writer('records', { durability: 'none', append });
	for (let index = 0; index < RECORDS; index++) if (!writer.tryWrite(RECORD)) await writer.write(RECORD);
	await writer.close();
	if (append) await op.delete('records', { durability: 'none' });
	return RECORDS;
}

async function recordsByPromise() {
	const writer = await op.writer('records', { durability: 'none' });
	for (let index = 0; index < RECORDS / 10; index++) await writer.write(RECORD);
	await writer.close();
	return RECORDS / 10;
}

async function recordsByStream() {
	const stream = createWriteStream(join(root, 'records'));
	for (let index = 0; index < RECORDS; index++) if (!stream.write(RECORD)) await once(stream, 'drain');
	stream.end();
	await once(stream, 'close');
	return RECORDS;
}

async function recordsByOpendal() {
	const writer = await opendal.writer('records-opendal');
	for (let index = 0; index < OPENDAL_RECORDS; index++) await writer.write(Buffer.from(RECORD));
	await writer.close();
	return OPENDAL_RECORDS;
}

console.log(machine({ opendal: opendalVersion }));
try {
	await measure(`durable replacement of 4 KiB files, ${WIDTH} in flight`, {
		Holdfast: () => inFlight(WRITES, WIDTH, (index) => op.write(together[index % FILES], CONTENT)),
		'fs.promises, the same sequence': () => inFlight(WRITES, WIDTH, (index) => replaceByHand(together[index % FILES])),
	});
	await measure('one fsync of a directory for all that wait for it', {
		'all files in one directory': () => inFlight(WRITES, WIDTH, (index) => op.write(together[index % FILES], CONTENT)),
		'each in a directory of its own': () => inFlight(WRITES, WIDTH, (index) => op.write(apart[index % FILES], CONTENT)),
	});
	await measure('records of 100 bytes', {
		'Holdfast, tryWrite': () => records(false),
		'fs.createWriteStream': recordsByStream,
		'Holdfast, tryWrite, append': () => records(true),
		'Holdfast, await write': recordsByPromise,
		'opendal writer': recordsByOpendal,
	});
	save('durability', results, { opendal: opendalVersion });
} finally {
	await op.close();
	rmSync(root, { recursive: true, force: true });
}
