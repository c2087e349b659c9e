import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CONTROL_COMPLETION_TAIL, CONTROL_PANIC, CONTROL_SUBMISSION_HEAD } from '#assembly/layout';
import type { Pool } from '#host/pool/pool';
import type { Plan } from '#host/ring/plan';
import { openPool } from '../pool/harness.ts';

// The host treats the engine's side of the memory as hostile: random bytes over rings, slots, panic block and buffer owners while
// requests are in flight. Whatever is read there, every call settles once, nothing outside is read, and the next call works.
const runs = Number(process.env.HOLDFAST_RUNS ?? 60);
const seed = process.env.HOLDFAST_SEED === undefined ? undefined : Number(process.env.HOLDFAST_SEED);

let pool: Pool;
afterEach(() => pool.close());

describe('hostile completions', () => {
	it('random bytes over the memory while requests are in flight: all settle once, and the pool goes on', async () => {
		const memories: WebAssembly.Memory[] = [];
		const create = WebAssembly.Memory;
		const area = fc.constantFrom('completions', 'slots', 'control', 'owners', 'submissions', 'panic', 'tail');
		const blow = fc.record({
			area,
			at: fc.double({ min: 0, max: 0.999, noNaN: true }),
			bytes: fc.uint8Array({ minLength: 4, maxLength: 96 }),
		});
		pool = openPool({
			workers: 1,
			ringEntries: 16,
			buffers: 4,
			bufferBytes: 65536,
			maxRestarts: 10_000,
			restartWindowMs: 100,
			stallMs: 500,
		});
		WebAssembly.Memory = class extends create {
			constructor(descriptor: WebAssembly.MemoryDescriptor) {
				super(descriptor);
				memories.push(this);
			}
		};
		try {
			await pool.dispatch('echo', 'the first memory');
			await fc.assert(
				fc.asyncProperty(fc.array(blow, { minLength: 1, maxLength: 6 }), async (blows) => {
					let settled = 0;
					const count = () => {
						settled++;
					};
					const sizes = [0, 10, 5000, 20_000, 60_000];
					const calls = sizes.map((size) =>
						pool.dispatch('echo', Buffer.alloc(size, 1), { timeoutMs: 5000 }).then(count, count),
					);
					const sleeping = pool.dispatch('sleep', 30, { timeoutMs: 5000 }).then(count, count);
					for (const { area, at, bytes } of blows)
						strike(memories.at(-1) as WebAssembly.Memory, pool.threadOptions.plan, area, at, bytes);
					await Promise.all([...calls, sleeping]);
					expect(settled).toBe(6);
					// What was written may be found only by the next request, so it may be hit as well; one after it is not.
					for (let tries = 0; ; tries++) {
						const text = await pool.dispatch('echo', 'alive', { timeoutMs: 5000 }).then(String, (error) => error);
						if (typeof text === 'string') break;
						if (tries === 10) throw text;
					}
				}),
				{ numRuns: runs, seed },
			);
		} finally {
			WebAssembly.Memory = create;
		}
		expect(pool.health().restarts).toBeGreaterThan(0);
	}, 600_000);
});

function strike(memory: WebAssembly.Memory, plan: Plan, area: string, at: number, bytes: Uint8Array): void {
	const words = new Uint8Array(memory.buffer);
	const ranges: Record<string, [number, number]> = {
		completions: [plan.completions, plan.slots],
		slots: [plan.slots, plan.records],
		control: [plan.control, plan.control + 704],
		owners: [plan.bufferOwners, plan.buffers],
		submissions: [plan.submissions, plan.completions],
		panic: [plan.control + CONTROL_PANIC, plan.submissions],
		tail: [plan.control + CONTROL_COMPLETION_TAIL, plan.control + CONTROL_COMPLETION_TAIL + 4],
	};
	const [first, limit] = ranges[area];
	// The engine's own counters are left alone in `control`, because it would then trap or wait by right: those are other tests.
	const start = Math.floor(first + at * (limit - first));
	const end = Math.min(start + bytes.length, limit);
	for (let address = start; address < end; address++) {
		if (address >= plan.control + CONTROL_SUBMISSION_HEAD && address < plan.control + CONTROL_SUBMISSION_HEAD + 4)
			continue;
		words[address] = bytes[address - start];
	}
}
