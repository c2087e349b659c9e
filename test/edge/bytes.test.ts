import { describe, expect, it } from 'vitest';
import { Bytes } from '#host/web/bytes';

describe('the result of a read where there is no Buffer', () => {
	const text = 'h\u00e9llo \u20ac';

	it('is text as that of Node is, in the encodings that it knows', () => {
		const bytes = Bytes.from(text);
		const buffer = Buffer.from(text);
		expect(String(bytes)).toBe(text);
		for (const encoding of ['utf8', 'utf-8', 'utf16le', 'utf-16le', 'latin1', 'hex'] as const) {
			expect(bytes.toString(encoding)).toBe(buffer.toString(encoding));
			expect(bytes.toString(encoding, 6, 10)).toBe(buffer.toString(encoding, 6, 10));
		}
		const all = Bytes.from(Uint8Array.from({ length: 256 }, (_, byte) => byte).buffer);
		expect(all.toString('latin1')).toBe(Buffer.from(all).toString('latin1'));
		const wide = Buffer.from(text, 'utf16le');
		expect(Bytes.from(wide.buffer, wide.byteOffset, wide.length).toString('utf-16le')).toBe(text);
	});

	it('is no text in another encoding, instead of a wrong one', () => {
		expect(() => Bytes.from(text).toString('base64' as never)).toThrow(RangeError);
	});

	it('keeps a byte order mark, as Buffer does, and reads shared memory', () => {
		const shared = new Uint8Array(new SharedArrayBuffer(8));
		shared.set(Buffer.from('\ufeffshared'.slice(0, 6)));
		expect(Bytes.from(shared.buffer, 0, 8).toString('utf8')).toBe('\ufeffshare');
	});
});
