import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PIECE_BYTES, readLocal } from '../import/store-file.js';
import type { Operator } from '../index.js';

/** A stored file, piece by piece. */
export async function readStored(op: Operator, path: string, signal?: AbortSignal): Promise<AsyncIterable<Buffer>> {
	const reader = await op.reader(path, { signal });
	return reader.createReadStream({ highWaterMark: PIECE_BYTES });
}

/** SHA-256 of a file of this machine, in hexadecimal. */
export async function digestLocal(local: string, size: number, signal?: AbortSignal): Promise<string> {
	if (size > PIECE_BYTES) return await digestOf(readLocal(local, signal));
	return createHash('sha256')
		.update(await readFile(local, { signal }))
		.digest('hex');
}

/** SHA-256 of a stored file, in hexadecimal. */
export async function digestStored(op: Operator, path: string, size: number, signal?: AbortSignal): Promise<string> {
	if (size > PIECE_BYTES) return await digestOf(await readStored(op, path, signal));
	return createHash('sha256')
		.update(await op.read(path, { signal }))
		.digest('hex');
}

async function digestOf(source: AsyncIterable<Uint8Array>): Promise<string> {
	const hash = createHash('sha256');
	for await (const piece of source) hash.update(piece);
	return hash.digest('hex');
}
