import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { errnoOf } from './errno.js';
import { announcementIn, lockName } from './owner.js';

// While somebody of this library appends to a file, the file has a second name in the lock of its first one, and that name ends
// with the size at which the append began. So a file with one name is whole, and of another one only so much is.

/** An append that ends between two looks, and another one that begins: so often it is looked again. */
const LOOKS_MAX = 16;
const QUIET = { throwIfNoEntry: false } as const;

/** What is needed of a file's stat; numbers or bigints. */
interface Measured {
	readonly ino: number | bigint;
	readonly size: number | bigint;
}

/**
 * Bytes of a file without what is being appended to it now, or was by somebody who died of it. `location` is where the file is, as
 * a byte string; `measure` looks at the file anew. Throws what that throws.
 */
export function wholeBytes(location: string, measure: () => Measured): number {
	let least = Number.POSITIVE_INFINITY;
	for (let looks = 0; looks < LOOKS_MAX; looks++) {
		const { ino, size } = measure();
		const before = announced(location, ino);
		const whole = Math.min(Number(measure().size), before.size);
		const after = announced(location, ino);
		if (before.name === after.name) return whole;
		least = Math.min(least, whole, Number(size));
	}
	return least;
}

/** Where an open file is now, as a byte string. */
export function locationOf(resource: number): string {
	return readlinkSync(`/proc/self/fd/${resource}`, 'latin1');
}

/** The append that is announced for a file: its entry, which is its own and nobody's later, and the size that it began at. */
function announced(location: string, inode: number | bigint): { name: string; size: number } {
	const slash = location.lastIndexOf('/') + 1;
	const lock = `${location.slice(0, slash)}${lockName(location.slice(slash))}`;
	const found = { name: '', size: Number.POSITIVE_INFINITY };
	for (const name of namesIn(lock)) {
		const stats = lstatSync(Buffer.from(`${lock}/${name}`, 'latin1'), { ...QUIET, bigint: true });
		// Two names may share a lock, and a file may have been replaced since.
		if (stats === undefined || stats.ino !== BigInt(inode)) continue;
		found.name = name;
		found.size = announcementIn(name)?.size ?? Number.POSITIVE_INFINITY;
	}
	return found;
}

function namesIn(lock: string): string[] {
	try {
		return readdirSync(Buffer.from(lock, 'latin1'), 'latin1');
	} catch (error) {
		// Nobody has it, or it was given back just now.
		errnoOf(error);
		return [];
	}
}
