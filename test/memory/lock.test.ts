import { describe, expect, test } from 'vitest';
import { Heap } from '#host/memory/heap';
import { StoreLock } from '#host/memory/lock';
import { createMemoryStore } from '#host/wasi/memory-files';

const OWNERS = [0, 1, 77, 2 ** 30 - 2];

function lockOf(shared = createMemoryStore({ maximumBytes: 1024 ** 2 })): StoreLock {
	return new StoreLock(new Heap(shared), 10);
}

describe('StoreLock', () => {
	test('is had by one at a time, and a wait for it ends', () => {
		const lock = lockOf();
		for (const owner of OWNERS) {
			expect(lock.acquire(owner)).toBe(true);
			for (const other of OWNERS) expect(lock.acquire(other)).toBe(false);
			lock.release();
		}
	});

	test('is freed for the dead owner that held it, and for nobody else', () => {
		const lock = lockOf();
		for (const owner of OWNERS) {
			lock.acquire(owner);
			// A waiter leaves its mark in the word.
			expect(lock.acquire(5)).toBe(false);
			for (const other of OWNERS) if (other !== owner) expect(lock.releaseDeadOwner(other)).toBe(false);
			expect(lock.releaseDeadOwner(owner)).toBe(true);
			expect(lock.releaseDeadOwner(owner)).toBe(false);
			expect(lock.acquire(5)).toBe(true);
			lock.release();
		}
	});
});
