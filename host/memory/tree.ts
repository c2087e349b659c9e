import {
	ERRNO_BUSY,
	ERRNO_EXIST,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_NOENT,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_PERM,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
} from '../../assembly/layout.js';
import { Access } from '../wasi/files.js';
import { INODE_PARENT, INODE_ROOT } from './layout.js';
import type { Store } from './store.js';
import { Walk } from './walk.js';

/** Entries that one step of emptying a root removes: it bounds the time for which the lock is held. */
const EMPTY_STEP_ENTRIES = 64;

/**
 * What happens to names. Everything is called with the lock held, gives a negated errno when it did nothing, and may throw
 * STORE_FULL. A directory whose last name was removed takes no new entries.
 */
export class Tree {
	readonly #store: Store;
	readonly #epoch: Int32Array;
	readonly #source: Walk;
	readonly #target: Walk;

	constructor(store: Store, epoch: Int32Array) {
		this.#store = store;
		this.#epoch = epoch;
		this.#source = new Walk(store.names, store.inodes);
		this.#target = new Walk(store.names, store.inodes);
	}

	/** The inode of a path. */
	find(directory: number, path: string): number {
		const failed = this.#source.go(directory, path);
		if (failed < 0) return failed;
		return this.#source.inode === 0 ? -ERRNO_NOENT : this.#source.inode;
	}

	/** The inode that `Files.open` opens, with one more open descriptor counted. */
	open(directory: number, path: string, oflags: number, access: Access): number {
		const { inodes, content } = this.#store;
		const failed = this.#source.go(directory, path);
		if (failed < 0) return failed;
		if (oflags & OFLAGS_CREAT && oflags & OFLAGS_DIRECTORY) return -ERRNO_INVAL;
		let inode = this.#source.inode;
		if (inode === 0) {
			if (!(oflags & OFLAGS_CREAT)) return -ERRNO_NOENT;
			inode = this.#create(this.#source, FILETYPE_REGULAR_FILE);
			if (inode < 0) return inode;
		} else if (oflags & OFLAGS_CREAT && oflags & OFLAGS_EXCL) {
			return -ERRNO_EXIST;
		} else if (inodes.isDirectory(inode)) {
			if (access !== Access.read || oflags & (OFLAGS_CREAT | OFLAGS_TRUNC)) return -ERRNO_ISDIR;
		} else if (oflags & OFLAGS_DIRECTORY) {
			return -ERRNO_NOTDIR;
		} else if (oflags & OFLAGS_TRUNC) {
			content.resize(inode, 0);
			inodes.touch(inode);
		}
		inodes.addOpens(inode, 1);
		return inode;
	}

	createDirectory(directory: number, path: string): number {
		const failed = this.#source.go(directory, path);
		if (failed < 0) return failed;
		if (this.#source.inode !== 0) return -ERRNO_EXIST;
		const inode = this.#create(this.#source, FILETYPE_DIRECTORY);
		if (inode < 0) return inode;
		this.#store.journal.set(inode + INODE_PARENT, this.#source.parent);
		return 0;
	}

	removeDirectory(directory: number, path: string): number {
		const { inodes } = this.#store;
		const walk = this.#source;
		const failed = walk.go(directory, path);
		if (failed < 0) return failed;
		if (walk.parent === 0) return -ERRNO_INVAL;
		if (walk.inode === 0) return -ERRNO_NOENT;
		if (!inodes.isDirectory(walk.inode)) return -ERRNO_NOTDIR;
		if (inodes.size(walk.inode) > 0) return -ERRNO_NOTEMPTY;
		this.#removeName(walk.parent, walk.entry, walk.inode);
		return 0;
	}

	unlink(directory: number, path: string): number {
		const walk = this.#source;
		const failed = walk.go(directory, path);
		if (failed < 0) return failed;
		if (walk.inode === 0) return -ERRNO_NOENT;
		if (this.#store.inodes.isDirectory(walk.inode)) return -ERRNO_ISDIR;
		this.#removeName(walk.parent, walk.entry, walk.inode);
		return 0;
	}

	rename(sourceDirectory: number, sourcePath: string, targetDirectory: number, targetPath: string): number {
		const { inodes } = this.#store;
		const source = this.#source;
		const target = this.#target;
		const failed = source.go(sourceDirectory, sourcePath) || target.go(targetDirectory, targetPath);
		if (failed < 0) return failed;
		if (source.inode === 0) return -ERRNO_NOENT;
		if (source.parent === 0 || target.parent === 0) return -ERRNO_BUSY;
		// Two names of one file: POSIX leaves both.
		if (source.inode === target.inode) return 0;
		if (!inodes.isNamed(target.parent)) return -ERRNO_NOENT;
		const directory = inodes.isDirectory(source.inode);
		if (directory && this.#isWithin(target.parent, source.inode)) return -ERRNO_INVAL;
		if (target.inode !== 0) {
			if (directory && !inodes.isDirectory(target.inode)) return -ERRNO_NOTDIR;
			if (!directory && inodes.isDirectory(target.inode)) return -ERRNO_ISDIR;
			if (directory && inodes.size(target.inode) > 0) return -ERRNO_NOTEMPTY;
		}
		this.#move(source, target);
		if (directory) this.#raiseEpoch();
		return 0;
	}

	link(sourceDirectory: number, sourcePath: string, targetDirectory: number, targetPath: string): number {
		const { inodes } = this.#store;
		const source = this.#source;
		const target = this.#target;
		const failed = source.go(sourceDirectory, sourcePath) || target.go(targetDirectory, targetPath);
		if (failed < 0) return failed;
		if (source.inode === 0) return -ERRNO_NOENT;
		if (inodes.isDirectory(source.inode)) return -ERRNO_PERM;
		if (target.inode !== 0) return -ERRNO_EXIST;
		if (!inodes.isNamed(target.parent)) return -ERRNO_NOENT;
		this.#addEntry(target, source.inode);
		inodes.addLinks(source.inode, 1);
		inodes.touchNames(source.inode);
		return 0;
	}

	/** A new root, with one open descriptor counted: the one under which the caller keeps it. */
	createRoot(): number {
		const { inodes } = this.#store;
		const inode = inodes.create(INODE_ROOT);
		inodes.addLinks(inode, 1);
		inodes.addOpens(inode, 1);
		return inode;
	}

	/** Removes some of what is below a root, then the root: 0 when it is gone, 1 when it takes another step. */
	removeRootStep(root: number): number {
		const { inodes, journal, listing, names, heap } = this.#store;
		let directory = root;
		for (let removed = 0; removed < EMPTY_STEP_ENTRIES; ) {
			const entry = listing.first(directory);
			if (entry === 0) {
				inodes.addLinks(root, -1);
				inodes.releaseUnused(root);
				return 0;
			}
			const inode = names.inode(entry);
			if (inodes.isDirectory(inode) && inodes.size(inode) > 0) {
				directory = inode;
				continue;
			}
			this.#removeName(directory, entry, inode);
			// Each removal is an operation of its own: together they would take more of the journal than there is.
			journal.commit();
			removed++;
			if (inodes.size(directory) === 0 && directory !== root) directory = heap.words[directory + INODE_PARENT];
		}
		return 1;
	}

	/** A descriptor of an inode was closed. */
	close(inode: number): void {
		this.#store.inodes.addOpens(inode, -1);
		this.#store.inodes.releaseUnused(inode);
	}

	/** A new inode at the place that a walk found empty. */
	#create(walk: Walk, kind: number): number {
		const { inodes } = this.#store;
		if (!inodes.isNamed(walk.parent)) return -ERRNO_NOENT;
		const inode = inodes.create(kind);
		inodes.addLinks(inode, 1);
		this.#addEntry(walk, inode);
		return inode;
	}

	/**
	 * Gives the source's file the target's name. An entry that is replaced keeps its place in the listing: a name that was
	 * there all the time is listed once.
	 */
	#move(source: Walk, target: Walk): void {
		const { inodes, names, journal } = this.#store;
		if (target.inode === 0) {
			this.#addEntry(target, source.inode);
		} else {
			names.replace(target.entry, source.inode);
			inodes.touch(target.parent);
		}
		if (inodes.isDirectory(source.inode)) journal.set(source.inode + INODE_PARENT, target.parent);
		inodes.touchNames(source.inode);
		this.#removeEntry(source.parent, source.entry);
		if (target.inode !== 0) this.#dropLink(target.inode);
	}

	#removeName(directory: number, entry: number, inode: number): void {
		if (this.#store.inodes.isDirectory(inode)) this.#raiseEpoch();
		this.#removeEntry(directory, entry);
		this.#dropLink(inode);
	}

	#dropLink(inode: number): void {
		const { inodes, journal } = this.#store;
		inodes.addLinks(inode, -1);
		inodes.touchNames(inode);
		if (inodes.isDirectory(inode)) journal.set(inode + INODE_PARENT, 0);
		inodes.releaseUnused(inode);
	}

	#addEntry(walk: Walk, inode: number): void {
		const { inodes, names, listing } = this.#store;
		const entry = names.insert(walk.parent, walk.path, walk.start, walk.end, inode);
		listing.append(walk.parent, entry);
		inodes.setEntries(walk.parent, inodes.size(walk.parent) + 1);
		inodes.touch(walk.parent);
	}

	#removeEntry(directory: number, entry: number): void {
		const { inodes, names, listing } = this.#store;
		inodes.setEntries(directory, inodes.size(directory) - 1);
		inodes.touch(directory);
		listing.remove(directory, entry);
		names.remove(entry);
	}

	/** Whether a directory is `ancestor` or somewhere below it. */
	#isWithin(directory: number, ancestor: number): boolean {
		let at = directory;
		while (at !== 0 && at !== ancestor) at = this.#store.heap.words[at + INODE_PARENT];
		return at === ancestor;
	}

	#raiseEpoch(): void {
		Atomics.add(this.#epoch, 0, 1);
	}
}
