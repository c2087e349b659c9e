import { HoldfastError } from '../errors.js';

/** What can be written: bytes in any shape, or a string, which is stored as UTF-8. */
export type Content = string | Uint8Array | ArrayBufferView | ArrayBufferLike;

/** The bytes of some content, not copied unless it is a string. */
export function bytesOf(content: unknown, operation: string, path?: string): Uint8Array {
	if (typeof content === 'string') return Buffer.from(content, 'utf8');
	if (content instanceof Uint8Array) return content;
	if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
	if (content instanceof ArrayBuffer || content instanceof SharedArrayBuffer) return new Uint8Array(content);
	const given = content === null ? 'null' : typeof content;
	throw new HoldfastError('ConfigInvalid', `content is a string or bytes (Buffer, Uint8Array), not ${given}`, {
		operation,
		path,
	});
}

/** A place for bytes that were asked for; a part of a larger buffer stays that part. */
export function targetOf(buffer: unknown, operation: string, path?: string): Uint8Array {
	if (buffer instanceof Uint8Array) return buffer;
	if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
	const given = buffer === null ? 'null' : typeof buffer;
	throw new HoldfastError('ConfigInvalid', `the buffer to read into is a Buffer or a Uint8Array, not ${given}`, {
		operation,
		path,
	});
}
