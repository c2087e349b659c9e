// Where there are no processes, a store has one owner at a time: each pool has names of its own, and knows that all others are from
// an earlier life (`inline/owner-prefix.ts`).

export const OWN_PREFIX = '.holdfast-web-0-0-0-';

/** Names do not tell. */
export function ownerState(): undefined {
	return undefined;
}
