import { HIDDEN_MARK, lockName, nameHashes, OWN_PREFIX } from '../wasi/owner.js';

// The hidden names that a request may leave beside its target. `assembly/names.ts` has them all.

export { startTime } from '../wasi/owner.js';

export const TEMPORARY_MARK = HIDDEN_MARK;
export const TEMPORARY_SUFFIX = '.tmp';
export const LOCK_SUFFIX = '.lock';

/** Whose temporary files these are: the same for the whole life of a process, never the same for two. */
export const TEMPORARY_PREFIX = OWN_PREFIX;

/** Temporary file and lock of one request, which may exist. */
export interface Temporary {
	readonly root: number;
	/** Path of the target, as a byte string. */
	readonly beside: string;
	readonly nonce: Uint8Array;
	/** What the hidden names of its pool begin with. */
	readonly prefix: string;
}

/** What a request that never ended may have left, as byte strings. */
export interface HiddenPaths {
	readonly temporary: string;
	/** What the holder of the target's lock made of it, if there was one. */
	readonly recalled: string;
	/** The directory in which its lock was made, and the lock of its target. */
	readonly privateLock: string;
	readonly lock: string;
	/** What the name of its entry in either begins with. */
	readonly entry: string;
}

export function hiddenPaths({ beside, nonce, prefix }: Omit<Temporary, 'root'>): HiddenPaths {
	const slash = beside.lastIndexOf('/') + 1;
	const parent = beside.slice(0, slash);
	const name = beside.slice(slash);
	const entry = `${prefix}${Buffer.from(nonce).toString('hex')}`;
	return {
		temporary: `${parent}${entry}-${nameHashes(name)[0]}${TEMPORARY_SUFFIX}`,
		recalled: `${parent}${entry}${TEMPORARY_SUFFIX}`,
		privateLock: `${parent}${entry}${LOCK_SUFFIX}`,
		lock: `${parent}${lockName(name)}`,
		entry,
	};
}

/** Whether a name is one that this library gives to what it has not finished. */
export function isTemporaryName(name: string): boolean {
	return name.startsWith(TEMPORARY_MARK) && (name.endsWith(TEMPORARY_SUFFIX) || name.endsWith(LOCK_SUFFIX));
}
