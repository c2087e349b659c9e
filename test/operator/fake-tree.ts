import {
	FILESTAT_INODE,
	FILESTAT_MTIME,
	FILESTAT_SIZE,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	LIST_ENTRY_KIND,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	LIST_ENTRY_STAT,
	OP_CLOSE,
	OP_LIST,
	OP_OPEN,
} from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import type { Reply, Request } from '#host/pool/request';
import { statOf } from './fake-engine.js';

/** A name in a directory: a file, or whatever `kind` says; bytes for names that are not UTF-8. */
export interface FakeName {
	readonly name: string | Uint8Array;
	readonly kind: number;
}

/** A tree of directories that answers as the engine does, in pages, and counts what is open. */
export class FakeTree {
	readonly directories = new Map<string, FakeName[]>();
	readonly open = new Map<number, string>();
	mostOpen = 0;
	pageEntries = 2;
	#lastFd = 0;

	/** Paths of files; their directories are made, in the order in which they come. */
	constructor(paths: readonly string[] = []) {
		this.directories.set('', []);
		for (const path of paths) this.add(path);
	}

	add(path: string): void {
		const names = path.replace(/\/$/, '').split('/');
		for (let depth = 1; depth <= names.length; depth++) {
			const parent = names.slice(0, depth - 1).join('/');
			const isDirectory = depth < names.length || path.endsWith('/');
			const siblings = this.directories.get(parent) as FakeName[];
			const name = names[depth - 1];
			if (siblings.every((sibling) => sibling.name !== name)) {
				siblings.push({ name, kind: isDirectory ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE });
			}
			const self = names.slice(0, depth).join('/');
			if (isDirectory && !this.directories.has(self)) this.directories.set(self, []);
		}
	}

	readonly answer = (request: Request): Partial<Reply> => {
		if (request.op === OP_OPEN) return this.#open(request);
		if (request.op === OP_LIST) return this.#list(request);
		if (request.op === OP_CLOSE) {
			if (!this.open.delete(request.fd)) throw new HoldfastError('Closed', `descriptor ${request.fd} was closed twice`);
			return {};
		}
		throw new HoldfastError('Unexpected', `operation ${request.op} is not expected`);
	};

	#open({ path }: Request): Partial<Reply> {
		if (!this.directories.has(path)) throw new HoldfastError('NotFound', 'x', { path });
		const fd = ++this.#lastFd;
		this.open.set(fd, path);
		this.mostOpen = Math.max(this.mostOpen, this.open.size);
		return { fd, stat: statOf({ kind: FILETYPE_DIRECTORY }) };
	}

	#list({ fd, offset }: Request): Partial<Reply> {
		const path = this.open.get(fd);
		if (path === undefined) throw new HoldfastError('Closed', `descriptor ${fd} is not open`);
		const names = this.directories.get(path) ?? [];
		const page = names.slice(offset, offset + this.pageEntries);
		const next = offset + page.length;
		return { bytes: Buffer.concat(page.map(encode)), total: next < names.length ? next : 0 };
	}
}

function encode({ name, kind }: FakeName): Buffer {
	const bytes = Buffer.from(name as string);
	const entry = Buffer.alloc(Math.ceil((LIST_ENTRY_NAME + bytes.length) / 8) * 8);
	entry.writeBigUInt64LE(7n, LIST_ENTRY_STAT + FILESTAT_INODE);
	entry.writeBigUInt64LE(BigInt(bytes.length), LIST_ENTRY_STAT + FILESTAT_SIZE);
	entry.writeBigUInt64LE(1_000_000_000n, LIST_ENTRY_STAT + FILESTAT_MTIME);
	entry.writeUInt32LE(kind, LIST_ENTRY_KIND);
	entry.writeUInt32LE(bytes.length, LIST_ENTRY_NAME_BYTES);
	bytes.copy(entry, LIST_ENTRY_NAME);
	return entry;
}
