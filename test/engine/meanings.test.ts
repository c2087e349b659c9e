import { describe, expect, it } from 'vitest';
import { ERRNO_AGAIN, ERRNO_NOENT, OP_COPY, OP_FAULT, OP_READ, OP_STAT, SLOT_MEANING } from '#assembly/layout';
import { meaningOf } from '#assembly/meanings';
import { replyError } from '#host/pool/reply-error.web';
import { Request } from '#host/pool/request';
import { errorFromStatus } from '#host/pool/status-error';
import { replyStatus } from '#host/ring/decode';
import { InlineEngine } from './inline-engine.js';

/** Ends a request with what the storage answers, and gives the error that its words make and the one that the host would make itself. */
function failed(engine: InlineEngine, op: number, answer: number, spoil?: (word: number) => void) {
	const request = Object.assign(new Request(op, 'test', 'a/b'), { target: op === OP_COPY ? 'c' : '' });
	engine.intercept = (name) => (name.startsWith('path_') || name === 'file_read' ? answer : undefined);
	engine.run(op, 'a/b', { target: request.target });
	const slot = engine.ring.takeSlot();
	engine.ring.freeSlot(slot);
	spoil?.((engine.ring.slotAddress(slot) + SLOT_MEANING) >> 2);
	const status = replyStatus(engine.ring, slot);
	return { status, told: replyError(engine.ring, slot, request), known: errorFromStatus(status, request) };
}

describe.each(['engine.wasm', 'engine.unshared.wasm'])('the words that %s has for a request that failed', (module) => {
	it('are those that the host knows, for every status', () => {
		const engine = new InlineEngine({ module });
		const messages = new Set<string>();
		for (const op of [OP_STAT, OP_READ, OP_COPY]) {
			for (let answer = 1; answer < 256; answer++) {
				if (answer === ERRNO_AGAIN || meaningOf(answer, op) === '') continue;
				const { told, known } = failed(engine, op, answer);
				expect({ ...told }).toEqual({ ...known });
				expect(told.message).toBe(known.message);
				messages.add(told.message);
			}
		}
		expect(messages.size).toBeGreaterThan(22);
		// The published engine does not know this one, and says why.
		const { told } = failed(engine, OP_FAULT, 0);
		expect(told.message).toMatch(/^Unsupported: the published engine traps on no request/);
	});

	it('name the number where there are none, and where what stands there makes no sense', () => {
		const engine = new InlineEngine({ module });
		expect(failed(engine, OP_STAT, 199).told.message).toMatch(/^Unexpected: .*error number 199: 'a\/b' \(test\)$/);
		for (const address of [0, 4, 3, 65536, -1, engine.plan.slots]) {
			const { told } = failed(engine, OP_STAT, ERRNO_NOENT, (word) => {
				engine.ring.words[word] = address;
			});
			expect(told.message).toContain(`error number ${ERRNO_NOENT}`);
		}
	});
});
