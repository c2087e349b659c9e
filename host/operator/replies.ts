import { HoldfastError } from '../errors.js';
import type { Reply } from '../pool/request.js';
import { Metadata } from './metadata.js';

/** The bytes of a reply as a Buffer over the same private memory. */
export function bufferOf({ bytes }: Reply): Buffer {
	if (Buffer.isBuffer(bytes)) return bytes;
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function metadataOf({ stat }: Reply): Metadata {
	if (stat === undefined) throw new HoldfastError('Unexpected', 'the engine sent no metadata; please report this bug');
	return new Metadata(stat);
}

export function nothingOf(): void {}
