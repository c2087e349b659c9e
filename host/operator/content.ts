import { HoldfastError } from '../errors.js';

/** What can be written: bytes in any shape, or a string, which is stored as UTF-8. */
export type Content = string | Uint8Array | ArrayBufferView | ArrayBufferLike;

/** The bytes of some content, not copied unless it is a string. */
export function bytesOf(content: unknown, operation: string, path?: string): Uint8Array {
	if (typeof content === 'string') return Buffer.from(content, 'utf8');
	return bytesIn(content) ?? refuse('content is a string or bytes (Buffer, Uint8Array)', content, operation, path);
}

/** A place for bytes that were asked for; a part of a larger buffer stays that part. */
export function targetOf(buffer: unknown, operation: string, path?: string): Uint8Array {
	const bytes = ArrayBuffer.isView(buffer) ? bytesIn(buffer) : undefined;
	return bytes ?? refuse('the buffer to read into is a Buffer or a Uint8Array', buffer, operation, path);
}

function refuse(wanted: string, given: unknown, operation: string, path: string | undefined): never {
	throw new HoldfastError('ConfigInvalid', `${wanted}, not ${nameOf(given)}`, { operation, path });
}

/** `undefined` for what is no memory, or has none any more. `isView` asks what an object is; `instanceof`, what it claims to be. */
function bytesIn(given: unknown): Uint8Array | undefined {
	try {
		if (ArrayBuffer.isView(given)) {
			const bytes =
				given instanceof Uint8Array ? given : new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
			// Memory that was transferred looks empty. No view can be made of it.
			return bytes.length > 0 || new Uint8Array(given.buffer) !== undefined ? bytes : undefined;
		}
		return isMemory(given) ? new Uint8Array(given) : undefined;
	} catch (error) {
		if (error instanceof TypeError || error instanceof RangeError) return undefined;
		throw error;
	}
}

function nameOf(given: unknown): string {
	if (ArrayBuffer.isView(given) || isMemory(given)) return 'bare or transferred memory';
	return given === null ? 'null' : typeof given;
}

/** Some platforms have no memory that is shared. */
function isMemory(given: unknown): given is ArrayBufferLike {
	if (given instanceof ArrayBuffer) return true;
	return typeof SharedArrayBuffer === 'function' && given instanceof SharedArrayBuffer;
}
