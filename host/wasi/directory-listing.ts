import { type Dir, Dirent, opendirSync } from 'node:fs';
import {
	ERRNO_NOENT,
	FILETYPE_BLOCK_DEVICE,
	FILETYPE_CHARACTER_DEVICE,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SOCKET_STREAM,
	FILETYPE_SYMBOLIC_LINK,
	FILETYPE_UNKNOWN,
} from '../../assembly/layout.js';
import { descriptorPath } from './descriptor-path.js';
import { shareOfDescriptors } from './descriptor-share.js';
import { errnoOf } from './errno.js';
import type { VisitEntry } from './files.js';

const LISTINGS_MIN = 16;
/** As many as an engine has requests by default: each of them may be in the middle of a listing, and one that had to begin again and count could pass by a name. */
const LISTINGS_FULL = 1024;
/** Directories that one thread keeps open in the middle of a listing; the least recently used one gives way. */
export const LISTINGS_MAX = shareOfDescriptors(LISTINGS_FULL, LISTINGS_MIN);
/** Entries that Node reads ahead: more gain nothing. */
const READ_AHEAD_ENTRIES = 128;
/** Entries that can be given back: more than the engine asks for at a time. */
const RECENT_ENTRIES_MAX = 512;
/** Node's directory entries do not say it, and 0 stands for unknown in preview 1. */
const INODE_UNKNOWN = 0n;

/** A directory that is being listed. */
class Listing {
	/** Undefined at the end of the directory. */
	#directory: Dir | undefined;
	#isExact = false;
	/** Read, but not taken by the visitor. */
	#next: Dirent | undefined;
	/** Entries that were taken; the cookie that continues here. */
	#taken = 0;
	/** The last ones that were handed out: whoever asked for them may have had no use for all. */
	#recent: Dirent[] = [];
	/** Those of them that were given back. */
	#returned: Dirent[] = [];

	constructor(readonly resource: number) {
		this.#directory = this.#open();
	}

	/** Goes to where a cookie says, if that is within the last visit or at its end. */
	goTo(cookie: number): boolean {
		const back = this.#taken - cookie;
		if (back < 0 || back > this.#recent.length) return false;
		if (back > 0) {
			const next = this.#next === undefined ? [] : [this.#next];
			this.#returned = [...this.#recent.slice(-back), ...next, ...this.#returned];
			this.#next = undefined;
			this.#taken = cookie;
		}
		return true;
	}

	/** Hands out entries until there are no more, or one is not taken. */
	visit(visit: VisitEntry): void {
		this.#recent = [];
		for (let entry = this.#peek(); entry !== undefined; entry = this.#peek()) {
			const name = this.#isExact ? (entry.name as unknown as Buffer).latin1Slice() : byteString(entry.name);
			if (!visit(name, entryKind(entry), INODE_UNKNOWN, this.#taken + 1)) return;
			if (this.#recent.length === RECENT_ENTRIES_MAX) this.#recent = [];
			this.#recent.push(entry);
			this.#take();
		}
	}

	/** Passes over entries; false when the directory ends before. */
	skip(count: number): boolean {
		while (this.#taken < count) {
			if (this.#peek() === undefined) return false;
			this.#take();
		}
		return true;
	}

	close(): void {
		this.#directory?.closeSync();
		this.#directory = undefined;
	}

	#take(): void {
		this.#next = undefined;
		this.#taken++;
	}

	#peek(): Dirent | undefined {
		this.#next ??= this.#returned.shift();
		if (this.#next !== undefined || this.#directory === undefined) return this.#next;
		const entry = this.#isExact ? this.#readExact(this.#directory) : this.#readFast(this.#directory);
		if (entry === null) this.close();
		else this.#next = entry;
		return this.#next;
	}

	/**
	 * Names as latin-1 strings come out more than twice as fast as buffers. On a file system that does not tell what an entry is,
	 * Node asks for it by such a name, which is right for ASCII only: there the listing goes on in the exact way.
	 */
	#readFast(directory: Dir): Dirent | null {
		try {
			const entry = directory.readSync();
			// Node's own class for an entry that it had to ask for is derived from this one.
			if (entry === null || entry.constructor === Dirent) return entry;
		} catch (error) {
			// It asked for an entry that it misnamed, or that was removed meanwhile.
			errnoOf(error);
		}
		const taken = this.#taken;
		this.close();
		this.#isExact = true;
		this.#taken = 0;
		this.#recent = [];
		const exact = this.#open();
		this.#directory = exact;
		return this.skip(taken) ? this.#readExact(exact) : null;
	}

	/** Entry by entry: what was removed before Node asked what it is takes no others with it. */
	#readExact(directory: Dir): Dirent | null {
		for (;;) {
			try {
				return directory.readSync();
			} catch (error) {
				const isVanished = errnoOf(error) === ERRNO_NOENT && (error as NodeJS.ErrnoException).syscall === 'lstat';
				if (!isVanished) throw error;
			}
		}
	}

	#open(): Dir {
		const path = descriptorPath(this.resource);
		if (!this.#isExact) return opendirSync(path, { encoding: 'latin1', bufferSize: READ_AHEAD_ENTRIES });
		return opendirSync(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 1 });
	}
}

/** Listings between their pages. A cookie is the number of entries before it. */
export class DirectoryListings {
	readonly #listings = new Map<number, Listing>();

	get size(): number {
		return this.#listings.size;
	}

	/** Visits the entries after a cookie: 0 or a negated errno. A page that continues the last one finds the directory open. */
	read(descriptor: number, resource: number, cookie: number, visit: VisitEntry): number {
		try {
			const listing = this.#at(descriptor, resource, cookie);
			listing?.visit(visit);
			return 0;
		} catch (error) {
			this.close(descriptor);
			return -errnoOf(error);
		}
	}

	close(descriptor: number): void {
		const listing = this.#listings.get(descriptor);
		if (listing === undefined) return;
		this.#listings.delete(descriptor);
		listing.close();
	}

	/** Closes those whose descriptor was closed on another thread. */
	closeUnless(isOpen: (descriptor: number, resource: number) => boolean): void {
		for (const [descriptor, { resource }] of this.#listings) {
			if (!isOpen(descriptor, resource)) this.close(descriptor);
		}
	}

	clear(): void {
		for (const descriptor of this.#listings.keys()) this.close(descriptor);
	}

	#at(descriptor: number, resource: number, cookie: number): Listing | undefined {
		const known = this.#listings.get(descriptor);
		this.#listings.delete(descriptor);
		// The beginning is always read anew: whoever starts again wants to see what has changed.
		if (known !== undefined && cookie !== 0 && known.resource === resource && known.goTo(cookie)) {
			this.#listings.set(descriptor, known);
			return known;
		}
		known?.close();
		for (const oldest of this.#listings.keys()) {
			if (this.#listings.size < LISTINGS_MAX) break;
			this.close(oldest);
		}
		const listing = new Listing(resource);
		this.#listings.set(descriptor, listing);
		return listing.skip(cookie) ? listing : undefined;
	}
}

/** Deno knows no other encoding than UTF-8: a name that is none is not found under what it makes of it. */
const byteString: (name: string) => string =
	'Deno' in globalThis ? (name) => Buffer.from(name, 'utf8').latin1Slice() : (name) => name;

function entryKind(entry: Dirent): number {
	if (entry.isFile()) return FILETYPE_REGULAR_FILE;
	if (entry.isDirectory()) return FILETYPE_DIRECTORY;
	if (entry.isSymbolicLink()) return FILETYPE_SYMBOLIC_LINK;
	if (entry.isSocket()) return FILETYPE_SOCKET_STREAM;
	if (entry.isCharacterDevice()) return FILETYPE_CHARACTER_DEVICE;
	return entry.isBlockDevice() ? FILETYPE_BLOCK_DEVICE : FILETYPE_UNKNOWN;
}
