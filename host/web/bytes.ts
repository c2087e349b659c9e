const WORD = 2n ** 64n;
/** `String.fromCharCode` takes so many at once everywhere. */
const CHARACTERS_MAX = 8192;

type Encoding = 'utf8' | 'utf-8' | 'latin1' | 'hex' | 'utf16le';

const encoder = new TextEncoder();
// As in Buffer, a byte order mark is a character like others.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

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
	static alloc(length: number, fill: number | string = 0): Bytes {
		const bytes = new Bytes(length);
		return fill === 0 ? bytes : (bytes.fill(typeof fill === 'string' ? fill.charCodeAt(0) : fill) as Bytes);
	}

	static allocUnsafe(length: number): Bytes {
		return new Bytes(length);
	}

	static allocUnsafeSlow(length: number): Bytes {
		return new Bytes(length);
	}

	static from(
		source: string | ArrayBufferLike | ArrayLike<number>,
		second?: Encoding | number,
		length?: number,
	): Bytes {
		if (typeof source === 'string') return encode(source, second as Encoding | undefined);
		if (ArrayBuffer.isView(source) || Array.isArray(source)) return new Bytes(source as ArrayLike<number>);
		return new Bytes(source as ArrayBuffer, second as number | undefined, length);
	}

	static byteLength(text: string): number {
		return encoder.encode(text).length;
	}

	static isBuffer(value: unknown): value is Bytes {
		// Also of another copy of this class.
		return value instanceof Uint8Array && 'latin1Slice' in value;
	}

	static concat(parts: readonly Uint8Array[], length = parts.reduce((sum, part) => sum + part.length, 0)): Bytes {
		const all = new Bytes(length);
		let done = 0;
		for (const part of parts) {
			all.set(part.subarray(0, length - done), done);
			done += part.length;
		}
		return all;
	}

	static compare(one: Uint8Array, other: Uint8Array): number {
		const shared = Math.min(one.length, other.length);
		for (let at = 0; at < shared; at++) {
			if (one[at] !== other[at]) return (one[at] as number) < (other[at] as number) ? -1 : 1;
		}
		return Math.sign(one.length - other.length);
	}

	equals(other: Uint8Array): boolean {
		return Bytes.compare(this, other) === 0;
	}

	copy(target: Uint8Array, at = 0, start = 0, end = this.length): number {
		const part = this.subarray(start, end);
		target.set(part, at);
		return part.length;
	}

	override toString(encoding: Encoding = 'utf8', start = 0, end = this.length): string {
		const part = this.subarray(start, end);
		if (encoding === 'hex') return Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join('');
		if (encoding === 'utf16le') return fromUnits(new Uint16Array(new Uint8Array(part).buffer));
		if (encoding === 'latin1') return fromUnits(part);
		// The decoder refuses shared memory.
		return utf8.decode(part.buffer instanceof ArrayBuffer ? part : new Uint8Array(part));
	}

	utf8Slice(start?: number, end?: number): string {
		return this.toString('utf8', start, end);
	}

	latin1Slice(start?: number, end?: number): string {
		return this.toString('latin1', start, end);
	}

	latin1Write(text: string, at: number, length = text.length): number {
		const count = Math.min(length, text.length, this.length - at);
		for (let index = 0; index < count; index++) this[at + index] = text.charCodeAt(index);
		return count;
	}

	write(text: string, at = 0, encoding: Encoding = 'utf8'): number {
		if (encoding === 'latin1') return this.latin1Write(text, at);
		const bytes = encoder.encode(text);
		this.set(bytes, at);
		return bytes.length;
	}

	readUInt32LE(at = 0): number {
		return view(this).getUint32(at, true);
	}

	writeUInt32LE(value: number, at = 0): number {
		view(this).setUint32(at, value, true);
		return at + 4;
	}

	readBigUInt64LE(at = 0): bigint {
		return view(this).getBigUint64(at, true);
	}

	writeBigUInt64LE(value: bigint, at = 0): number {
		if (value < 0n || value >= WORD) throw new RangeError(`${value} is no unsigned integer of 64 bits`);
		view(this).setBigUint64(at, value, true);
		return at + 8;
	}
}

function view(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encode(text: string, encoding: Encoding = 'utf8'): Bytes {
	if (encoding !== 'latin1') {
		const bytes = encoder.encode(text);
		return new Bytes(bytes.buffer, bytes.byteOffset, bytes.length);
	}
	const bytes = new Bytes(text.length);
	bytes.latin1Write(text, 0);
	return bytes;
}

function fromUnits(units: Uint8Array | Uint16Array): string {
	let text = '';
	for (let at = 0; at < units.length; at += CHARACTERS_MAX) {
		text += String.fromCharCode(...units.subarray(at, at + CHARACTERS_MAX));
	}
	return text;
}
