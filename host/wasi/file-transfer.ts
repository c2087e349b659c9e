import { readSync, writeSync } from 'node:fs';

/**
 * So much is written in one call at most. For more the kernel looks for larger pieces of memory together, and when that is in pieces
 * already it takes two to three times as long (decision 0021).
 */
const WRITE_SLICE_BYTES = 256 * 1024;

/** Reads from the beginning until the view is full or the file ends. */
export function readFully(resource: number, bytes: Uint8Array): number {
	let count = 0;
	while (count < bytes.length) {
		const read = readSync(resource, bytes, count, bytes.length - count, count);
		if (read === 0) break;
		count += read;
	}
	return count;
}

/** Writes slice after slice until one comes back short, or fails: that shows at the next call. Throws when the first one fails. */
export function writeInSlices(resource: number, bytes: Uint8Array, position: number): number {
	let count = 0;
	do {
		const slice = Math.min(bytes.length - count, WRITE_SLICE_BYTES);
		try {
			const written = writeSync(resource, bytes, count, slice, position + count);
			count += written;
			if (written < slice) break;
		} catch (error) {
			if (count === 0) throw error;
			break;
		}
	} while (count < bytes.length);
	return count;
}
