import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	CONTROL_SUBMISSION_TAIL,
	ERRNO_SUCCESS,
	OP_ECHO,
	OP_LAST,
	SLOT_FLAGS,
	SLOT_OP,
	SLOT_TAG,
	STATUS_MALFORMED,
} from '#assembly/layout';
import { InlineEngine } from './inline-engine.ts';

// The engine treats what comes out of the ring as hostile: nonsense gets an error completion, never a trap, never an access
// outside. HOLDFAST_RUNS makes it longer, HOLDFAST_SEED repeats a run.
const runs = Number(process.env.HOLDFAST_RUNS ?? 300);
const seed = process.env.HOLDFAST_SEED === undefined ? undefined : Number(process.env.HOLDFAST_SEED);

/** What stands outside the slots and must never change: the configuration, and what was painted above the last buffer. */
function paint(engine: InlineEngine) {
	const { bytes, plan } = engine.ring;
	const above = bytes.subarray(plan.end);
	above.fill(0xa5);
	const config = Buffer.from(bytes.subarray(plan.config, plan.control));
	return () => {
		expect(bytes.subarray(plan.config, plan.control).equals(config)).toBe(true);
		expect(above.every((byte) => byte === 0xa5)).toBe(true);
	};
}

describe('hostile slots', () => {
	it('random headers: every one is answered, nothing traps, nothing outside is touched, and the engine goes on', () => {
		const word = fc.oneof(
			fc.integer({ min: 0, max: 0xffffffff }),
			fc.constantFrom(0, 1, 4095, 4096, 16384, 65536, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff),
		);
		const header = fc.record({
			op: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: OP_LAST }) }, { weight: 1, arbitrary: word }),
			flags: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 0xffff }) }, { weight: 1, arbitrary: word }),
			words: fc.array(word, { minLength: 32, maxLength: 32 }),
			sane: fc.array(fc.boolean(), { minLength: 32, maxLength: 32 }),
			path: fc.uint8Array({ minLength: 0, maxLength: 64 }),
		});
		fc.assert(
			fc.property(fc.array(header, { minLength: 1, maxLength: 12 }), (headers) => {
				const engine = new InlineEngine({ buffers: 4, ringEntries: 16 });
				const check = paint(engine);
				for (const { op, flags, words, sane, path } of headers) {
					// A slot whose last request still runs (an endless sleep, say) is the engine's; the host would not use it.
					const slot = engine.ring.takeSlot();
					if (slot < 0) break;
					const address = engine.ring.slotAddress(slot);
					for (const [index, value] of words.entries())
						engine.ring.words[(address >> 2) + index] = sane[index] ? value & 15 : value;
					engine.ring.words[(address + SLOT_OP) >> 2] = op;
					engine.ring.words[(address + SLOT_FLAGS) >> 2] = flags;
					engine.ring.words[(address + SLOT_TAG) >> 2] = 0x7000 + slot;
					if (sane[4]) engine.ring.words[(address >> 2) + 3] = engine.root;
					engine.ring.bytes.set(path, address + 256);
					engine.publishRaw(slot);
					engine.poll();
				}
				check();
				expect(engine.run(OP_ECHO, '', { data: Buffer.from('alive') }).bytes.toString()).toBe('alive');
			}),
			{ numRuns: runs, seed },
		);
	});

	it('an unknown operation is malformed', () => {
		expect(new InlineEngine().run(OP_LAST + 1).status).toBe(STATUS_MALFORMED);
	});
});

describe('hostile ring', () => {
	it('indices that are no slots are passed over', () => {
		const engine = new InlineEngine();
		for (const index of [16, 17, -1, 0x7fffffff]) engine.publishRaw(index);
		engine.poll();
		expect(engine.run(OP_ECHO, '', { data: Buffer.from('alive') }).status).toBe(ERRNO_SUCCESS);
	});

	it('a slot that is published twice is served once at a time', () => {
		const engine = new InlineEngine();
		const tag = engine.submit(OP_ECHO, '', { data: Buffer.from('x') });
		engine.publishRaw(15);
		engine.poll();
		expect(engine.answer(tag)?.status).toBe(ERRNO_SUCCESS);
	});

	it('a tail that jumps ahead is taken a ring full at a time and does no harm', () => {
		const engine = new InlineEngine();
		const check = paint(engine);
		const word = (engine.plan.control + CONTROL_SUBMISSION_TAIL) >> 2;
		engine.ring.words[word] = 1000;
		engine.poll();
		check();
	});
});
