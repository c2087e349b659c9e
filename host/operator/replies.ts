import { HoldfastError } from '../errors.js';
import type { Reply } from '../pool/request.js';
import { Metadata } from './metadata.js';

/** The bytes of a reply as a Buffer over the same private memory. */
export function bufferOf({ bytes }: Reply): Buffer {
	if (Buffer.isBuffer(bytes)) return bytes;
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Bytes as UTF-8. A byte order mark is no part of the text; what is not UTF-8 becomes U+FFFD, as in `Response.text()`. */
export function textOf(bytes: Buffer): string {
	const start = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
	return bytes.toString('utf8', start);
}

export function jsonOf(bytes: Buffer, path: string): unknown {
	try {
		return JSON.parse(textOf(bytes));
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		const message = `the content is no JSON (${reason}); read it with 'readText' to see what it is`;
		throw new HoldfastError('Unexpected', message, { operation: 'readJson', path, cause });
	}
}

export function metadataOf({ stat }: Reply): Metadata {
	if (stat === undefined) throw new HoldfastError('Unexpected', 'the engine sent no metadata; please report this bug');
	return new Metadata(stat);
}

export function nothingOf(): void {}
