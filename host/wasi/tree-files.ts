import {
	ERRNO_BADF,
	ERRNO_FBIG,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_MFILE,
	ERRNO_NOSYS,
	ERRNO_NOTDIR,
	ERRNO_NOTSUP,
	FILETYPE_DIRECTORY,
	OFLAGS_TRUNC,
} from '../../assembly/layout.js';
import type { TreeEntry, TreeNode } from '../tree/node.js';
import type { TreeStorage } from '../tree/storage.js';
import type { Tree } from '../tree/tree.js';
import type { DescriptorTable } from './descriptor-table.js';
import { checkPath, isSelf } from './file-name.js';
import { Access, type FileStat, type Files, type VisitEntry } from './files.js';

/** What is behind a descriptor. */
interface Opened {
	readonly node: TreeNode;
	readonly access: Access;
	/** A listing on its way. */
	listing: Listing | undefined;
}

/** Where a listing was left: what comes after the cookie, and the entry that was refused there. */
interface Listing {
	readonly cookie: number;
	readonly rest: Iterator<[string, TreeEntry]>;
	readonly refused: [string, TreeEntry] | undefined;
}

/**
 * Files whose names are in the memory of this thread and whose bytes are wherever a `TreeStorage` keeps them. Nobody else works in
 * the store at the same time, so names never wait; they behave as in a POSIX file system, down to removed files that live
 * until they are closed.
 */
export class TreeFiles implements Files {
	readonly #tree: Tree;
	readonly #storage: TreeStorage;
	readonly #table: DescriptorTable;
	readonly #opened = new Map<number, Opened>();

	constructor(tree: Tree, storage: TreeStorage, table: DescriptorTable) {
		this.#tree = tree;
		this.#storage = storage;
		this.#table = table;
	}

	/** A descriptor of a root directory. */
	openRoot(root: TreeNode): number {
		return this.#insert(root, Access.read);
	}

	batch(): void {
		// Nobody else changes anything here, so nothing gets stale.
	}

	open(directory: number, path: string, oflags: number, access: Access): number {
		return this.#from(directory, path, (start) => {
			const node = this.#tree.open(start, path, oflags, access);
			if (typeof node === 'number') return node;
			const failed = oflags & OFLAGS_TRUNC && !node.isDirectory ? this.#resize(node, 0) : 0;
			return failed < 0 ? failed : this.#insert(node, access);
		});
	}

	close(fd: number): number {
		const opened = this.#opened.get(fd);
		if (opened === undefined) return -ERRNO_BADF;
		this.#opened.delete(fd);
		this.#table.remove(fd);
		opened.node.opens--;
		this.#dropUnused(opened.node);
		return 0;
	}

	read(fd: number, bytes: Uint8Array, position: number): number {
		const node = this.#file(fd);
		if (typeof node === 'number') return node;
		if (!isOffset(position)) return -ERRNO_INVAL;
		const count = Math.min(bytes.length, node.size - position);
		if (count <= 0) return 0;
		return this.#storage.read(node, count < bytes.length ? bytes.subarray(0, count) : bytes, position);
	}

	write(fd: number, bytes: Uint8Array, position: number): number {
		const node = this.#writable(fd);
		if (typeof node === 'number') return node;
		// As on Linux, a descriptor that appends does so whatever the position.
		const at = this.#opened.get(fd)?.access === Access.append ? node.size : position;
		if (!isOffset(at)) return -ERRNO_INVAL;
		// Beyond this a size is no exact number any more.
		if (at > Number.MAX_SAFE_INTEGER - bytes.length) return -ERRNO_FBIG;
		if (bytes.length === 0) return 0;
		const count = this.#storage.write(node, bytes, at);
		if (count <= 0) return count;
		node.size = Math.max(node.size, at + count);
		this.#tree.touch(node);
		return this.#told(count);
	}

	append(fd: number, bytes: Uint8Array): number {
		const opened = this.#opened.get(fd);
		if (opened !== undefined && !opened.node.isDirectory && opened.access !== Access.append) return -ERRNO_BADF;
		return this.write(fd, bytes, 0);
	}

	size(fd: number): number {
		const node = this.#file(fd);
		return typeof node === 'number' ? node : node.size;
	}

	kind(fd: number): number {
		return this.#opened.get(fd)?.node.kind ?? -ERRNO_BADF;
	}

	stat(fd: number, into: FileStat): number {
		const opened = this.#opened.get(fd);
		if (opened === undefined) return -ERRNO_BADF;
		opened.node.fill(into);
		return 0;
	}

	statPath(directory: number, path: string, into: FileStat): number {
		return this.#from(directory, path, (start) => {
			const node = this.#tree.find(start, path);
			if (typeof node === 'number') return node;
			node.fill(into);
			return 0;
		});
	}

	truncate(fd: number, size: number): number {
		const node = this.#file(fd);
		if (typeof node === 'number') return node;
		if (!isOffset(size) || this.#opened.get(fd)?.access === Access.read) return -ERRNO_INVAL;
		return this.#told(this.#resize(node, size));
	}

	setModified(): number {
		// Every change has a time of its own here, later than all before.
		return -ERRNO_NOSYS;
	}

	sync(fd: number): number {
		const opened = this.#opened.get(fd);
		return opened === undefined ? -ERRNO_BADF : this.#storage.sync(opened.node);
	}

	settle(directory: number, path: string): number {
		return this.#from(directory, path, (start) => {
			const node = this.#tree.find(start, path);
			return typeof node === 'number' ? node : this.#storage.sync(node);
		});
	}

	createDirectory(directory: number, path: string): number {
		return this.#from(directory, path, (start) => this.#tree.createDirectory(start, path));
	}

	removeDirectory(directory: number, path: string): number {
		return this.#from(directory, path, (start) => this.#dropped(this.#tree.removeDirectory(start, path)));
	}

	unlink(directory: number, path: string): number {
		return this.#from(directory, path, (start) => this.#dropped(this.#tree.unlink(start, path)));
	}

	rename(source: number, sourcePath: string, target: number, targetPath: string): number {
		return this.#from(source, sourcePath, (from) =>
			this.#from(target, targetPath, (to) => this.#dropped(this.#tree.rename(from, sourcePath, to, targetPath))),
		);
	}

	link(source: number, sourcePath: string, target: number, targetPath: string): number {
		return this.#from(source, sourcePath, (from) =>
			this.#from(target, targetPath, (to) => this.#tree.link(from, sourcePath, to, targetPath)),
		);
	}

	readDirectory(fd: number, cookie: number, visit: VisitEntry): number {
		const opened = this.#opened.get(fd);
		if (opened === undefined) return -ERRNO_BADF;
		const { entries } = opened.node;
		if (entries === undefined) return -ERRNO_NOTDIR;
		if (!isOffset(cookie)) return -ERRNO_INVAL;
		// Whoever goes on where he left off does not begin at the beginning.
		const known = opened.listing?.cookie === cookie ? opened.listing : undefined;
		const rest = known?.rest ?? entries[Symbol.iterator]();
		opened.listing = undefined;
		let last = cookie;
		for (let entry = known?.refused ?? rest.next().value; entry !== undefined; entry = rest.next().value) {
			const [name, { node, place }] = entry as [string, TreeEntry];
			if (place <= cookie || entries.get(name)?.place !== place) continue;
			if (!visit(name, node.kind, BigInt(node.id), place)) {
				opened.listing = { cookie: last, rest, refused: entry };
				return 0;
			}
			last = place;
		}
		return 0;
	}

	adopt(): number {
		// Files here have neither mode nor owner.
		return 0;
	}

	clone(): number {
		return -ERRNO_NOTSUP;
	}

	#insert(node: TreeNode, access: Access): number {
		const fd = this.#table.insert(node.id & 0x7fff_ffff, node.kind);
		if (fd < 0) return -ERRNO_MFILE;
		node.opens++;
		this.#opened.set(fd, { node, access, listing: undefined });
		return fd;
	}

	#resize(node: TreeNode, size: number): number {
		if (size === node.size) return 0;
		const failed = this.#storage.resize(node, size);
		if (failed < 0) return failed;
		node.size = size;
		this.#tree.touch(node);
		return 0;
	}

	/** What the tree gave for a name that went: bytes that nobody can reach any more go too. */
	#dropped(node: TreeNode | number): number {
		if (typeof node === 'number') return node;
		this.#dropUnused(node);
		return 0;
	}

	#dropUnused(node: TreeNode): void {
		if (node.links === 0 && node.opens === 0 && !node.isDirectory) this.#storage.drop(node);
	}

	#from(directory: number, path: string, operation: (start: TreeNode) => number): number {
		const refused = isSelf(path) ? 0 : checkPath(path);
		if (refused < 0) return refused;
		const opened = this.#opened.get(directory);
		if (opened === undefined) return -ERRNO_BADF;
		if (opened.node.kind !== FILETYPE_DIRECTORY) return -ERRNO_NOTDIR;
		return this.#told(operation(opened.node));
	}

	/** Hands what has changed to the storage, as a whole, before anybody hears of it. */
	#told(result: number): number {
		const changes = this.#tree.takeChanges();
		if (changes.length > 0) this.#storage.record(changes);
		return result;
	}

	#file(fd: number): TreeNode | number {
		const node = this.#opened.get(fd)?.node;
		if (node === undefined) return -ERRNO_BADF;
		return node.isDirectory ? -ERRNO_ISDIR : node;
	}

	#writable(fd: number): TreeNode | number {
		const node = this.#file(fd);
		if (typeof node === 'number') return node;
		return this.#opened.get(fd)?.access === Access.read ? -ERRNO_BADF : node;
	}
}

/** Whether a number can be a position in a file, a size, or a cookie. */
function isOffset(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 0;
}
