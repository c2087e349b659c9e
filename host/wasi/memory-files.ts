import {
	ERRNO_BADF,
	ERRNO_FBIG,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_NOSYS,
	ERRNO_NOTDIR,
	ERRNO_NOTSUP,
} from '../../assembly/layout.js';
import type { Now } from '../memory/clock.js';
import { FILE_MAX_BYTES, WRITE_STEP_BYTES } from '../memory/content.js';
import { asStoreBuffer, formatStore } from '../memory/heap.js';
import { Store } from '../memory/store.js';
import { Tree } from '../memory/tree.js';
import { checkPath } from '../memory/walk.js';
import type { DescriptorTable } from './descriptor-table.js';
import { Access, type FileStat, type Files, type VisitEntry } from './files.js';
import type { FilesContext, OpenFiles } from './files-context.js';

/** The default of `maximumBytes`. */
export const MEMORY_STORE_DEFAULT_BYTES = 1024 ** 3;

/** Inodes lie 64 bytes apart: below that the resource of a descriptor has room for what it was opened for. */
const ACCESS_MASK = 3;
/** Bytes that are read with the lock held once. */
const READ_STEP_BYTES = 256 * 1024;
/** Blocks that are given back with the lock held once. */
const TRIM_STEP_BLOCKS = 256;
/** Entries that a listing fetches with the lock held once; `visit` is called without it and may call back. */
const LIST_STEP_ENTRIES = 64;

export interface MemoryStoreOptions {
	/** Bytes that the store may grow to, its own bookkeeping included: 1 MiB to 4 GiB - 1 MiB. */
	readonly maximumBytes?: number;
}

/**
 * Makes an empty store; what it returns goes to all threads as `context.shared`. It costs about 1 MiB of addresses and a few
 * pages of memory until something is stored. Throws a RangeError for a size that cannot be had.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): SharedArrayBuffer {
	const seed = Math.floor(Math.random() * 2 ** 32);
	return formatStore(options.maximumBytes ?? MEMORY_STORE_DEFAULT_BYTES, seed);
}

/** Opens a store that `createMemoryStore` made, on whatever thread. */
export const openFiles = (context: FilesContext): MemoryFiles => new MemoryFiles(context);
openFiles satisfies OpenFiles;

/**
 * Files in one shared memory outside every engine instance. Behaves like a POSIX file system: removed and replaced files live
 * until their last descriptor is closed. Each call happens as a whole; only reads and writes of more than 256 KiB give way
 * to others in between, and such a write that meets the end of the store has a short count.
 *
 * When a thread ends inside a call, the call has happened or it has not. What can be lost is memory, never content: the
 * file of a descriptor that was counted and not yet entered in the table, or taken out of it and still counted, a window of a
 * few instructions each; and pages behind the size of a file that was being truncated go back only when it grows, is
 * opened again or removed.
 */
export class MemoryFiles implements Files {
	readonly #store: Store;
	readonly #tree: Tree;
	readonly #table: DescriptorTable;

	/** `now` gives milliseconds since 1970. */
	constructor(context: FilesContext, now: Now = Date.now) {
		this.#table = context.table;
		this.#store = new Store(asStoreBuffer(context.shared), now);
		this.#tree = new Tree(this.#store, context.epoch);
	}

	/**
	 * Makes a new, empty root directory and gives what the caller inserts in the descriptor table as resource of kind
	 * directory, or a negated errno. That descriptor is counted as open: give it back with `close`, before or after `removeRoot`.
	 */
	createRoot(): number {
		return this.#run(() => this.#tree.createRoot());
	}

	/** Removes a root and everything below it; descriptors that are open stay readable. Nobody may use the root meanwhile. */
	removeRoot(root: number): number {
		for (;;) {
			const left = this.#run(() => (this.#isRoot(root) ? this.#tree.removeRootStep(root) : -ERRNO_INVAL));
			if (left <= 0) return left;
		}
	}

	/**
	 * Frees the lock if the instance with this number held it when it ended, and says whether it did; what it had half
	 * done is undone by whoever comes next. Call it for every thread that was terminated and every instance that
	 * was given up. The owner must not run any more.
	 */
	releaseDeadOwner(owner: number): boolean {
		return this.#store.lock.releaseDeadOwner(owner);
	}

	/** Bytes of pages in use: of files, of directories and of the store's bookkeeping. */
	usedBytes(): number {
		return this.#store.pages.usedBytes();
	}

	batch(): void {
		// Nothing outside can change this store, so nothing gets stale.
	}

	open(directory: number, path: string, oflags: number, access: Access): number {
		const { inodes, content, journal } = this.#store;
		let excess = false;
		const fd = this.#from(directory, path, (start) => {
			const inode = this.#tree.open(start, path, oflags, access);
			if (inode < 0) return inode;
			excess = !content.trim(inode, TRIM_STEP_BLOCKS);
			// The descriptor is counted before it is entered: if this thread ends in between, the inode stays and nothing dangles.
			journal.commit();
			const inserted = this.#table.insert(inode | access, inodes.kind(inode));
			if (inserted < 0) {
				this.#tree.close(inode);
				journal.commit();
			}
			return inserted;
		});
		if (fd >= 0 && excess) this.#trim(fd);
		return fd;
	}

	close(fd: number): number {
		return this.#run(() => {
			const inode = this.#inode(fd);
			if (inode < 0) return inode;
			this.#tree.close(inode);
			// Last, so that a thread that ends before this leaves the descriptor in the table, where it is found and closed.
			return this.#table.remove(fd) < 0 ? -ERRNO_BADF : 0;
		});
	}

	read(fd: number, bytes: Uint8Array, position: number): number {
		if (!isOffset(position)) return -ERRNO_INVAL;
		let done = 0;
		do {
			const part = step(bytes, done, READ_STEP_BYTES);
			const count = this.#run(() => {
				const inode = this.#file(fd);
				return inode < 0 ? inode : this.#store.content.read(inode, part, position + done);
			});
			if (count < 0) return done > 0 ? done : count;
			done += count;
			if (count < part.length) break;
		} while (done < bytes.length);
		return done;
	}

	write(fd: number, bytes: Uint8Array, position: number): number {
		if (!isOffset(position)) return -ERRNO_INVAL;
		// As on Linux, a descriptor that appends does so whatever the position.
		if (this.#accessOf(fd) === Access.append) return this.append(fd, bytes);
		let done = 0;
		do {
			const part = step(bytes, done, WRITE_STEP_BYTES);
			const count = this.#run(() => this.#writePart(fd, part, position + done));
			if (count < 0) return done > 0 ? done : count;
			done += count;
			if (count < part.length) break;
		} while (done < bytes.length);
		return done;
	}

	append(fd: number, bytes: Uint8Array): number {
		const count = this.#run(() => {
			const inode = this.#writable(fd);
			if (inode < 0) return inode;
			if (this.#accessOf(fd) !== Access.append) return -ERRNO_BADF;
			if (bytes.length === 0) return 0;
			if (this.#store.inodes.size(inode) + bytes.length > FILE_MAX_BYTES) return -ERRNO_FBIG;
			this.#store.content.append(inode, bytes);
			this.#store.inodes.touch(inode);
			return bytes.length;
		});
		// A call that met the end of the store has left pages behind the size.
		if (count < 0) this.#trim(fd);
		return count;
	}

	size(fd: number): number {
		return this.#run(() => {
			const inode = this.#file(fd);
			return inode < 0 ? inode : this.#store.inodes.size(inode);
		});
	}

	kind(fd: number): number {
		const kind = this.#table.kind(fd);
		return kind < 0 ? -ERRNO_BADF : kind;
	}

	stat(fd: number, into: FileStat): number {
		return this.#run(() => {
			const inode = this.#inode(fd);
			if (inode < 0) return inode;
			this.#store.inodes.stat(inode, into);
			return 0;
		});
	}

	statPath(directory: number, path: string, into: FileStat): number {
		return this.#from(directory, path, (start) => {
			const inode = this.#tree.find(start, path);
			if (inode < 0) return inode;
			this.#store.inodes.stat(inode, into);
			return 0;
		});
	}

	truncate(fd: number, size: number): number {
		if (!isOffset(size)) return -ERRNO_INVAL;
		if (size > FILE_MAX_BYTES) return -ERRNO_FBIG;
		const result = this.#run(() => {
			const inode = this.#file(fd);
			if (inode < 0) return inode;
			if (this.#accessOf(fd) === Access.read) return -ERRNO_INVAL;
			this.#store.content.resize(inode, size);
			this.#store.inodes.touch(inode);
			return 0;
		});
		if (result === 0) this.#trim(fd);
		return result;
	}

	setModified(): number {
		// Every change has a time of its own here, later than all before.
		return -ERRNO_NOSYS;
	}

	settle(): number {
		return 0;
	}

	sync(fd: number): number {
		return Math.min(this.kind(fd), 0);
	}

	createDirectory(directory: number, path: string): number {
		return this.#from(directory, path, (start) => this.#tree.createDirectory(start, path));
	}

	removeDirectory(directory: number, path: string): number {
		return this.#from(directory, path, (start) => this.#tree.removeDirectory(start, path));
	}

	unlink(directory: number, path: string): number {
		return this.#from(directory, path, (start) => this.#tree.unlink(start, path));
	}

	rename(source: number, sourcePath: string, target: number, targetPath: string): number {
		return this.#between(source, sourcePath, target, targetPath, (from, to) =>
			this.#tree.rename(from, sourcePath, to, targetPath),
		);
	}

	link(source: number, sourcePath: string, target: number, targetPath: string): number {
		return this.#between(source, sourcePath, target, targetPath, (from, to) =>
			this.#tree.link(from, sourcePath, to, targetPath),
		);
	}

	readDirectory(fd: number, cookie: number, visit: VisitEntry): number {
		if (!isOffset(cookie)) return -ERRNO_INVAL;
		const { inodes, listing, names } = this.#store;
		for (let from = cookie; ; ) {
			const found: Parameters<VisitEntry>[] = [];
			const result = this.#run(() => {
				const directory = this.#directory(fd);
				if (directory < 0) return directory;
				listing.visit(directory, from, (entry, next) => {
					const inode = names.inode(entry);
					found.push([names.name(entry), inodes.kind(inode), inodes.number(inode), next]);
					return found.length < LIST_STEP_ENTRIES;
				});
				return 0;
			});
			if (result < 0) return result;
			for (const entry of found) {
				if (!visit(...entry)) return 0;
				from = entry[3];
			}
			if (found.length < LIST_STEP_ENTRIES) return 0;
		}
	}

	adopt(): number {
		// Files in memory have neither mode nor owner.
		return 0;
	}

	clone(): number {
		return -ERRNO_NOTSUP;
	}

	#run(operation: () => number): number {
		return this.#store.run(this.#table.owner, operation);
	}

	#from(directory: number, path: string, operation: (start: number) => number): number {
		const refused = checkPath(path);
		if (refused < 0) return refused;
		return this.#run(() => {
			const start = this.#directory(directory);
			return start < 0 ? start : operation(start);
		});
	}

	#between(
		source: number,
		sourcePath: string,
		target: number,
		targetPath: string,
		operation: (from: number, to: number) => number,
	): number {
		const refused = checkPath(sourcePath) || checkPath(targetPath);
		if (refused < 0) return refused;
		return this.#run(() => {
			const from = this.#directory(source);
			if (from < 0) return from;
			const to = this.#directory(target);
			return to < 0 ? to : operation(from, to);
		});
	}

	#writePart(fd: number, part: Uint8Array, position: number): number {
		const inode = this.#writable(fd);
		if (inode < 0 || part.length === 0) return Math.min(inode, 0);
		const room = FILE_MAX_BYTES - position;
		if (room <= 0) return -ERRNO_FBIG;
		const count = this.#store.content.write(inode, part.length > room ? part.subarray(0, room) : part, position);
		this.#store.inodes.touch(inode);
		return count;
	}

	/** Gives back what lies behind the size of an open file, in steps between which others get their turn. */
	#trim(fd: number): void {
		const trimStep = () => {
			const inode = this.#file(fd);
			return inode < 0 || this.#store.content.trim(inode, TRIM_STEP_BLOCKS) ? 0 : 1;
		};
		for (let more = 1; more === 1; ) more = this.#run(trimStep);
	}

	/** The inode behind a descriptor. Looked up with the lock held: nobody closes the descriptor before the lock is free. */
	#inode(fd: number): number {
		const resource = this.#table.resource(fd);
		return resource < 0 ? -ERRNO_BADF : resource & ~ACCESS_MASK;
	}

	#directory(fd: number): number {
		const inode = this.#inode(fd);
		return inode < 0 || this.#store.inodes.isDirectory(inode) ? inode : -ERRNO_NOTDIR;
	}

	#file(fd: number): number {
		const inode = this.#inode(fd);
		return inode < 0 || !this.#store.inodes.isDirectory(inode) ? inode : -ERRNO_ISDIR;
	}

	#writable(fd: number): number {
		const inode = this.#file(fd);
		return inode < 0 || this.#accessOf(fd) !== Access.read ? inode : -ERRNO_BADF;
	}

	#accessOf(fd: number): number {
		return this.#table.resource(fd) & ACCESS_MASK;
	}

	#isRoot(inode: number): boolean {
		return (
			Number.isSafeInteger(inode) && inode > 0 && this.#store.inodes.isRoot(inode) && this.#store.inodes.isNamed(inode)
		);
	}
}

/** Whether a number can be a position in a file, a size, or a cookie. */
function isOffset(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 0;
}

/** The part of `bytes` from `done` on that one step handles; no view is made when that is all of it. */
function step(bytes: Uint8Array, done: number, stepBytes: number): Uint8Array {
	return done === 0 && bytes.length <= stepBytes ? bytes : bytes.subarray(done, done + stepBytes);
}
