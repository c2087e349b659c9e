import { HIDDEN_MARK } from './hidden-mark.js';
import { BOOT } from './this-process.js';

// Where there are no processes, a store has one owner at a time: each pool has names of its own, and knows that all others are from
// an earlier life (`inline/owner-prefix.ts`).

export const OWN_PREFIX = `${HIDDEN_MARK}${BOOT}-0-0-0-`;

/** Names do not tell. */
export function ownerState(): undefined {
	return undefined;
}
