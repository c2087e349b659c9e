// Where there are no processes, a store has one owner at a time: each pool has names of its own, and knows that all others are from
// an earlier life (`inline/owner-prefix.ts`).

// `HIDDEN_MARK` and `BOOT` of there, in one piece: a bundle that needs it nowhere leaves it out.
export const OWN_PREFIX = '.holdfast-web-0-0-0-';

/** Names do not tell. */
export function ownerState(): undefined {
	return undefined;
}
