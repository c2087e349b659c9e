// A test host: every call that names a file is answered with AGAIN first, and done when the engine repeats it. It throws, which
// traps the instance, when what is repeated is not the same call.
const AGAIN = 6;
const AT_ONCE = new Set(['clock_time_get', 'sched_yield']);

export function wrapImports(imports, ring) {
	/** Slot -> the call that waits there. */
	const waiting = new Map();
	const wrap =
		(name, call) =>
		(...values) => {
			const slot = ring.current;
			if (slot < 0) throw new Error(`${name} was called outside of any request`);
			const text = `${name}(${values.join(', ')})`;
			const before = waiting.get(slot);
			if (before === undefined) {
				waiting.set(slot, text);
				ring.ready(slot);
				return AGAIN;
			}
			if (before !== text) throw new Error(`${before} was parked and ${text} came back`);
			waiting.delete(slot);
			return call(...values);
		};
	return Object.fromEntries(
		Object.entries(imports).map(([module, calls]) => [
			module,
			Object.fromEntries(
				Object.entries(calls).map(([name, call]) => [name, AT_ONCE.has(name) ? call : wrap(name, call)]),
			),
		]),
	);
}
