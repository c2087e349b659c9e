import { describe, expect, it } from 'vitest';
import { copyBytes } from '#host/ring/copy-bytes';

const shared = (bytes: number) => Buffer.from(new SharedArrayBuffer(bytes));
const own = (bytes: number) => Buffer.from(new ArrayBuffer(bytes));

describe('copyBytes', () => {
	it('puts all bytes where they belong and touches nothing else, of any size and between any two memories', () => {
		for (const size of [0, 1, 2047, 2048, 2049, 100_000]) {
			for (const [from, to] of [
				[own, shared],
				[shared, own],
				[shared, shared],
				[own, own],
			]) {
				const source = from(size + 7).subarray(3, 3 + size);
				for (let index = 0; index < size; index++) source[index] = (index * 31 + 1) & 0xff;
				const target = to(size + 20).fill(0xee);
				copyBytes(target, source, 11);
				expect(target.subarray(11, 11 + size).equals(source)).toBe(true);
				expect([...target.subarray(0, 11), ...target.subarray(11 + size)]).toEqual(new Array(20).fill(0xee));
			}
		}
	});

	it('throws when there is no room or no memory any more, and has copied nothing', () => {
		for (const size of [10, 5000]) {
			const target = own(size + 5);
			for (const at of [6, size + 6]) expect(() => copyBytes(target, own(size).fill(1), at)).toThrow();
			expect(target.every((byte) => byte === 0)).toBe(true);
			structuredClone(target.buffer, { transfer: [target.buffer as ArrayBuffer] });
			expect(() => copyBytes(target, own(size))).toThrow();
		}
	});
});
