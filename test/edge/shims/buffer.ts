import { Bytes } from '#host/web/bytes';

// Takes the place of `host/web/globals.ts` in programs of this folder.

/** What the suite uses of Node's `Buffer` beside what the library has there for itself. */
class SuiteBytes extends Bytes {
	static alloc(length: number, fill: number | string = 0): Bytes {
		return new Bytes(length).fill(typeof fill === 'string' ? fill.charCodeAt(0) : fill) as Bytes;
	}

	static isBuffer(value: unknown): boolean {
		return value instanceof Uint8Array && 'equals' in value;
	}

	static compare(one: Uint8Array, other: Uint8Array): number {
		const shared = Math.min(one.length, other.length);
		for (let at = 0; at < shared; at++) if (one[at] !== other[at]) return (one[at] as number) - (other[at] as number);
		return one.length - other.length;
	}

	static override concat(
		parts: readonly Uint8Array[],
		length = parts.reduce((sum, part) => sum + part.length, 0),
	): Bytes {
		return Bytes.concat(parts, length);
	}
}

const platform = globalThis as unknown as { Buffer?: typeof SuiteBytes };
const BufferHere = platform.Buffer ?? SuiteBytes;

export { FinalizationRegistry } from '#host/web/globals';
export { BufferHere as Buffer };
