import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE } from '../../assembly/layout.js';
import type { FileStat } from '../wasi/files.js';
import { type StoreClock, timeNs } from './clock.js';
import type { Content } from './content.js';
import type { Heap } from './heap.js';
import { type Journal, long } from './journal.js';
import {
	HEADER_INODE_NUMBER,
	HEADER_ORPHAN,
	INODE_BYTES,
	INODE_CHANGED,
	INODE_KIND,
	INODE_LINKS,
	INODE_MODIFIED,
	INODE_NEXT,
	INODE_NUMBER,
	INODE_OPENS,
	INODE_ROOT,
	INODE_SIZE,
} from './layout.js';
import type { Slots } from './slots.js';

/** Device number of everything in memory. */
const DEVICE = 0n;
/**
 * Blocks that one step of giving back looks at: it bounds the journal and the time for which the lock is held. A file
 * that is not done in one step is done by later ones.
 */
const STEP_BLOCKS = 256;

/**
 * Files and directories as such: a record of 64 bytes each, which lives as long as it has a name or an open descriptor.
 * It is addressed by where it lies; its number is never used again.
 */
export class Inodes {
	readonly #heap: Heap;
	readonly #journal: Journal;
	readonly #slots: Slots;
	readonly #clock: StoreClock;
	readonly #content: Content;

	constructor(heap: Heap, journal: Journal, slots: Slots, clock: StoreClock, content: Content) {
		this.#heap = heap;
		this.#journal = journal;
		this.#slots = slots;
		this.#clock = clock;
		this.#content = content;
	}

	/** A new inode without name and descriptor; throws STORE_FULL. */
	create(kind: number): number {
		const inode = this.#slots.take(INODE_BYTES);
		const number = long(this.#heap.words, HEADER_INODE_NUMBER) + 1;
		this.#journal.setLong(HEADER_INODE_NUMBER, number);
		// The record is new: its words need no journal.
		this.#heap.words.fill(0, inode, inode + INODE_BYTES / 4);
		this.#heap.words[inode + INODE_KIND] = kind;
		this.#heap.words[inode + INODE_NUMBER] = this.#heap.words[HEADER_INODE_NUMBER];
		this.#heap.words[inode + INODE_NUMBER + 1] = this.#heap.words[HEADER_INODE_NUMBER + 1];
		this.touch(inode);
		return inode;
	}

	isDirectory(inode: number): boolean {
		return this.#heap.words[inode + INODE_KIND] !== FILETYPE_REGULAR_FILE;
	}

	isRoot(inode: number): boolean {
		return this.#heap.words[inode + INODE_KIND] === INODE_ROOT;
	}

	/** FILETYPE_ of an inode. */
	kind(inode: number): number {
		return this.isDirectory(inode) ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE;
	}

	/** Number that no other inode of this store has or had. */
	number(inode: number): bigint {
		return BigInt(long(this.#heap.words, inode + INODE_NUMBER));
	}

	/** Bytes of a file, entries of a directory. */
	size(inode: number): number {
		return long(this.#heap.words, inode + INODE_SIZE);
	}

	setEntries(inode: number, entries: number): void {
		this.#journal.set(inode + INODE_SIZE, entries);
	}

	isNamed(inode: number): boolean {
		return this.#heap.words[inode + INODE_LINKS] > 0;
	}

	addLinks(inode: number, by: number): void {
		this.#journal.set(inode + INODE_LINKS, this.#heap.words[inode + INODE_LINKS] + by);
	}

	addOpens(inode: number, by: number): void {
		this.#journal.set(inode + INODE_OPENS, this.#heap.words[inode + INODE_OPENS] + by);
	}

	/** The content changed now. */
	touch(inode: number): void {
		this.#clock.tick();
		this.#clock.stamp(inode + INODE_MODIFIED);
		this.#clock.stamp(inode + INODE_CHANGED);
	}

	/** Names of it changed now. */
	touchNames(inode: number): void {
		this.#clock.tick();
		this.#clock.stamp(inode + INODE_CHANGED);
	}

	stat(inode: number, into: FileStat): void {
		const words = this.#heap.words;
		const directory = this.isDirectory(inode);
		into.device = DEVICE;
		into.inode = this.number(inode);
		into.kind = directory ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE;
		into.links = BigInt(words[inode + INODE_LINKS]);
		into.size = directory ? 0n : BigInt(this.size(inode));
		into.modifiedNs = timeNs(words, inode + INODE_MODIFIED);
		into.changedNs = timeNs(words, inode + INODE_CHANGED);
		// Reading changes nothing here, not even a time.
		into.accessedNs = into.modifiedNs;
	}

	/**
	 * Gives an inode back that has neither name nor descriptor; the last thing an operation does. A large file becomes an
	 * orphan, whose pages are given back step by step.
	 */
	releaseUnused(inode: number): void {
		const words = this.#heap.words;
		if (words[inode + INODE_LINKS] > 0 || words[inode + INODE_OPENS] > 0) return;
		if (!this.isDirectory(inode)) {
			this.#journal.setLong(inode + INODE_SIZE, 0);
			if (!this.#content.trim(inode, STEP_BLOCKS)) {
				this.#journal.set(inode + INODE_NEXT, words[HEADER_ORPHAN]);
				this.#journal.set(HEADER_ORPHAN, inode);
				return;
			}
		}
		this.#slots.give(inode, INODE_BYTES);
	}

	hasOrphans(): boolean {
		return this.#heap.words[HEADER_ORPHAN] !== 0;
	}

	/** One step of giving the first orphan back. Also goes on where a thread died half-way. */
	reap(): void {
		const orphan = this.#heap.words[HEADER_ORPHAN];
		if (orphan === 0 || !this.#content.trim(orphan, STEP_BLOCKS)) return;
		this.#journal.set(HEADER_ORPHAN, this.#heap.words[orphan + INODE_NEXT]);
		this.#slots.give(orphan, INODE_BYTES);
	}
}
