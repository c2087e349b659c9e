import {
	ERRNO_BADF,
	ERRNO_EXIST,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_NOENT,
	ERRNO_NOSYS,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_NOTSUP,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
} from '#assembly/layout';
import { Access, type FileStat, type Files, type VisitEntry } from '#host/wasi/files';
import type { InlineStore } from '../engine/inline-engine.ts';
import type { Remains } from './power-cut-model.ts';

// A file system that remembers what happened to it in which order, so that afterwards it can be asked what a power cut at any
// moment could have left. Names are in directories, content is in inodes, and nothing is on the disk before an fsync says so.

/** A file or a directory. */
export interface Inode {
	readonly id: number;
	readonly kind: number;
	bytes: Buffer;
	readonly names: Map<string, Inode>;
	/** Where each name stands in listings: no other one that comes or goes changes it. */
	readonly places: Map<string, number>;
	links: number;
	modifiedNs: bigint;
}

/** One name of one directory changes what it stands for. */
interface NameChange {
	readonly directory: number;
	readonly name: string;
	readonly inode: number;
}

/** What happened. A rename changes two names at once. `inode` 0: the name went away. */
export type CrashEvent =
	| { readonly kind: 'make'; readonly inode: number; readonly isDirectory: boolean }
	| { readonly kind: 'names'; readonly changes: readonly NameChange[] }
	| { readonly kind: 'content'; readonly inode: number; readonly bytes: Buffer }
	| { readonly kind: 'sync'; readonly inode: number };

const ROOT_INODE = 1;
const FIRST_FD = 100;

export class CrashFiles implements Files {
	readonly events: CrashEvent[] = [];
	readonly root: number;
	readonly #inodes = new Map<number, Inode>();
	readonly #open = new Map<number, Inode>();
	#nextInode = ROOT_INODE;
	#nextFd = FIRST_FD;
	#clock = 1n;
	#lastPlace = 0;

	constructor() {
		this.root = FIRST_FD;
		this.reset();
	}

	/** Empty again, and without a past. The descriptor of the root stays. */
	reset(): void {
		this.#inodes.clear();
		this.#open.clear();
		this.events.length = 0;
		this.#nextInode = ROOT_INODE;
		this.#nextFd = FIRST_FD;
		const root = this.#make(FILETYPE_DIRECTORY);
		root.links = 1;
		this.#enter(root);
	}

	/** Takes over what a power cut left: all of it is on the disk. */
	load({ tree, inodes }: Remains): void {
		this.reset();
		const first = new Map<number, string>();
		for (const [path, content] of tree) {
			const inode = inodes.get(path) ?? 0;
			const other = first.get(inode);
			first.set(inode, path);
			if (content === null) this.createDirectory(this.root, path);
			else if (other !== undefined) this.link(this.root, other, this.root, path);
			else {
				const fd = this.open(this.root, path, OFLAGS_CREAT, Access.write);
				this.write(fd, content, 0);
				this.close(fd);
			}
		}
		this.syncAll();
	}

	/** Everything so far is on the disk. */
	syncAll(): void {
		for (const inode of this.#inodes.keys()) this.events.push({ kind: 'sync', inode });
	}

	/** What is there now, whether on the disk or not. */
	remains(): Remains {
		const tree = new Map<string, Buffer | null>();
		const inodes = new Map<string, number>();
		const visit = (inode: Inode, prefix: string): void => {
			for (const [name, child] of inode.names) {
				inodes.set(prefix + name, child.id);
				tree.set(prefix + name, child.kind === FILETYPE_DIRECTORY ? null : child.bytes);
				visit(child, `${prefix}${name}/`);
			}
		};
		visit(this.#inode(ROOT_INODE), '');
		return { tree, inodes };
	}

	/** For an engine in this thread. */
	asStore(): InlineStore {
		return { files: this, root: this.root };
	}

	/** Descriptors that are open, without the root. */
	get openCount(): number {
		return this.#open.size - 1;
	}

	batch(): void {
		// Nothing outside changes it.
	}

	open(directory: number, path: string, oflags: number, access: Access): number {
		const place = this.#find(directory, path);
		if (typeof place === 'number') return place;
		let { inode } = place;
		if (inode !== undefined && (oflags & OFLAGS_EXCL) !== 0) return -ERRNO_EXIST;
		if (inode === undefined) {
			if ((oflags & OFLAGS_CREAT) === 0) return -ERRNO_NOENT;
			inode = this.#make(FILETYPE_REGULAR_FILE);
			this.#change([{ directory: place.parent.id, name: place.name, inode: inode.id }]);
		}
		if ((oflags & OFLAGS_DIRECTORY) !== 0 && inode.kind !== FILETYPE_DIRECTORY) return -ERRNO_NOTDIR;
		if (access !== Access.read && inode.kind === FILETYPE_DIRECTORY) return -ERRNO_ISDIR;
		return this.#enter(inode);
	}

	close(fd: number): number {
		return this.#open.delete(fd) ? 0 : -ERRNO_BADF;
	}

	read(fd: number, bytes: Uint8Array, position: number): number {
		const inode = this.#open.get(fd);
		if (inode === undefined) return -ERRNO_BADF;
		return inode.bytes.copy(bytes, 0, position);
	}

	write(fd: number, bytes: Uint8Array, position: number): number {
		return (
			this.#write(fd, (before) => {
				const after = Buffer.alloc(Math.max(before.length, position + bytes.length));
				before.copy(after);
				after.set(bytes, position);
				return after;
			}) || bytes.length
		);
	}

	append(fd: number, bytes: Uint8Array): number {
		return this.#write(fd, (before) => Buffer.concat([before, bytes])) || bytes.length;
	}

	truncate(fd: number, size: number): number {
		return this.#write(fd, (before) =>
			Buffer.concat([before.subarray(0, size), Buffer.alloc(Math.max(size - before.length, 0))]),
		);
	}

	size(fd: number): number {
		return this.#open.get(fd)?.bytes.length ?? -ERRNO_BADF;
	}

	kind(fd: number): number {
		return this.#open.get(fd)?.kind ?? -ERRNO_BADF;
	}

	stat(fd: number, into: FileStat): number {
		const inode = this.#open.get(fd);
		return inode === undefined ? -ERRNO_BADF : fill(into, inode);
	}

	statPath(directory: number, path: string, into: FileStat): number {
		const place = this.#find(directory, path);
		if (typeof place === 'number') return place;
		return place.inode === undefined ? -ERRNO_NOENT : fill(into, place.inode);
	}

	setModified(fd: number, modifiedNs: bigint): number {
		const inode = this.#open.get(fd);
		if (inode === undefined) return -ERRNO_BADF;
		inode.modifiedNs = modifiedNs;
		return 0;
	}

	sync(fd: number): number {
		const inode = this.#open.get(fd);
		if (inode === undefined) return -ERRNO_BADF;
		this.events.push({ kind: 'sync', inode: inode.id });
		return 0;
	}

	/** The engine then syncs every directory on the way by itself, which is what is to be seen. */
	settle(): number {
		return -ERRNO_NOSYS;
	}

	createDirectory(directory: number, path: string): number {
		const place = this.#find(directory, path);
		if (typeof place === 'number') return place;
		if (place.inode !== undefined) return -ERRNO_EXIST;
		const inode = this.#make(FILETYPE_DIRECTORY);
		this.#change([{ directory: place.parent.id, name: place.name, inode: inode.id }]);
		return 0;
	}

	removeDirectory(directory: number, path: string): number {
		const place = this.#find(directory, path);
		if (typeof place === 'number') return place;
		if (place.inode === undefined) return -ERRNO_NOENT;
		if (place.inode.kind !== FILETYPE_DIRECTORY) return -ERRNO_NOTDIR;
		if (place.inode.names.size > 0) return -ERRNO_NOTEMPTY;
		this.#change([{ directory: place.parent.id, name: place.name, inode: 0 }]);
		return 0;
	}

	unlink(directory: number, path: string): number {
		const place = this.#find(directory, path);
		if (typeof place === 'number') return place;
		if (place.inode === undefined) return -ERRNO_NOENT;
		if (place.inode.kind === FILETYPE_DIRECTORY) return -ERRNO_ISDIR;
		this.#change([{ directory: place.parent.id, name: place.name, inode: 0 }]);
		return 0;
	}

	rename(source: number, sourcePath: string, target: number, targetPath: string): number {
		const from = this.#find(source, sourcePath);
		const to = this.#find(target, targetPath);
		if (typeof from === 'number') return from;
		if (typeof to === 'number') return to;
		if (from.inode === undefined) return -ERRNO_NOENT;
		if (to.inode === from.inode) return 0;
		if (to.inode !== undefined && to.inode.names.size > 0) return -ERRNO_NOTEMPTY;
		if (to.inode !== undefined && to.inode.kind !== from.inode.kind) {
			return to.inode.kind === FILETYPE_DIRECTORY ? -ERRNO_ISDIR : -ERRNO_NOTDIR;
		}
		this.#change([
			{ directory: to.parent.id, name: to.name, inode: from.inode.id },
			{ directory: from.parent.id, name: from.name, inode: 0 },
		]);
		return 0;
	}

	link(source: number, sourcePath: string, target: number, targetPath: string): number {
		const from = this.#find(source, sourcePath);
		const to = this.#find(target, targetPath);
		if (typeof from === 'number') return from;
		if (typeof to === 'number') return to;
		if (from.inode === undefined) return -ERRNO_NOENT;
		if (to.inode !== undefined) return -ERRNO_EXIST;
		this.#change([{ directory: to.parent.id, name: to.name, inode: from.inode.id }]);
		return 0;
	}

	readDirectory(fd: number, cookie: number, visit: VisitEntry): number {
		const inode = this.#open.get(fd);
		if (inode === undefined) return -ERRNO_BADF;
		for (const [name, child] of inode.names) {
			const place = inode.places.get(name) ?? 0;
			if (place > cookie && !visit(name, child.kind, BigInt(child.id), place)) break;
		}
		return 0;
	}

	adopt(): number {
		return -ERRNO_NOSYS;
	}

	clone(): number {
		return -ERRNO_NOTSUP;
	}

	#write(fd: number, change: (before: Buffer) => Buffer): number {
		const inode = this.#open.get(fd);
		if (inode === undefined) return -ERRNO_BADF;
		inode.bytes = change(inode.bytes);
		inode.modifiedNs = ++this.#clock;
		this.events.push({ kind: 'content', inode: inode.id, bytes: inode.bytes });
		return 0;
	}

	#make(kind: number): Inode {
		const id = this.#nextInode++;
		const bytes = Buffer.alloc(0);
		const inode = { id, kind, bytes, names: new Map(), places: new Map(), links: 0, modifiedNs: ++this.#clock };
		this.#inodes.set(id, inode);
		if (id !== ROOT_INODE) this.events.push({ kind: 'make', inode: id, isDirectory: kind === FILETYPE_DIRECTORY });
		return inode;
	}

	#change(changes: NameChange[]): void {
		for (const { directory, name, inode } of changes) {
			const { names, places } = this.#inode(directory);
			const before = names.get(name);
			if (before !== undefined) before.links--;
			if (inode === 0) names.delete(name);
			else {
				if (before === undefined) places.set(name, ++this.#lastPlace);
				names.set(name, this.#inode(inode));
				this.#inode(inode).links++;
			}
		}
		this.events.push({ kind: 'names', changes });
	}

	#enter(inode: Inode): number {
		this.#open.set(this.#nextFd, inode);
		return this.#nextFd++;
	}

	#inode(id: number): Inode {
		const inode = this.#inodes.get(id);
		if (inode === undefined) throw new Error(`no inode ${id}`);
		return inode;
	}

	#find(fd: number, path: string): { parent: Inode; name: string; inode: Inode | undefined } | number {
		let parent = this.#open.get(fd);
		if (parent === undefined) return -ERRNO_BADF;
		if (path === '' || path === '.') return { parent, name: '.', inode: parent };
		const names = path.split('/');
		const name = names.pop() ?? '';
		for (const part of names) {
			const next: Inode | undefined = parent.names.get(part);
			if (next === undefined) return -ERRNO_NOENT;
			if (next.kind !== FILETYPE_DIRECTORY) return -ERRNO_NOTDIR;
			parent = next;
		}
		if (parent.kind !== FILETYPE_DIRECTORY) return -ERRNO_NOTDIR;
		if (name === '' || name === '..') return -ERRNO_INVAL;
		return { parent, name, inode: parent.names.get(name) };
	}
}

function fill(into: FileStat, inode: Inode): number {
	into.device = 1n;
	into.inode = BigInt(inode.id);
	into.kind = inode.kind;
	into.links = BigInt(Math.max(inode.links, 1));
	into.size = BigInt(inode.bytes.length);
	into.accessedNs = inode.modifiedNs;
	into.modifiedNs = inode.modifiedNs;
	into.changedNs = inode.modifiedNs;
	return 0;
}
