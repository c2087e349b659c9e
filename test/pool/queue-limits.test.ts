import { afterEach, describe, expect, it } from 'vitest';
import { OP_ECHO, OP_SLEEP } from '#assembly/layout';
import type { Pool } from '#host/pool/pool';
import { carry, Request } from '#host/pool/request';
import { openPool } from './harness.ts';

// What waits in front of a full ring: how much of it, in which order, and how the waiting ends. `docs/limits.md` has the table.

let pool: Pool;
afterEach(() => pool.close());

/** A pool whose ring is full of two requests that take a while. */
function fullPool(options: Record<string, unknown>): Pool {
	pool = openPool({ workers: 1, ringEntries: 2, buffers: 4, bufferBytes: 65536, ...options });
	for (let entry = 0; entry < 2; entry++) {
		pool.submit(Object.assign(new Request(OP_SLEEP, 'sleep'), { offset: 300 })).catch(() => undefined);
	}
	return pool;
}

function echo(bytes: number, signal?: AbortSignal): Promise<string> {
	const request = new Request(OP_ECHO, 'echo');
	carry(request, Buffer.alloc(bytes));
	return pool.submit(request, { signal }).then(
		() => 'done',
		(error) => error.code,
	);
}

describe('requests that wait', () => {
	it('at the limit they wait, one over it is RateLimited at once, and afterwards there is room again', async () => {
		fullPool({ maxQueued: 3 });
		const waiting = [echo(1), echo(1), echo(1)];
		expect(await echo(1)).toBe('RateLimited');
		expect(pool.health().queued).toBe(3);
		expect(await Promise.all(waiting)).toEqual(['done', 'done', 'done']);
		expect(await echo(1)).toBe('done');
	});

	it('bytes of content at the limit wait, one over it is RateLimited, and what has none still waits', async () => {
		fullPool({ maxQueuedBytes: 1000 });
		const waiting = [echo(400), echo(600)];
		expect(await echo(1)).toBe('RateLimited');
		const empty = echo(0);
		expect(await Promise.all([...waiting, empty])).toEqual(['done', 'done', 'done']);
		expect(await echo(1000)).toBe('done');
	});

	it('go on in the order in which they came', async () => {
		fullPool({});
		const order: number[] = [];
		await Promise.all(Array.from({ length: 10 }, (_, index) => echo(1).then(() => order.push(index))));
		expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
	});

	it('an abort gives the place and the bytes to the next one', async () => {
		fullPool({ maxQueued: 2, maxQueuedBytes: 1000 });
		const abort = new AbortController();
		const aborted = echo(1000, abort.signal);
		expect(await echo(1)).toBe('RateLimited');
		abort.abort();
		expect(await aborted).toBe('Cancelled');
		expect(await Promise.all([echo(500), echo(500)])).toEqual(['done', 'done']);
	});

	it('the end of the pool ends the waiting', async () => {
		fullPool({});
		const waiting = [echo(1), echo(1)];
		await pool.close();
		expect(await Promise.all(waiting)).toEqual(['Closed', 'Closed']);
		expect(pool.health()).toMatchObject({ inFlight: 0, queued: 0 });
	});
});
