import { decoder, encoder } from '../text.js';

type Encoding = 'utf8' | 'utf-8' | 'utf16le' | 'utf-16le' | 'latin1' | 'hex';

/** Without the static side, whose `from` is another one. */
const Base = Uint8Array as unknown as {
	new (length: number): Uint8Array;
	new (content: ArrayLike<number>): Uint8Array;
	new (memory: ArrayBufferLike, start?: number, length?: number): Uint8Array;
};

/**
 * What this library uses of Node's `Buffer`, for platforms that have none: results of reads are of this class there, so that
 * `String(await op.read(path))` works as it does on Node.
 */
export class Bytes extends Base {
	static allocUnsafeSlow(length: number): Bytes {
		return new Bytes(length);
	}

	static from(source: string | ArrayBufferLike | ArrayLike<number>, start?: number | 'utf8', length?: number): Bytes {
		if (typeof source === 'string') {
			const bytes = encoder.encode(source);
			return new Bytes(bytes.buffer, bytes.byteOffset, bytes.length);
		}
		return new Bytes(source as ArrayBuffer, start as number | undefined, length);
	}

	static byteLength(text: string): number {
		return encoder.encode(text).length;
	}

	static concat(parts: readonly Uint8Array[], length: number): Bytes {
		const all = new Bytes(length);
		let done = 0;
		for (const part of parts) {
			all.set(part, done);
			done += part.length;
		}
		return all;
	}

	equals(other: Uint8Array): boolean {
		return this.length === other.length && this.every((byte, at) => byte === other[at]);
	}

	override toString(encoding: Encoding = 'utf8', start = 0, end = this.length): string {
		const part = this.subarray(start, end);
		if (encoding === 'hex') return Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join('');
		// What the platform calls latin1 has other characters in the place of control codes.
		if (encoding === 'latin1') return new TextDecoder('utf-16le').decode(Uint16Array.from(part));
		const text = encoding === 'utf8' ? decoder : new TextDecoder(encoding.replace('utf16', 'utf-16'), decoder);
		// The decoder refuses shared memory.
		return text.decode(part.buffer instanceof ArrayBuffer ? part : new Uint8Array(part));
	}

	write(text: string, at = 0): number {
		const bytes = encoder.encode(text);
		this.set(bytes, at);
		return bytes.length;
	}
}
