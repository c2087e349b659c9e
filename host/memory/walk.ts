import {
	ERRNO_ILSEQ,
	ERRNO_INVAL,
	ERRNO_NAMETOOLONG,
	ERRNO_NOENT,
	ERRNO_NOTCAPABLE,
	ERRNO_NOTDIR,
	PATH_MAX_BYTES,
} from '../../assembly/layout.js';
import type { Inodes } from './inodes.js';
import { NAME_MAX_BYTES } from './layout.js';
import type { Names } from './names.js';

const SLASH = 47;
const DOT = 46;
const BYTE_MAX = 255;

/** Follows a path from a directory to where its last name is or would be. One instance is used again and again. */
export class Walk {
	readonly #names: Names;
	readonly #inodes: Inodes;
	/** Directory that holds the last name; 0 when the path names the directory it started from. */
	parent = 0;
	/** The path, and where its last name stands in it. */
	path = '';
	start = 0;
	end = 0;
	/** Entry of the last name, and what it names; 0 when there is none. */
	entry = 0;
	inode = 0;

	constructor(names: Names, inodes: Inodes) {
		this.#names = names;
		this.#inodes = inodes;
	}

	/** 0, also when only the last name is missing; else a negated errno. The path was checked. */
	go(directory: number, path: string): number {
		this.path = path;
		this.parent = 0;
		this.entry = 0;
		this.inode = directory;
		if (path === '' || path === '.') return 0;
		for (let start = 0; ; ) {
			if (!this.#inodes.isDirectory(this.inode)) return -ERRNO_NOTDIR;
			const slash = path.indexOf('/', start);
			this.parent = this.inode;
			this.start = start;
			this.end = slash < 0 ? path.length : slash;
			this.entry = this.#names.find(this.parent, path, this.start, this.end);
			this.inode = this.entry === 0 ? 0 : this.#names.inode(this.entry);
			if (slash < 0) return 0;
			if (this.inode === 0) return -ERRNO_NOENT;
			start = slash + 1;
		}
	}
}

/** Whether a path is one that this store can hold at all: 0 or a negated errno. */
export function checkPath(path: string): number {
	if (path.length > PATH_MAX_BYTES) return -ERRNO_NAMETOOLONG;
	if (path === '' || path === '.') return 0;
	for (let start = 0, at = 0; at <= path.length; at++) {
		const byte = at === path.length ? SLASH : path.charCodeAt(at);
		if (byte > BYTE_MAX) return -ERRNO_ILSEQ;
		if (byte === 0) return -ERRNO_INVAL;
		if (byte !== SLASH) continue;
		const refused = checkName(path, start, at);
		if (refused !== 0) return refused;
		start = at + 1;
	}
	return 0;
}

function checkName(path: string, start: number, end: number): number {
	const length = end - start;
	if (length > NAME_MAX_BYTES) return -ERRNO_NAMETOOLONG;
	// A dot inside a longer path would be a second spelling of the same file.
	if (length === 0 || (length === 1 && path.charCodeAt(start) === DOT)) return -ERRNO_INVAL;
	const dots = length === 2 && path.charCodeAt(start) === DOT && path.charCodeAt(start + 1) === DOT;
	return dots ? -ERRNO_NOTCAPABLE : 0;
}
