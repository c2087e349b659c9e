import { afterEach, describe, expect, it } from 'vitest';
import { FAULT_KIND_OUT_OF_BOUNDS, OP_ECHO, OP_FAULT, OP_SLEEP, OP_STAT } from '#assembly/layout';
import type { Pool } from '#host/pool/pool';
import { Request } from '#host/pool/request';
import { FAULT_ENGINE, openPool } from './harness.ts';

let pool: Pool;
afterEach(() => pool.close());
const request = (op: number, path = '', fields: Partial<Request> = {}) =>
	Object.assign(new Request(op, 'test', path), fields);

describe('Pool.submitSync()', () => {
	it('answers without an event loop, from the very first call on', () => {
		pool = openPool({ workers: 1 });
		for (let index = 0; index < 100; index++) {
			expect(
				Buffer.from(pool.submitSync(request(OP_ECHO, '', { data: Buffer.from(`${index}`) })).bytes).toString(),
			).toBe(`${index}`);
		}
	});

	it('leaves asynchronous calls in flight alone and settles them', async () => {
		pool = openPool({ workers: 1, ringEntries: 2 });
		const others = Array.from({ length: 6 }, () => pool.dispatch('sleep', 5));
		pool.submitSync(request(OP_ECHO));
		await Promise.all(others);
	});

	it('a trap while the caller is inside: answered, and the next call works', () => {
		pool = openPool({ workers: 1 }, { modulePath: FAULT_ENGINE });
		expect(() => pool.submitSync(request(OP_FAULT, '', { offset: FAULT_KIND_OUT_OF_BOUNDS }))).toThrow(
			/EngineTrapped.*out of bounds/,
		);
		expect(pool.submitSync(request(OP_ECHO, '', { data: Buffer.from('x') })).bytes.length).toBe(1);
	});

	it('the worker exits while the caller is inside: answered, and the next call works', () => {
		pool = openPool({ workers: 1 }, { seam: new URL('../seams/exit.mjs', import.meta.url).href });
		expect(() => pool.submitSync(request(OP_STAT, 'exit'))).toThrow(/EngineTrapped/);
		expect(pool.submitSync(request(OP_ECHO, '', { data: Buffer.from('x') })).bytes.length).toBe(1);
	});

	it('gives up after timeoutMs, also when the worker stalls', () => {
		pool = openPool({ workers: 1 });
		expect(() => pool.submitSync(request(OP_SLEEP, '', { offset: 60_000 }), { timeoutMs: 20 })).toThrow(/Timeout/);
	});
});
