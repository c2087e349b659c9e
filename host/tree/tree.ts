import {
	ERRNO_BUSY,
	ERRNO_EXIST,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_NOENT,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_PERM,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
} from '../../assembly/layout.js';
import { Access } from '../wasi/files.js';
import type { TreeClock } from './clock.js';
import { TreeNode } from './node.js';
import type { TreeChange } from './storage.js';

/** Where a path leads: the directory and the name, and what is there. */
interface Place {
	/** Undefined when the path names the directory that it started from. */
	readonly parent: TreeNode | undefined;
	readonly name: string;
	readonly node: TreeNode | undefined;
}

/**
 * Names, as a POSIX file system has them, in the memory of one thread. Calls give a negated errno when they did nothing. What
 * they change is collected; `takeChanges` hands it over.
 */
export class Tree {
	readonly #clock: TreeClock;
	#lastId: number;
	#changes: TreeChange[] = [];

	/** `lastId` is the highest that was ever given. */
	constructor(clock: TreeClock, lastId = 0) {
		this.#clock = clock;
		this.#lastId = lastId;
	}

	/** What has changed since the last call. */
	takeChanges(): readonly TreeChange[] {
		const changes = this.#changes;
		if (changes.length > 0) this.#changes = [];
		return changes;
	}

	createRoot(): TreeNode {
		return this.#create(true);
	}

	find(directory: TreeNode, path: string): TreeNode | number {
		const place = walk(directory, path);
		return typeof place === 'number' ? place : (place.node ?? -ERRNO_NOENT);
	}

	/** What `Files.open` opens; to be truncated by the caller. */
	open(directory: TreeNode, path: string, oflags: number, access: Access): TreeNode | number {
		const place = walk(directory, path);
		if (typeof place === 'number') return place;
		if (oflags & OFLAGS_CREAT && oflags & OFLAGS_DIRECTORY) return -ERRNO_INVAL;
		const { node } = place;
		if (node === undefined) return oflags & OFLAGS_CREAT ? this.#make(place, false) : -ERRNO_NOENT;
		if (oflags & OFLAGS_CREAT && oflags & OFLAGS_EXCL) return -ERRNO_EXIST;
		if (!node.isDirectory) return oflags & OFLAGS_DIRECTORY ? -ERRNO_NOTDIR : node;
		return access !== Access.read || oflags & (OFLAGS_CREAT | OFLAGS_TRUNC) ? -ERRNO_ISDIR : node;
	}

	createDirectory(directory: TreeNode, path: string): number {
		const place = walk(directory, path);
		if (typeof place === 'number') return place;
		if (place.node !== undefined) return -ERRNO_EXIST;
		const made = this.#make(place, true);
		return typeof made === 'number' ? made : 0;
	}

	removeDirectory(directory: TreeNode, path: string): TreeNode | number {
		const place = walk(directory, path);
		if (typeof place === 'number') return place;
		const { parent, name, node } = place;
		if (parent === undefined) return -ERRNO_INVAL;
		if (node === undefined) return -ERRNO_NOENT;
		if (node.entries === undefined) return -ERRNO_NOTDIR;
		if (node.entries.size > 0) return -ERRNO_NOTEMPTY;
		this.#removeName(parent, name, node);
		return node;
	}

	/** The file that has lost a name. */
	unlink(directory: TreeNode, path: string): TreeNode | number {
		const place = walk(directory, path);
		if (typeof place === 'number') return place;
		const { parent, name, node } = place;
		if (node === undefined) return -ERRNO_NOENT;
		if (node.isDirectory || parent === undefined) return -ERRNO_ISDIR;
		this.#removeName(parent, name, node);
		return node;
	}

	/** What was replaced, if anything. */
	rename(
		sourceDirectory: TreeNode,
		sourcePath: string,
		targetDirectory: TreeNode,
		targetPath: string,
	): TreeNode | number {
		const source = walk(sourceDirectory, sourcePath);
		if (typeof source === 'number') return source;
		const target = walk(targetDirectory, targetPath);
		if (typeof target === 'number') return target;
		const { node } = source;
		const replaced = target.node;
		if (node === undefined) return -ERRNO_NOENT;
		if (source.parent === undefined || target.parent === undefined) return -ERRNO_BUSY;
		// Two names of one file: POSIX leaves both.
		if (node === replaced) return 0;
		if (target.parent.links === 0) return -ERRNO_NOENT;
		if (node.isDirectory && isWithin(target.parent, node)) return -ERRNO_INVAL;
		if (replaced !== undefined) {
			if (node.isDirectory && replaced.entries === undefined) return -ERRNO_NOTDIR;
			if (!node.isDirectory && replaced.isDirectory) return -ERRNO_ISDIR;
			if (node.isDirectory && (replaced.entries?.size ?? 0) > 0) return -ERRNO_NOTEMPTY;
		}
		this.#addName(target.parent, target.name, node);
		this.#removeEntry(source.parent, source.name);
		if (node.isDirectory) node.parent = target.parent;
		if (replaced !== undefined) this.#loseLink(replaced);
		return replaced ?? 0;
	}

	link(sourceDirectory: TreeNode, sourcePath: string, targetDirectory: TreeNode, targetPath: string): number {
		const source = walk(sourceDirectory, sourcePath);
		if (typeof source === 'number') return source;
		const target = walk(targetDirectory, targetPath);
		if (typeof target === 'number') return target;
		if (source.node === undefined) return -ERRNO_NOENT;
		if (source.node.isDirectory) return -ERRNO_PERM;
		if (target.node !== undefined) return -ERRNO_EXIST;
		if (target.parent === undefined || target.parent.links === 0) return -ERRNO_NOENT;
		source.node.links++;
		this.#addName(target.parent, target.name, source.node);
		return 0;
	}

	/** Content or size of a node has changed. */
	touch(node: TreeNode): void {
		node.modifiedNs = this.#clock.tick();
		node.changedNs = node.modifiedNs;
		this.#changed(node);
	}

	#make({ parent, name }: Place, isDirectory: boolean): TreeNode | number {
		if (parent === undefined || parent.links === 0) return -ERRNO_NOENT;
		const node = this.#create(isDirectory);
		if (isDirectory) node.parent = parent;
		this.#addName(parent, name, node);
		return node;
	}

	#create(isDirectory: boolean): TreeNode {
		const node = new TreeNode(++this.#lastId, isDirectory);
		node.links = 1;
		this.touch(node);
		return node;
	}

	#addName(directory: TreeNode, name: string, node: TreeNode): void {
		directory.set(name, node);
		node.changedNs = this.#clock.tick();
		this.#changed(node);
		this.#changes.push({ is: 'name', directory, name, node });
		this.touch(directory);
	}

	#removeName(directory: TreeNode, name: string, node: TreeNode): void {
		this.#removeEntry(directory, name);
		this.#loseLink(node);
	}

	#removeEntry(directory: TreeNode, name: string): void {
		directory.entries?.delete(name);
		this.#changes.push({ is: 'unname', directory, name });
		this.touch(directory);
	}

	#loseLink(node: TreeNode): void {
		node.links--;
		node.changedNs = this.#clock.tick();
		node.parent = undefined;
		if (node.links === 0) this.#changes.push({ is: 'gone', node });
		else this.#changed(node);
	}

	/** What has no name any more is not told: nobody would find it. */
	#changed(node: TreeNode): void {
		if (node.links > 0) this.#changes.push({ is: 'node', node });
	}
}

/** Follows a path; only its last name may be missing. */
function walk(directory: TreeNode, path: string): Place | number {
	if (path === '' || path === '.') return { parent: undefined, name: '', node: directory };
	let parent = directory;
	for (let start = 0; ; ) {
		if (parent.entries === undefined) return -ERRNO_NOTDIR;
		const slash = path.indexOf('/', start);
		const name = slash < 0 ? path.slice(start) : path.slice(start, slash);
		const node = parent.entries.get(name)?.node;
		if (slash < 0) return { parent, name, node };
		if (node === undefined) return -ERRNO_NOENT;
		parent = node;
		start = slash + 1;
	}
}

function isWithin(directory: TreeNode, ancestor: TreeNode): boolean {
	let at: TreeNode | undefined = directory;
	while (at !== undefined && at !== ancestor) at = at.parent;
	return at === ancestor;
}
