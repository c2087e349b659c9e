// Streams in and out: a large file is compressed on its way from one path to another, in bounded memory.
//
//   node examples/streams.mjs

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Operator } from 'holdfast';

const LINES = 200_000;

const root = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
const op = new Operator('fs', { root });
try {
	// Piece by piece: nobody sees the file before it is closed.
	const writer = await op.writer('log.txt');
	for (let line = 0; line < LINES; line += 1000) {
		await writer.write(Array.from({ length: 1000 }, (_, index) => `line ${line + index}\n`).join(''));
	}
	const { contentLength } = await writer.close();
	console.log(`log.txt has ${contentLength} bytes`);

	const source = await op.reader('log.txt');
	const target = await op.writer('log.txt.gz');
	await pipeline(source.createReadStream(), createGzip(), target.createWriteStream());
	console.log(`log.txt.gz is smaller: ${(await op.stat('log.txt.gz')).contentLength < contentLength}`);

	let newlines = 0;
	const compressed = await op.reader('log.txt.gz');
	for await (const piece of compressed.createReadStream().pipe(createGunzip())) {
		for (const byte of piece) if (byte === 0x0a) newlines++;
	}
	console.log(`and has ${newlines} lines again`);
} finally {
	await op.close();
	await rm(root, { recursive: true });
}
