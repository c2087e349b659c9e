// A test host: every call that names a file is answered with AGAIN first, and done when the engine repeats it. It throws, which
// traps the instance, when what is repeated is not the same call. Only a request that was cancelled may drop a call.
import { wrapCalls } from './calls.mjs';

const AGAIN = 6;
const SLOT_TAG = 4;
const SLOT_CANCEL = 56;
const AT_ONCE = new Set(['clock_time_get', 'sched_yield', 'owner_ended']);

export function wrapImports(imports, ring) {
	/** Slot -> the call that waits there. */
	const waiting = new Map();
	const wrap =
		(name, call) =>
		(...values) => {
			const slot = ring.current;
			if (slot < 0) throw new Error(`${name} was called outside of any request`);
			const text = `${name}(${values.join(', ')})`;
			const word = (field) => ring.words[(ring.slotAddress(slot) + field) >> 2];
			const tag = word(SLOT_TAG);
			const parked = waiting.get(slot);
			const isDropped = parked?.tag !== tag || (word(SLOT_CANCEL) === tag && parked.text !== text);
			const before = isDropped ? undefined : parked.text;
			if (before === undefined) {
				waiting.set(slot, { tag, text });
				ring.ready(slot);
				return AGAIN;
			}
			if (before !== text) throw new Error(`${before} was parked and ${text} came back`);
			waiting.delete(slot);
			return call(...values);
		};
	return wrapCalls(imports, (name, call) => (AT_ONCE.has(name) ? call : wrap(name, call)));
}
