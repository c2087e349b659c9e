// Store, read, list and delete files below one directory.
//
//   node examples/basic.mjs

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError, Operator } from 'holdfast';

const root = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
const op = new Operator('fs', { root });
try {
	// Parents are made; the file appears as a whole, and survives a power cut once the promise has settled.
	const metadata = await op.write('notes/today.txt', 'Hello\n');
	console.log(`stored ${metadata.contentLength} bytes`);

	const content = await op.read('notes/today.txt');
	console.log(`read '${content.toString().trim()}'`);

	const tail = await op.read('notes/today.txt', { offset: 1, size: 4 });
	console.log(`bytes 1 to 4: '${tail}'`);

	await op.copy('notes/today.txt', 'notes/copy.txt');
	await op.rename('notes/copy.txt', 'archive/yesterday.txt');
	for (const entry of await op.list('/', { recursive: true })) console.log(entry.path());

	await op.delete('notes/today.txt');
	try {
		await op.read('notes/today.txt');
	} catch (error) {
		if (!(error instanceof HoldfastError) || error.code !== 'NotFound') throw error;
		console.log(`gone: ${error.path}`);
	}
} finally {
	await op.close();
	await rm(root, { recursive: true });
}
