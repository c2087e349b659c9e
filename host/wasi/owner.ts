import { HIDDEN_MARK } from './hidden-mark.js';
import { ownerState } from './owner-state.js';

export { HIDDEN_MARK } from './hidden-mark.js';
export { OWN_PREFIX, type OwnerState, ownerState } from './owner-state.js';
export { startTime } from './this-process.js';

// Files and locks that this library has not finished carry the name of the process that works on them, so that what a dead one
// left behind can be told from what a living one holds:
//
//   .holdfast-<boot id>-<pid namespace>-<pid>-<start time>-<nonce>...

/** Ends the entry of a lock whose owner lives and gave it up, because it could not take back what it had appended. */
const TORN_SUFFIX = '.torn';

// FNV-1a twice: 64 bits in all.
const HASH_SEEDS = [0x811c9dc5, 0x2f6b1e97];
const HASH_PRIME = 0x01000193;
const SIZE = /-([0-9a-f]{16})(?:\.torn)?$/;
const SOFT = 0x8000_0000_0000_0000n;
/** What the engine asks of the name of a lock's entry: 0 it binds, 1 its owner is dead, 2 that was before the machine was started. */
export function endOfOwner(name: string): number {
	const state = ownerState(name);
	if (state === 'rebooted') return 2;
	return state === 'dead' || name.endsWith(TORN_SUFFIX) ? 1 : 0;
}

/** An append that the entry of a lock announces. */
export interface Announcement {
	/** Where it begins: what is behind that does not count yet, or not any more. */
	readonly size: number;
	/** It was not to be durable: after a power cut nothing is known of it, since its entry may have come back. */
	readonly isSoft: boolean;
}

/** The append that a name announces; `undefined` when it announces none, or one of which nothing is known. */
export function announcementIn(name: string): Announcement | undefined {
	const digits = SIZE.exec(name)?.[1];
	if (digits === undefined) return undefined;
	const number = BigInt(`0x${digits}`);
	const isSoft = (number & SOFT) !== 0n;
	if (isSoft && ownerState(name) === 'rebooted') return undefined;
	return { size: Number(number & ~SOFT), isSoft };
}

/** Name of the lock of a name, both byte strings; the same in `assembly/names.ts`. */
export function lockName(name: string): string {
	return `${HIDDEN_MARK}${nameHashes(name).join('')}.lock`;
}

/** What tells the hidden names of one target from those of others: 64 bits in two halves. */
export function nameHashes(name: string): string[] {
	return HASH_SEEDS.map((seed) => {
		let hash = seed;
		for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), HASH_PRIME);
		return (hash >>> 0).toString(16).padStart(8, '0');
	});
}
