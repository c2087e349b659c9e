import { afterEach, describe, expect, it } from 'vitest';
import { FAULT_KIND_PANIC, FAULT_KIND_SPIN, FAULT_KIND_UNREACHABLE, OP_ECHO } from '#assembly/layout';
import type { Pool, PoolInternals } from '#host/pool/pool';
import { Request } from '#host/pool/request';
import { FAULT_ENGINE, openPool } from './harness.ts';

let pool: Pool;
const open = (workers: number, internals?: PoolInternals) => {
	pool = openPool({ workers, ringEntries: 64 }, internals);
	return pool;
};
afterEach(() => pool.close());

// The tests of the original core, by its names.
describe.each([1, 4])('Pool with %i worker(s)', (workers) => {
	it('simple: dispatch runs a task on a worker and gives its result', async () => {
		const bytes = await open(workers).dispatch('echo', 'hello');
		expect(Buffer.from(bytes).toString()).toBe('hello');
	});

	it('concurrent: a short task that begins after a long one ends before it', async () => {
		const { dispatch } = open(workers);
		const ended: string[] = [];
		const abort = new AbortController();
		const long = dispatch.call(pool, 'sleep', 600_000, { signal: abort.signal }).finally(() => ended.push('long'));
		await dispatch.call(pool, 'sleep', 20).then(() => ended.push('short'));
		expect(ended).toEqual(['short']);
		abort.abort();
		await expect(long).rejects.toMatchObject({ code: 'Cancelled' });
	});

	it('panic: the reason and its source position reach the caller, and the next request works', async () => {
		open(workers, { modulePath: FAULT_ENGINE });
		const failure = await pool.dispatch('fault', FAULT_KIND_PANIC).catch((error) => error);
		expect(failure.code).toBe('EngineTrapped');
		expect(failure.message).toMatch(/a fault was asked for \(at assembly\/fault\.ts:\d+:\d+\)/);
		expect(Buffer.from(await pool.dispatch('echo', 'after')).toString()).toBe('after');
		expect(pool.health().restarts).toBe(1);
	});
});

describe('Pool.dispatch()', () => {
	it('of a fault is Unsupported on the published engine, which goes on', async () => {
		open(1);
		for (const kind of [FAULT_KIND_UNREACHABLE, FAULT_KIND_SPIN, FAULT_KIND_PANIC]) {
			const error = await pool.dispatch('fault', kind).catch((reason) => reason);
			expect(error).toMatchObject({ code: 'Unsupported', operation: 'fault' });
			expect(error.message).not.toMatch(/bug/);
		}
		expect(Buffer.from(await pool.dispatch('echo', 'after')).toString()).toBe('after');
		expect(pool.health().restarts).toBe(0);
	});

	it('serves all workers: many tasks at once all come back', async () => {
		open(4);
		const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => pool.dispatch('echo', `${index}`)));
		expect(answers.map((bytes) => Buffer.from(bytes).toString())).toEqual(answers.map((_, index) => `${index}`));
	});

	it('rejects at once when its signal is aborted, discards the result, and frees the slot', async () => {
		open(1);
		const abort = new AbortController();
		const dropped = pool.dispatch('sleep', 60_000, { signal: abort.signal });
		abort.abort();
		await expect(dropped).rejects.toMatchObject({ code: 'Cancelled' });
		await pool.dispatch('echo', 'x');
		await expect.poll(() => pool.health().inFlight).toBe(0);
	});

	it('rejects with Timeout after timeoutMs, and others are not harmed', async () => {
		open(1);
		const other = pool.dispatch('sleep', 60);
		await expect(pool.dispatch('sleep', 60_000, { timeoutMs: 5 })).rejects.toMatchObject({
			code: 'Timeout',
			retryable: true,
		});
		await other;
	});

	it('waits in a bounded queue in front of a full ring, and refuses what is beyond it', async () => {
		pool = openPool({ workers: 1, ringEntries: 2, maxQueued: 3 });
		const running = Array.from({ length: 5 }, () => pool.dispatch('sleep', 30));
		await expect(pool.dispatch('sleep', 30)).rejects.toMatchObject({ code: 'RateLimited', retryable: true });
		expect(pool.health()).toMatchObject({ inFlight: 2, queued: 3 });
		await Promise.all(running);
	});

	it('refuses a task that does not exist', () => {
		open(1);
		expect(() => pool.dispatch('nonsense' as 'echo', '')).toThrow(/ConfigInvalid: unknown task 'nonsense'/);
	});

	it('carries inputs of every size there and back', async () => {
		open(1);
		for (const length of [0, 1, 16384, 16385, 65536, 2 ** 21]) {
			const bytes = Buffer.alloc(length, length & 0xff);
			expect(Buffer.compare(await pool.dispatch('echo', bytes), bytes)).toBe(0);
		}
	});
});

describe('Pool.spawn()', () => {
	it('does not wait, and tells a failure as an error event', async () => {
		open(1, { modulePath: FAULT_ENGINE });
		const failed = new Promise<{ code: string }>((resolve) => pool.once('error', resolve));
		expect(pool.spawn('fault', FAULT_KIND_PANIC)).toBeUndefined();
		expect((await failed).code).toBe('EngineTrapped');
	});
});

describe('Pool after a trap', () => {
	it('repeats what was running and changes nothing, and blames only the culprit', async () => {
		open(1, { modulePath: FAULT_ENGINE });
		const sleeping = Array.from({ length: 8 }, (_, index) => pool.dispatch('sleep', 50 + index));
		const culprit = pool.dispatch('fault', FAULT_KIND_UNREACHABLE);
		await expect(culprit).rejects.toMatchObject({ code: 'EngineTrapped' });
		await Promise.all(sleeping);
	});

	it('maps the offset of a trap without words to the source', async () => {
		open(1, { modulePath: FAULT_ENGINE });
		await expect(pool.dispatch('fault', FAULT_KIND_UNREACHABLE)).rejects.toThrow(
			/unreachable \(at assembly\/fault\.ts:\d+:\d+\)/,
		);
	});
});

describe('Pool.close()', () => {
	it('settles what is in flight with Closed, also when an instance spins', async () => {
		open(1, { modulePath: FAULT_ENGINE });
		const sleeping = pool.dispatch('sleep', 60_000);
		const spinning = pool.dispatch('fault', FAULT_KIND_SPIN);
		const settled = Promise.allSettled([sleeping, spinning]);
		await pool.close();
		for (const result of await settled) {
			expect(result).toMatchObject({ status: 'rejected', reason: { code: 'Closed' } });
		}
		await expect(pool.dispatch('echo', '')).rejects.toMatchObject({ code: 'Closed' });
	});
});

describe('Pool.submit() with a signal', () => {
	it('puts one listener on a signal that many calls share, and takes it away', async () => {
		open(1);
		const { signal } = new AbortController();
		const added: string[] = [];
		const add = signal.addEventListener.bind(signal);
		const remove = signal.removeEventListener.bind(signal);
		signal.addEventListener = (...input: Parameters<typeof add>) => {
			added.push('+');
			add(...input);
		};
		signal.removeEventListener = (...input: Parameters<typeof remove>) => {
			added.push('-');
			remove(...input);
		};
		await Promise.all(Array.from({ length: 100 }, () => pool.dispatch('echo', 'x', { signal })));
		expect(added).toEqual(['+', '-']);
	});
});

describe('Pool with calls that wait for room', () => {
	it('a queued call that is bound to an ended incarnation is rejected, and those behind it go on', async () => {
		pool = openPool({ workers: 1, ringEntries: 2 }, { modulePath: FAULT_ENGINE });
		await pool.dispatch('echo', 'x');
		const { incarnation } = await pool.submit(new Request(OP_ECHO, 'test'));
		const bound = Object.assign(new Request(OP_ECHO, 'test'), { pinned: incarnation });
		const running = [pool.dispatch('sleep', 50), pool.dispatch('fault', FAULT_KIND_UNREACHABLE)];
		const settled = Promise.allSettled([...running, pool.submit(bound), pool.dispatch('echo', 'behind')]);
		expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
	});
});
