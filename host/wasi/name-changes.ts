import { linkSync, lstatSync, mkdirSync, renameSync, rmdirSync, type Stats, unlinkSync } from 'node:fs';
import { ERRNO_BUSY, ERRNO_EXIST, ERRNO_INVAL, ERRNO_ISDIR, ERRNO_PERM } from '../../assembly/layout.js';
import type { DirectoryCache } from './directory-cache.js';
import { notAFile } from './file-kind.js';
import { isSelf } from './file-name.js';
import { NAMES_CHANGING } from './files-context.js';
import { type Locations, nameIn } from './locations.js';

const DIRECTORY_MODE = 0o777;
/** Files that this thread has made and not given another name yet. */
const MADE_MAX = 4096;

/** What gives names and takes them away. Every call gives 0 or a negated errno, as those of `Files`. */
export class NameChanges {
	readonly #locations: Locations;
	readonly #cache: DirectoryCache;
	readonly #epoch: Int32Array;
	/** Names of files that this thread made: what they are need not be asked again before they are renamed. */
	readonly #made = new Set<string>();

	constructor(locations: Locations, cache: DirectoryCache, epoch: Int32Array) {
		this.#locations = locations;
		this.#cache = cache;
		this.#epoch = epoch;
	}

	/** This thread has just made a file of that name. */
	made(directory: number, path: string): void {
		if (this.#made.size >= MADE_MAX) this.#made.clear();
		this.#made.add(nameIn(directory, path));
	}

	createDirectory(directory: number, path: string): number {
		if (isSelf(path)) return this.#locations.onSelf(directory) || -ERRNO_EXIST;
		return this.#locations.at(directory, path, makeDirectory);
	}

	removeDirectory(directory: number, path: string): number {
		if (isSelf(path)) return this.#locations.onSelf(directory) || -ERRNO_INVAL;
		const result = this.#changing(() => this.#locations.at(directory, path, removeEmpty));
		if (result === 0) {
			this.#cache.forget(directory, path);
			Atomics.add(this.#epoch, 0, 1);
		}
		return result;
	}

	unlink(directory: number, path: string): number {
		if (isSelf(path)) return this.#locations.onSelf(directory) || -ERRNO_ISDIR;
		this.#made.delete(nameIn(directory, path));
		return this.#changing(() => this.#locations.at(directory, path, removeName));
	}

	rename(source: number, sourcePath: string, target: number, targetPath: string): number {
		if (isSelf(sourcePath) || isSelf(targetPath)) return -ERRNO_BUSY;
		const isMade = this.#made.delete(nameIn(source, sourcePath));
		return this.#changing(() =>
			this.#locations.between(source, sourcePath, target, targetPath, (from, to) => {
				const stats = isMade ? undefined : lstatSync(from);
				renameSync(from, to);
				if (!stats?.isDirectory()) return 0;
				this.#cache.forget(source, sourcePath);
				this.#cache.forget(target, targetPath);
				Atomics.add(this.#epoch, 0, 1);
				return 0;
			}),
		);
	}

	link(source: number, sourcePath: string, target: number, targetPath: string): number {
		if (isSelf(sourcePath)) return -ERRNO_PERM;
		if (isSelf(targetPath)) return -ERRNO_EXIST;
		const isMade = this.#made.has(nameIn(source, sourcePath));
		return this.#locations.between(source, sourcePath, target, targetPath, (from, to) => {
			const refused = isMade ? 0 : linkRefusal(lstatSync(from));
			if (refused < 0) return refused;
			linkSync(from, to);
			return 0;
		});
	}

	/** Takes a name away, or gives it to something else: as long as that goes on, what is heard of names may not tell yet of what can be seen. */
	#changing(change: () => number): number {
		Atomics.add(this.#epoch, NAMES_CHANGING, 1);
		try {
			return change();
		} finally {
			Atomics.sub(this.#epoch, NAMES_CHANGING, 1);
		}
	}
}

/** Why something cannot get a second name, 0 when it can. */
function linkRefusal(stats: Stats): number {
	if (stats.isDirectory()) return -ERRNO_PERM;
	return stats.isFile() || stats.isSymbolicLink() ? 0 : -notAFile(stats);
}

function makeDirectory(location: string | Buffer): number {
	mkdirSync(location, DIRECTORY_MODE);
	return 0;
}

function removeEmpty(location: string | Buffer): number {
	rmdirSync(location);
	return 0;
}

function removeName(location: string | Buffer): number {
	unlinkSync(location);
	return 0;
}
