import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import {
	ERRNO_BADF,
	ERRNO_LOOP,
	ERRNO_MFILE,
	ERRNO_NAMETOOLONG,
	ERRNO_NFILE,
	ERRNO_NOTDIR,
	FILETYPE_DIRECTORY,
	FILETYPE_UNKNOWN,
	PATH_MAX_BYTES,
	STATUS_SYMLINK,
} from '../../assembly/layout.js';
import { descriptorPath, linkOf, O_PATH } from './descriptor-path.js';
import { shareOfDescriptors } from './descriptor-share.js';
import type { DescriptorTable } from './descriptor-table.js';
import type { DirectoryEvents } from './directory-events.js';
import { errnoOf } from './errno.js';
import { isSymlink } from './file-kind.js';
import { checkName, checkPath, platformPath } from './file-name.js';
import { PlaceWitness } from './place-witness.js';

const DIRECTORIES_MIN = 256;
const DIRECTORIES_MAX = 1024;
/** Directories that one thread keeps open beside those that the engine asked for. */
export const CACHED_DIRECTORIES_MAX = shareOfDescriptors(DIRECTORIES_MAX, DIRECTORIES_MIN);

const DIRECTORY_FLAGS = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** An `O_PATH` descriptor cannot be synced. */
const SYNC_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;
const DELETED = ' (deleted)';

/** A directory that a name was looked up in: it stands for itself as long as whoever got it asks `isUnchanged`. */
export type Place = CachedDirectory | Base;

/** A descriptor of the engine's from which paths start. */
interface Base {
	readonly descriptor: number;
	readonly resource: number;
	readonly prefix: string;
	readonly children: Map<string, CachedDirectory>;
	/** Where it is now, as of a generation. */
	link: string;
	generation: number;
	/** Shows whether a name in it has changed; where it is does not matter. */
	readonly witness: PlaceWitness;
	witnessGeneration: number;
}

/** A directory below a base, kept open. */
interface CachedDirectory {
	readonly base: Base;
	readonly path: string;
	/** Its entry in the table, of no kind, so that no call of the engine can use it. */
	readonly descriptor: number;
	readonly resource: number;
	readonly prefix: string;
	/** The directory above, if that was open when this one was: it is asked for its place too. */
	readonly parent: CachedDirectory | undefined;
	/** When it was last known to be where its path says. */
	generation: number;
	/** What shows that nobody has moved or removed it since. */
	readonly witness: PlaceWitness;
	/** Its name was on the disk at some time since it was opened: as long as it is open, no other directory can pass for it. */
	isSettled: boolean;
	/** Used since the hand passed. */
	isUsed: boolean;
	/** It was not dropped. One that was says nothing any more. */
	isCached: boolean;
	slot: number;
}

/**
 * The `openat` that Node lacks: `/proc/<process>/fd/<descriptor>/<name>` starts from an open directory wherever that is by now, and a
 * path is walked one name at a time, so no symlink on the way is ever followed. Parents stay open between calls.
 *
 * A cached parent may have been moved or removed meanwhile. Once in a generation, which is a batch of requests or a change of
 * the epoch, the kernel is asked: whether it has changed at all since it was in its place, which is cheap (`PlaceWitness`), or else
 * where it is now. One that is elsewhere is dropped and walked to again. Without batches nothing would tell when to ask, so whoever
 * never begins one gets no cache.
 *
 * The parents are entries of the descriptor table that belong to the instance which opened them: when its thread dies, whoever
 * closes what it left closes these too. Removing an entry decides who does.
 */
export class DirectoryCache {
	readonly #table: DescriptorTable;
	readonly #epoch: Int32Array;
	readonly #events: DirectoryEvents | undefined;
	readonly #capacity: number;
	readonly #bases = new Map<number, Base>();
	/** Clock, second chance: cheaper on every hit than the order of an exact LRU, and as good here. */
	readonly #slots: (CachedDirectory | undefined)[] = [];
	readonly #freeSlots: number[] = [];
	#hand = 0;
	#generation = 0;
	#seenEpoch: number;
	#owner = 0;
	#found: CachedDirectory | undefined;
	#kept: CachedDirectory | undefined;
	#isKeptDropped = false;
	/** After `find`: what stands before the name, with a slash at its end. */
	prefix = '';
	/** After `find`: the last name of the path. */
	name = '';
	#descriptor = 0;

	constructor(
		table: DescriptorTable,
		epoch: Int32Array,
		events: DirectoryEvents | undefined = undefined,
		capacity = CACHED_DIRECTORIES_MAX,
	) {
		this.#table = table;
		this.#epoch = epoch;
		this.#events = events;
		this.#capacity = capacity;
		this.#seenEpoch = Atomics.load(epoch, 0);
	}

	/** How many directories are open here. */
	get size(): number {
		return this.#slots.length - this.#freeSlots.length;
	}

	/** Begins a generation. */
	renew(): void {
		this.#begin();
		if (this.#events?.isIdle) this.#unwatch();
		// What an ended instance opened is being closed by the host: nothing of it is used here.
		if (this.#owner !== this.#table.owner) this.clear();
		this.#owner = this.#table.owner;
		if (this.#bases.size === 0) return;
		for (const base of this.#bases.values()) {
			if (this.#table.resource(base.descriptor) !== base.resource) this.#dropBase(base);
		}
	}

	/** Finds the directory that holds the last name of a path: 0 and `prefix` and `name`, or a negated errno. */
	find(descriptor: number, path: string): number {
		const resource = this.resource(descriptor);
		if (resource < 0) return resource;
		if (path.length > PATH_MAX_BYTES) return -ERRNO_NAMETOOLONG;
		this.#descriptor = descriptor;
		const slash = path.lastIndexOf('/');
		this.name = slash < 0 ? path : path.slice(slash + 1);
		this.#found = undefined;
		const refused = checkName(this.name);
		if (refused < 0) return refused;
		if (slash < 0) {
			this.prefix = prefixOf(resource);
			return 0;
		}
		this.#watchEpoch();
		const base = this.#base(descriptor, resource);
		const parent = path.slice(0, slash);
		const cached = base.children.get(parent);
		if (cached === undefined || !this.#isCurrent(cached)) return this.#walk(base, parent);
		this.#found = cached;
		this.prefix = cached.prefix;
		return 0;
	}

	/** After `find`: the directory, if it is one that can be asked about later. */
	get place(): Place | undefined {
		return this.#found ?? this.#bases.get(this.#descriptor);
	}

	/** After `find`: the change time of the directory; NaN when that says nothing. Every change of a name in it gives it another one. */
	get changedMs(): number {
		if (this.#generation === 0) return Number.NaN;
		if (this.#found !== undefined) return this.#found.witness.changedMs;
		const resource = this.resource(this.#descriptor);
		return resource < 0 ? Number.NaN : this.#changeOf(this.#base(this.#descriptor, resource));
	}

	/** Whether a directory is where it was, and no name in it has changed since that change time: as of this batch. */
	isUnchanged(place: Place, changedMs: number): boolean {
		if (this.#generation === 0) return false;
		this.#watchEpoch();
		if (!('base' in place)) return this.#bases.get(place.descriptor) === place && this.#changeOf(place) === changedMs;
		return place.isCached && this.#isCurrent(place) && place.witness.changedMs === changedMs;
	}

	/** The platform's descriptor of an open directory of the engine's, or a negated errno. */
	resource(descriptor: number): number {
		const kind = this.#table.kind(descriptor);
		if (kind === FILETYPE_DIRECTORY) return this.#table.resource(descriptor);
		return kind <= FILETYPE_UNKNOWN ? -ERRNO_BADF : -ERRNO_NOTDIR;
	}

	/** What the last `find` found stays open until `settle`, whatever else is found meanwhile. */
	keep(): void {
		this.#kept = this.#found;
	}

	/** The call is over. */
	settle(): void {
		if (this.#kept !== undefined) {
			if (this.#isKeptDropped) this.#close(this.#kept);
			this.#kept = undefined;
			this.#isKeptDropped = false;
		}
		if (this.#generation === 0) this.clear();
	}

	/**
	 * Makes durable that a directory exists: its name in its parent, and so on up to the descriptor, whoever made them. What was
	 * synced once is not synced again. A negated errno when that failed.
	 */
	settleDirectory(descriptor: number, path: string): number {
		const refused = this.find(descriptor, `${path}/-`);
		if (refused < 0) return refused;
		// Taken hold of before the sync: what is there by then is what is synced.
		const directory = this.#found as CachedDirectory;
		if (directory.isSettled) return 0;
		const slash = path.lastIndexOf('/');
		const parent = slash < 0 ? '' : path.slice(0, slash);
		const above = slash < 0 ? 0 : this.settleDirectory(descriptor, parent);
		if (above < 0) return above;
		const lost = this.find(descriptor, path);
		if (lost < 0) return lost;
		const errno = syncAt(this.prefix);
		if (errno < 0) return errno;
		directory.isSettled = true;
		return 0;
	}

	/** Closes what is kept of a path and below it; of everything below a descriptor when the path is empty. */
	forget(descriptor: number, path: string): void {
		const base = this.#bases.get(descriptor);
		if (base === undefined) return;
		if (path === '') {
			this.#dropBase(base);
			return;
		}
		for (const child of base.children.values()) {
			if (child.path === path || child.path.startsWith(`${path}/`)) this.#drop(child);
		}
	}

	/** Gives up everything that no call is using, for when the process runs out of descriptors. True: there was something. */
	giveWay(): boolean {
		const before = this.size;
		for (const cached of this.#slots) {
			if (cached !== undefined && cached !== this.#found && cached !== this.#kept) this.#drop(cached);
		}
		return this.size < before;
	}

	/** Closes everything. */
	clear(): void {
		this.#found = undefined;
		for (const base of this.#bases.values()) this.#dropBase(base);
	}

	#watchEpoch(): void {
		const epoch = Atomics.load(this.#epoch, 0);
		if (epoch === this.#seenEpoch) return;
		this.#seenEpoch = epoch;
		// Without batches it stays at 0, which says that nothing is kept.
		if (this.#generation > 0) this.#begin();
	}

	#begin(): void {
		this.#generation++;
		this.#events?.renew();
	}

	#unwatch(): void {
		for (const base of this.#bases.values()) {
			base.witness.unwatch();
			for (const cached of base.children.values()) cached.witness.unwatch();
		}
	}

	#base(descriptor: number, resource: number): Base {
		const known = this.#bases.get(descriptor);
		if (known !== undefined) {
			if (known.resource === resource) return known;
			this.#dropBase(known);
		}
		const base = {
			descriptor,
			resource,
			prefix: prefixOf(resource),
			children: new Map(),
			link: '',
			generation: -1,
			witness: new PlaceWitness(this.#events),
			witnessGeneration: -1,
		};
		this.#bases.set(descriptor, base);
		return base;
	}

	/** Change time of the directory that paths start from, asked once in a generation. */
	#changeOf(base: Base): number {
		if (base.witnessGeneration !== this.#generation) {
			base.witnessGeneration = this.#generation;
			if (!base.witness.isUnmoved(base.resource)) base.witness.look(base.resource, base);
		}
		return base.witness.changedMs;
	}

	/** Walks to a directory below a base, from the deepest one on the way that is still where it was. */
	#walk(base: Base, path: string): number {
		const refused = checkPath(path);
		if (refused < 0) return refused;
		let from: CachedDirectory | undefined;
		for (let end = path.lastIndexOf('/'); end > 0 && from === undefined; end = path.lastIndexOf('/', end - 1)) {
			const ancestor = base.children.get(path.slice(0, end));
			if (ancestor !== undefined && this.#isCurrent(ancestor)) from = ancestor;
		}
		this.#found = from;
		for (let start = from === undefined ? 0 : from.path.length + 1; start <= path.length; ) {
			const slash = path.indexOf('/', start);
			const end = slash < 0 ? path.length : slash;
			const resource = this.#openDirectory((this.#found ?? base).prefix + path.slice(start, end));
			if (resource < 0) return resource;
			const cached = this.#insert(base, path.slice(0, end), resource);
			if (typeof cached === 'number') return cached;
			this.#found = cached;
			start = end + 1;
		}
		this.prefix = (this.#found ?? base).prefix;
		return 0;
	}

	#openDirectory(path: string): number {
		const location = platformPath(path);
		for (;;) {
			try {
				return openSync(location, DIRECTORY_FLAGS);
			} catch (error) {
				const errno = errnoOf(error);
				if ((errno === ERRNO_MFILE || errno === ERRNO_NFILE) && this.giveWay()) continue;
				// The kernel says NOTDIR of a symlink too.
				if (errno !== ERRNO_NOTDIR && errno !== ERRNO_LOOP) return -errno;
				return isSymlink(location) ? -STATUS_SYMLINK : -ERRNO_NOTDIR;
			}
		}
	}

	#insert(base: Base, path: string, resource: number): CachedDirectory | number {
		if (this.size >= this.#capacity) this.#evict();
		const descriptor = this.#table.insert(resource, FILETYPE_UNKNOWN);
		if (descriptor < 0) {
			closeSync(resource);
			return descriptor;
		}
		const cached = {
			base,
			path,
			descriptor,
			resource,
			prefix: prefixOf(resource),
			parent: this.#found,
			generation: this.#generation,
			witness: new PlaceWitness(this.#events),
			// One that is never asked for again gives way before those that are.
			isUsed: false,
			isCached: true,
			slot: this.#freeSlots.pop() ?? this.#slots.length,
			isSettled: false,
		};
		this.#slots[cached.slot] = cached;
		base.children.set(path, cached);
		return cached;
	}

	#evict(): void {
		// Two rounds: the first takes away the second chances. What a call is using stays, so the bound may be exceeded by that.
		for (let turns = this.#slots.length * 2; turns > 0; turns--) {
			const cached = this.#slots[this.#hand];
			this.#hand = (this.#hand + 1) % this.#slots.length;
			if (cached === undefined || cached === this.#kept || cached === this.#found) continue;
			if (!cached.isUsed) {
				this.#drop(cached);
				return;
			}
			cached.isUsed = false;
		}
	}

	/** Whether a cached directory still is where its path says; if not, it is dropped. */
	#isCurrent(cached: CachedDirectory): boolean {
		cached.isUsed = true;
		if (this.#table.resource(cached.descriptor) === cached.resource) {
			if (cached.generation === this.#generation) return true;
			if (this.#isUnmoved(cached) || this.#isInPlace(cached)) {
				cached.generation = this.#generation;
				return true;
			}
		}
		this.#drop(cached);
		return false;
	}

	/** The quick answer: it has not changed since it was in its place, and what is above it is in its own. */
	#isUnmoved(cached: CachedDirectory): boolean {
		const { base, parent, path } = cached;
		if (!cached.witness.isUnmoved(cached.resource, parent ?? base)) return false;
		if (parent === undefined) return !path.includes('/');
		return parent.isCached && this.#isCurrent(parent);
	}

	/** Asks the kernel. A directory whose own name ends like that of a removed one cannot be told from it: it is walked to again. */
	#isInPlace({ base, path, resource, witness }: CachedDirectory): boolean {
		witness.look(resource, base);
		if (base.generation !== this.#generation) {
			base.link = linkOf(base.resource);
			base.generation = this.#generation;
		}
		const link = linkOf(resource);
		const expected = base.link === '/' ? `/${path}` : `${base.link}/${path}`;
		return base.link !== '' && link === expected && !link.endsWith(DELETED);
	}

	#dropBase(base: Base): void {
		for (const cached of base.children.values()) this.#drop(cached);
		base.witness.unwatch();
		this.#bases.delete(base.descriptor);
	}

	#drop(cached: CachedDirectory): void {
		cached.isCached = false;
		cached.base.children.delete(cached.path);
		this.#slots[cached.slot] = undefined;
		this.#freeSlots.push(cached.slot);
		if (cached === this.#kept) this.#isKeptDropped = true;
		else this.#close(cached);
	}

	#close(cached: CachedDirectory): void {
		cached.witness.unwatch();
		const resource = this.#table.remove(cached.descriptor);
		if (resource >= 0) closeSync(resource);
	}
}

function syncAt(prefix: string): number {
	let resource = -1;
	try {
		resource = openSync(`${prefix}.`, SYNC_FLAGS);
		fsyncSync(resource);
		return 0;
	} catch (error) {
		return -errnoOf(error);
	} finally {
		if (resource >= 0) closeSync(resource);
	}
}

function prefixOf(resource: number): string {
	return `${descriptorPath(resource)}/`;
}
