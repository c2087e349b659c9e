import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { Slab } from '#host/pool/slab';

describe('Slab', () => {
	test('gives memory that no later one overlaps, whatever the sizes', () => {
		const slab = new Slab();
		const sizes = Array.from({ length: 2000 }, (_, index) => (index * 613) % 9000);
		const copies = sizes.map((size, index) => slab.take(size).fill(index % 251));
		for (const [index, copy] of copies.entries()) {
			expect(copy.length).toBe(sizes[index]);
			expect(copy.every((byte) => byte === index % 251)).toBe(true);
		}
	});

	test('gives what is larger than 8 KiB memory of its own', () => {
		const slab = new Slab();
		expect(slab.take(8193).buffer.byteLength).toBe(8193);
		expect(slab.take(8192).buffer.byteLength).toBe(65_536);
	});

	test('keeps its pieces when somebody transfers the memory of one of them', () => {
		const slab = new Slab();
		const [first, second] = ['first', 'second'].map((text) => slab.take(text.length).fill(text));
		const { port1, port2 } = new MessageChannel();
		try {
			port1.postMessage(first, [first.buffer as ArrayBuffer]);
		} catch (error) {
			// From Node 21 on such a list is refused, before that the mark makes it a copy.
			expect((error as Error).name).toBe('DataCloneError');
		}
		port1.close();
		port2.close();
		expect(String(first)).toBe('first');
		expect(String(second)).toBe('second');
	});
});
