import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { DESCRIPTORS_PATH, descriptorPath, linkOf } from './descriptor-path.js';
import { errnoOf } from './errno.js';
import { platformPath } from './file-name.js';
import { announcementIn, lockName } from './owner.js';

// While somebody of this library appends to a file, the file has a second name in the lock of its first one, and that name ends
// with the size at which the append began. So a file with one name is whole, and of another one only so much is.

/** An append that ends between two looks, and another one that begins: so often it is looked again. */
const LOOKS_MAX = 16;
const LOCK_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
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

/** The same of an open file, wherever it is. */
export function wholeSize(resource: number): number {
	return wholeBytes(locationOf(resource), () => fstatSync(resource));
}

/** Where an open file is now, as a byte string. */
export function locationOf(resource: number): string {
	return readlinkSync(descriptorPath(resource), 'latin1');
}

/** The append that is announced for a file: its entry, which is its own and nobody's later, and the size that it began at. */
function announced(location: string, inode: number | bigint): { name: string; size: number } {
	const slash = location.lastIndexOf('/') + 1;
	const found = { name: '', size: Number.POSITIVE_INFINITY };
	const lock = openLock(`${location.slice(0, slash)}${lockName(location.slice(slash))}`);
	if (lock < 0) return found;
	try {
		const directory = descriptorPath(lock);
		for (const name of readdirSync(directory, 'latin1')) {
			const stats = lstatSync(platformPath(`${directory}/${name}`), { ...QUIET, bigint: true });
			// Two names may share a lock, and a file may have been replaced since.
			if (stats === undefined || stats.ino !== BigInt(inode)) continue;
			found.name = name;
			found.size = announcementIn(name)?.size ?? Number.POSITIVE_INFINITY;
		}
		return found;
	} finally {
		closeSync(lock);
	}
}

/** The platform's descriptor of a lock, -1 when nobody has it. A symlink in its place, or on the way to it, is not followed. */
function openLock(path: string): number {
	let lock = -1;
	try {
		lock = openSync(platformPath(path), LOCK_FLAGS);
	} catch (error) {
		// Nobody has it, or it was given back just now.
		errnoOf(error);
		return -1;
	}
	// Where an open file is, is known as a path only, and somebody may have put a symlink there since.
	if (path.startsWith(`${DESCRIPTORS_PATH}/`) || linkOf(lock) === path) return lock;
	closeSync(lock);
	return -1;
}
