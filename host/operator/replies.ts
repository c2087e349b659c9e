import { HoldfastError } from '../errors.js';
import type { Reply } from '../pool/request.js';
import { Metadata } from './metadata.js';

/** The bytes of a reply as a Buffer over the same private memory. */
export function bufferOf({ bytes }: Pick<Reply, 'bytes'>): Buffer {
	if (bytes instanceof Buffer) return bytes;
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const BYTE_ORDER_MARK = '\ufeff';

/** Bytes as UTF-8. A byte order mark is no part of the text; what is not UTF-8 becomes U+FFFD, as in `Response.text()`. */
export function textOf(bytes: Buffer): string {
	const text = bytes.toString('utf8');
	return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
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

export function metadataOf({ stat = missing() }: Reply): Metadata {
	return new Metadata(stat);
}

/** The same of what was written: what stat said of it was before it got its name, which changes its status. */
export function writtenMetadataOf({ stat = missing() }: Reply): Metadata {
	return new Metadata({ ...stat, changedNs: 0n });
}

export function nothingOf(): void {}

function missing(): never {
	throw new HoldfastError('Unexpected', 'the engine sent no stat; please report this bug');
}
