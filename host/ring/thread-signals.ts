import {
	CONTROL_ARMED,
	CONTROL_BELL,
	CONTROL_COMPLETION_TAIL,
	CONTROL_POKE,
	CONTROL_SLEEPING,
	CONTROL_STOP,
} from '../../assembly/layout.js';
import { controlWord, type Ring } from './ring.js';

// What an engine in a thread of its own and its host say to each other beside requests: who sleeps, who is to be woken, and when it is over.

/**
 * Arms the bell and gives the value to wait on. The order matters: the caller looks at the completions once more after
 * this and before it waits, else a completion posted in between would ring for nobody.
 */
export function armBell(ring: Ring): number {
	const seen = Atomics.load(ring.words, bellWord(ring));
	Atomics.store(ring.words, controlWord(ring.plan, CONTROL_ARMED), 1);
	return seen;
}

/** Index of the bell in `words`, for `Atomics.wait` and `Atomics.waitAsync`. */
export function bellWord({ plan }: Ring): number {
	return controlWord(plan, CONTROL_BELL);
}

/** Rings as the engine would: its worker does this when the engine cannot any more. */
export function ringBell(ring: Ring): void {
	Atomics.add(ring.words, bellWord(ring), 1);
	Atomics.notify(ring.words, bellWord(ring));
}

/** Asks the engine's loop to return. */
export function stopEngine({ words, plan }: Ring): void {
	Atomics.store(words, controlWord(plan, CONTROL_STOP), 1);
	Atomics.add(words, controlWord(plan, CONTROL_POKE), 1);
	Atomics.notify(words, controlWord(plan, CONTROL_POKE));
}

export function isAsleep({ words, plan }: Ring): boolean {
	return Atomics.load(words, controlWord(plan, CONTROL_SLEEPING)) === 1;
}

/** Completions that the engine has posted: a counter that wraps around. */
export function postedCount({ words, plan }: Ring): number {
	return Atomics.load(words, controlWord(plan, CONTROL_COMPLETION_TAIL));
}
