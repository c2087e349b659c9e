import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Metadata } from '../operator/metadata.js';
import type { Operator } from '../operator/operator.js';
import type { WriteOptions } from '../operator/options.js';

/** A file up to this size goes in one piece; a larger one in pieces of this size, so that memory stays bounded. */
export const PIECE_BYTES = 1024 * 1024;

/** Told how many bytes were moved. */
export type OnBytes = (count: number) => void;

/** Stores what a source gives. When that fails, or the signal comes, nothing of it is left. */
export async function storeStream(
	op: Operator,
	source: AsyncIterable<Uint8Array>,
	path: string,
	options: WriteOptions,
	onBytes?: OnBytes,
): Promise<Metadata> {
	const writer = await op.writer(path, options);
	try {
		for await (const piece of source) {
			options.signal?.throwIfAborted();
			await writer.write(piece);
			onBytes?.(piece.byteLength);
		}
		return await writer.close();
	} catch (error) {
		await writer.abort();
		throw error;
	}
}

/** Stores a file of this machine. `size` is what is expected: it decides whether it goes in one piece. */
export async function storeFile(
	op: Operator,
	local: string,
	size: number,
	path: string,
	options: WriteOptions,
	onBytes?: OnBytes,
): Promise<Metadata> {
	if (size > PIECE_BYTES) return await storeStream(op, readLocal(local, options.signal), path, options, onBytes);
	const content = await readFile(local, { signal: options.signal });
	const metadata = await op.write(path, content, options);
	onBytes?.(content.byteLength);
	return metadata;
}

/** A file of this machine, piece by piece. */
export function readLocal(local: string, signal?: AbortSignal): AsyncIterable<Buffer> {
	return createReadStream(local, { highWaterMark: PIECE_BYTES, signal });
}
