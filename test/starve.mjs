import { openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Twice as long as anything is kept open that nobody asks for. */
const LOOKS = 100;
const LOOK_MS = 20;

/**
 * Takes every descriptor of this process, and those that come free while threads start and what is kept for a moment is let go of, until none
 * does any more. Gives all that it took.
 */
export async function starve() {
	const taken = [];
	for (let quiet = 0; quiet < LOOKS; quiet = takeAll(taken) ? 0 : quiet + 1) await setTimeout(LOOK_MS);
	return taken;
}

/** Whether there were any. */
function takeAll(taken) {
	const before = taken.length;
	for (;;) {
		try {
			taken.push(openSync('/dev/null'));
		} catch (error) {
			if (error.code !== 'EMFILE') throw error;
			return taken.length > before;
		}
	}
}
