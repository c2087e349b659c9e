import { readFileSync } from 'node:fs';
import { errnoOf } from './errno.js';

/** The part of the descriptors that the process may have that one thread keeps of one kind, so that calls are faster. */
const SHARE = 1 / 16;
/** How many the process may have; 0 where that cannot be known. Asked once: every thread of a pool waits for it as it starts. */
const LIMIT = descriptorsLimit();

/** How many descriptors a thread may keep: at most `most`, and `least` in any case, also where it cannot be known how many the process may have. */
export function shareOfDescriptors(most: number, least = 0): number {
	return Math.max(least, Math.min(most, Math.floor(LIMIT * SHARE)));
}

function descriptorsLimit(): number {
	try {
		const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
		return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit ?? 0);
	} catch (error) {
		errnoOf(error);
		return 0;
	}
}
