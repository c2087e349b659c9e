import { closeSync, fstatSync } from 'node:fs';
import { FILETYPE_UNKNOWN, KEEP_MS } from '../../assembly/layout.js';
import { shareOfDescriptors } from './descriptor-share.js';
import type { DescriptorTable } from './descriptor-table.js';
import type { DirectoryCache, Place } from './directory-cache.js';
import { errnoOf } from './errno.js';
import { FileFacts } from './file-facts.js';
import { isOld } from './place-witness.js';

const FILES_MAX = 1024;
/** Names that were asked for once: a file is kept from the second time on, so that a walk through a tree keeps none. */
const SEEN_MAX = 4096;

/** Files that one thread of this process keeps open. */
export const KEPT_FILES_MAX = shareOfDescriptors(FILES_MAX);

/** A file that was not closed after it was looked at or read. */
export interface KeptFile {
	readonly root: number;
	readonly path: string;
	readonly place: Place;
	/** Change time of the directory when the name was looked up there. */
	readonly changedMs: number;
	/** Its entry in the table, of no kind, so that no call of the engine can use it. */
	readonly descriptor: number;
	readonly resource: number;
	/** Bytes that are known not to be those of an unfinished append; -1 when it is not open for reading. */
	readonly wholeBytes: number;
	untilMs: number;
	/** Change time of the file itself when it was opened; NaN: it could change again and keep that time. */
	fileChangedMs: number;
	readonly facts: FileFacts;
}

interface Root {
	/** In the order in which they were opened. */
	readonly files: Map<string, KeptFile>;
	readonly seen: Set<string>;
}

/**
 * Regular files that are asked for again and again stay open for a moment (`KEEP_MS`), and for another one if they were asked for meanwhile and have not changed: the same name, in a directory that has not changed since, is the same
 * file. Whether the directory has changed is asked once in a batch, as `DirectoryCache` does for its place anyway; a directory whose change
 * time says nothing (see `PlaceWitness`) keeps none. Contents and sizes are never kept: those are asked of the open file each time. What a look at the directory does not show, a
 * change of the file's permissions, counts when the moment is over.
 *
 * Like cached directories they are entries of the descriptor table, so that whoever sweeps up after a dead thread closes them.
 */
export class KeptFiles {
	readonly #roots = new Map<number, Root>();
	#size = 0;
	#owner = 0;
	/** As of this batch. */
	#nowMs = 0;

	constructor(
		readonly table: DescriptorTable,
		readonly directories: DirectoryCache,
		readonly capacity: number,
		readonly nowMs = () => performance.now(),
	) {}

	/** How many are open. */
	get size(): number {
		return this.#size;
	}

	/** The file of that name, if it is still the one that a look-up now would find. */
	find(root: number, path: string): KeptFile | undefined {
		const kept = this.#roots.get(root)?.files.get(path);
		if (kept === undefined) return undefined;
		const isOpen = this.table.resource(kept.descriptor) === kept.resource;
		if (isOpen && this.directories.isUnchanged(kept.place, kept.changedMs)) {
			if (kept.untilMs - this.#nowMs < KEEP_MS / 2) this.#prolong(kept);
			return kept;
		}
		this.drop(kept);
		return undefined;
	}

	/** Whether it is worth while to keep this one: its name was asked for before, and its directory, just found, can be watched. */
	wants(root: number, path: string): boolean {
		// No room is made for another one: whoever reads more files than that in turn would find none of them.
		if (this.#size >= this.capacity) return false;
		const { seen } = this.#root(root);
		if (seen.has(path)) return !Number.isNaN(this.directories.changedMs);
		if (seen.size >= SEEN_MAX) seen.clear();
		seen.add(path);
		return false;
	}

	/** Keeps what was opened in the directory that was found last. False: the caller closes it. */
	keep(root: number, path: string, resource: number, wholeBytes: number): boolean {
		const { place, changedMs } = this.directories;
		if (place === undefined || Number.isNaN(changedMs)) return false;
		const { files } = this.#root(root);
		const before = files.get(path);
		if (before !== undefined) this.drop(before);
		const descriptor = this.table.insert(resource, FILETYPE_UNKNOWN);
		if (descriptor < 0) return false;
		files.set(path, {
			root,
			path,
			place,
			changedMs,
			descriptor,
			resource,
			wholeBytes,
			untilMs: this.nowMs() + KEEP_MS,
			fileChangedMs: oldChangeOf(resource),
			facts: new FileFacts(),
		});
		this.#size++;
		return true;
	}

	/** A new batch: closes those whose time is over, those of roots that are closed, and all when another instance has begun. */
	renew(): void {
		if (this.#owner !== this.table.owner) this.clear();
		this.#owner = this.table.owner;
		if (this.#size === 0) return;
		this.#nowMs = this.nowMs();
		for (const [root, { files }] of this.#roots) {
			if (this.table.resource(root) < 0) {
				this.forget(root);
				continue;
			}
			for (const kept of files.values()) {
				if (kept.untilMs > this.#nowMs) break;
				this.drop(kept);
			}
		}
	}

	drop(kept: KeptFile): void {
		this.#roots.get(kept.root)?.files.delete(kept.path);
		this.#size--;
		const resource = this.table.remove(kept.descriptor);
		if (resource >= 0) closeSync(resource);
	}

	/** Closes all of one root. */
	forget(root: number): void {
		for (const kept of this.#roots.get(root)?.files.values() ?? []) this.drop(kept);
		this.#roots.delete(root);
	}

	/** Closes all. True: there was something to close. */
	clear(): boolean {
		const before = this.#size;
		for (const root of this.#roots.keys()) this.forget(root);
		return before > 0;
	}

	/** A file that has not changed at all would be opened again as it was: who may read it is part of what gives it another change time. */
	#prolong(kept: KeptFile): void {
		if (Number.isNaN(kept.fileChangedMs)) return;
		if (oldChangeOf(kept.resource) !== kept.fileChangedMs) {
			kept.fileChangedMs = Number.NaN;
			return;
		}
		const { files } = this.#root(kept.root);
		files.delete(kept.path);
		kept.untilMs = this.#nowMs + KEEP_MS;
		files.set(kept.path, kept);
	}

	#root(root: number): Root {
		let known = this.#roots.get(root);
		if (known === undefined) {
			known = { files: new Map(), seen: new Set() };
			this.#roots.set(root, known);
		}
		return known;
	}
}

/** Change time of an open file if it is so old that the next change gives another one; else NaN. */
function oldChangeOf(resource: number): number {
	try {
		const { ctimeMs } = fstatSync(resource);
		return isOld(ctimeMs) ? ctimeMs : Number.NaN;
	} catch (error) {
		errnoOf(error);
		return Number.NaN;
	}
}
