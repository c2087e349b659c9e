import {
	type BigIntStats,
	closeSync,
	fstatSync,
	ftruncateSync,
	futimesSync,
	lstatSync,
	openSync,
	readlinkSync,
	readSync,
	writeSync,
} from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
	ERRNO_ACCES,
	ERRNO_BADF,
	ERRNO_FBIG,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_MFILE,
	ERRNO_NOENT,
	ERRNO_NOSYS,
	ERRNO_NOTSUP,
	ERRNO_PERM,
	ERRNO_TXTBSY,
	ERRNO_XDEV,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_UNKNOWN,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
} from '../../assembly/layout.js';
import { HoldfastError } from '../errors.js';
import { DESCRIPTORS_PATH, descriptorPath, linkOf } from './descriptor-path.js';
import type { DescriptorTable } from './descriptor-table.js';
import { DirectoryCache } from './directory-cache.js';
import { DirectoryEvents } from './directory-events.js';
import { DirectoryListings } from './directory-listing.js';
import { errnoOf } from './errno.js';
import { type Attributes, adoptAttributes, cloneContent } from './file-attributes.js';
import { fillStat, notAFile } from './file-kind.js';
import { checkName, isSelf, platformPathIn } from './file-name.js';
import { FileOpener, HOLD_FLAGS, opensNew } from './file-open.js';
import { readFully, writeInSlices } from './file-transfer.js';
import { Access, type FileStat, type Files, type VisitEntry, type VisitListed, type VisitNames } from './files.js';
import type { FilesContext, OpenFiles } from './files-context.js';
import { FsyncQueue } from './fsync-queue.js';
import { KEPT_FILES_MAX, type KeptFile, KeptFiles } from './kept-files.js';
import { KnownSizes } from './known-sizes.js';
import { Locations, nameIn } from './locations.js';
import { NameChanges } from './name-changes.js';
import { resolveLinks } from './symlinks.js';
import { wholeBytes, wholeSize } from './whole-size.js';

const NO_DESCRIPTORS = 'the fs service needs Linux with /proc, which is not there; mount it, or use the memory service';
const QUIET = { throwIfNoEntry: false } as const;
const BIGINT = { bigint: true } as const;
const NS_PER_SECOND = 1e9;
/** Stands for every name in a directory. */
const ANY_NAME = '-';
const QUIET_BIGINT = { bigint: true, throwIfNoEntry: false } as const;
/** What a file system without reflinks, or a file that may not be opened once more, answers to a clone. */
const NO_CLONE = new Set([ERRNO_ACCES, ERRNO_INVAL, ERRNO_NOSYS, ERRNO_NOTSUP, ERRNO_PERM, ERRNO_TXTBSY, ERRNO_XDEV]);

/**
 * The files of this machine. Every path starts from an open directory and is walked without following symlinks; see
 * `DirectoryCache`. Nothing but regular files and directories is ever opened; see `FileOpener`.
 *
 * It takes Linux: no other system has a way that Node can use to open a name in an open directory. To compare real paths before
 * each call instead would lose the race against whoever swaps a directory for a symlink between the two, so that is not done.
 */
export const openFiles: OpenFiles = (context) => {
	if (DESCRIPTORS_PATH === '') throw new HoldfastError('Unsupported', NO_DESCRIPTORS);
	const files = new NodeFiles(context);
	// A thread that ends in order takes along what only it needs. What a killed one leaves is in the table, under its owner.
	if (!isMainThread) process.once('exit', () => files.dispose());
	return files;
};

interface NodeFilesOptions {
	readonly keptFilesMax?: number;
	readonly events?: DirectoryEvents;
}

/** One thread's `Files`. The resource of a descriptor is the platform's descriptor. */
export class NodeFiles implements Files {
	readonly #table: DescriptorTable;
	readonly #fsyncs: FsyncQueue;
	readonly #events: DirectoryEvents | undefined;
	readonly #cache: DirectoryCache;
	readonly #listings = new DirectoryListings();
	readonly #locations: Locations;
	readonly #names: NameChanges;
	readonly #sizes = new KnownSizes();
	/** What was looked at last in this batch, if it was a file: a replacement takes its mode and owner. */
	#lookedAt = '';
	readonly #looked: Attributes = { mode: 0, uid: 0, gid: 0 };
	readonly #kept: KeptFiles;
	// Cached directories and kept files are a comfort: when there are no descriptors left, they go first.
	readonly #opener = new FileOpener(() => this.#kept.clear() || this.#cache.giveWay());
	larger = -1;

	/** In a thread that does something else, too, its event loop would take the events before they are read here. */
	constructor(
		{ table, epoch, fsyncs, ownsThread }: FilesContext,
		{
			keptFilesMax = KEPT_FILES_MAX,
			events = ownsThread === true ? new DirectoryEvents(epoch) : undefined,
		}: NodeFilesOptions = {},
	) {
		this.#table = table;
		this.#fsyncs = new FsyncQueue(fsyncs);
		this.#events = events;
		this.#cache = new DirectoryCache(table, epoch, this.#events);
		this.#locations = new Locations(this.#cache);
		this.#names = new NameChanges(this.#locations, this.#cache, epoch);
		this.#kept = new KeptFiles(table, this.#cache, keptFilesMax);
	}

	get isKeeping(): boolean {
		return this.#kept.size > 0 || (this.#events?.watched ?? 0) > 0;
	}

	get needsTurn(): boolean {
		return this.#events?.needsTurn === true;
	}

	/** Closes what this thread keeps open for itself. */
	dispose(): void {
		this.#kept.clear();
		this.#cache.clear();
		this.#events?.close();
		this.#listings.clear();
	}

	batch(): void {
		this.#sizes.renew();
		this.#lookedAt = '';
		this.#cache.renew();
		this.#kept.renew();
		if (this.#listings.size > 0) this.#listings.closeUnless((fd, resource) => this.#table.resource(fd) === resource);
	}

	open(directory: number, path: string, oflags: number, access: Access): number {
		if ((oflags & OFLAGS_CREAT) !== 0 && (oflags & OFLAGS_DIRECTORY) !== 0) return -ERRNO_INVAL;
		const refused = isSelf(path) ? this.#locations.locateSelf(directory) : this.#locations.locate(directory, path);
		if (refused < 0) return refused;
		try {
			const fd = this.#open(this.#locations.location, oflags, access);
			if (fd >= 0 && opensNew(oflags)) this.#names.made(directory, path);
			return fd;
		} finally {
			this.#cache.settle();
		}
	}

	close(fd: number): number {
		const kind = this.#table.kind(fd);
		const resource = this.#table.remove(fd);
		if (resource < 0) return -ERRNO_BADF;
		this.#sizes.closed(fd);
		if (kind === FILETYPE_DIRECTORY) {
			this.#kept.forget(fd);
			this.#listings.close(fd);
			this.#cache.forget(fd, '');
		}
		return this.#fsyncs.release(resource) ? closePlatform(resource) : 0;
	}

	read(fd: number, bytes: Uint8Array, position: number): number {
		const resource = this.#table.resource(fd);
		if (resource < 0) return -ERRNO_BADF;
		if (!isOffset(position)) return -ERRNO_INVAL;
		try {
			const count = readSync(resource, bytes, 0, bytes.length, position);
			return this.#sizes.wholeCount(fd, resource, position, count);
		} catch (error) {
			return -errnoOf(error);
		}
	}

	readWhole(directory: number, path: string, bytes: Uint8Array): number {
		const kept = this.#kept.find(directory, path);
		if (kept === undefined || kept.wholeBytes < 0) return this.#readAnew(directory, path, bytes);
		try {
			const count = readSync(kept.resource, bytes, 0, bytes.length, 0);
			if (count < bytes.length && count <= kept.wholeBytes) return count;
		} catch (error) {
			return -errnoOf(error);
		}
		// It has grown, or somebody appends to it now.
		this.#kept.drop(kept);
		return this.#readAnew(directory, path, bytes);
	}

	write(fd: number, bytes: Uint8Array, position: number): number {
		if (!isOffset(position)) return -ERRNO_INVAL;
		return this.#write(fd, bytes, position);
	}

	append(fd: number, bytes: Uint8Array): number {
		return this.#write(fd, bytes, null);
	}

	size(fd: number): number {
		const openedBytes = this.#sizes.take(fd);
		// The table is asked all the same: another thread may have closed it.
		const kind = this.kind(fd);
		if (kind !== FILETYPE_REGULAR_FILE) return kind < 0 ? kind : -ERRNO_ISDIR;
		if (openedBytes >= 0) return openedBytes;
		try {
			return this.#sizes.measure(fd, this.#table.resource(fd));
		} catch (error) {
			return -errnoOf(error);
		}
	}

	kind(fd: number): number {
		const kind = this.#table.kind(fd);
		// Of no kind are the directories that a thread keeps for itself.
		return kind <= FILETYPE_UNKNOWN ? -ERRNO_BADF : kind;
	}

	stat(fd: number, into: FileStat): number {
		const kind = this.kind(fd);
		if (kind < 0) return kind;
		try {
			const resource = this.#table.resource(fd);
			fillStat(into, fstatSync(resource, BIGINT));
			if (into.links > 1n && kind === FILETYPE_REGULAR_FILE && !this.#sizes.isWriter(fd))
				into.size = BigInt(wholeSize(resource));
			return 0;
		} catch (error) {
			return -errnoOf(error);
		}
	}

	statPath(directory: number, path: string, into: FileStat): number {
		if (isSelf(path)) return this.#locations.onSelf(directory) || this.stat(directory, into);
		// What was seen of a name before is not what is about to be seen.
		this.#lookedAt = '';
		const kept = this.#kept.find(directory, path);
		if (kept !== undefined) return this.#statKept(kept, into);
		const refused = this.#locations.locate(directory, path);
		if (refused < 0) return refused;
		try {
			if (this.#kept.wants(directory, path) && this.#keepPlace(directory, path, into)) return 0;
			const stats = describe(this.#cache.prefix, this.#cache.name, into, this.#locations.location);
			if (stats === undefined) return -ERRNO_NOENT;
			if (into.kind === FILETYPE_REGULAR_FILE) this.#remember(directory, path, stats);
			return 0;
		} catch (error) {
			return -errnoOf(error);
		} finally {
			this.#cache.settle();
		}
	}

	truncate(fd: number, size: number): number {
		const resource = this.#table.resource(fd);
		if (resource < 0) return -ERRNO_BADF;
		if (!isOffset(size)) return -ERRNO_INVAL;
		this.#sizes.changed(fd);
		try {
			ftruncateSync(resource, size);
			return 0;
		} catch (error) {
			return -errnoOf(error);
		}
	}

	setModified(fd: number, modifiedNs: bigint): number {
		const resource = this.#table.resource(fd);
		if (resource < 0) return -ERRNO_BADF;
		try {
			const seconds = Number(modifiedNs) / NS_PER_SECOND;
			futimesSync(resource, seconds, seconds);
			return 0;
		} catch (error) {
			return -errnoOf(error);
		}
	}

	settle(directory: number, path: string): number {
		const errno = this.#cache.settleDirectory(directory, path);
		this.#cache.settle();
		return errno;
	}

	sync(fd: number): number {
		const resource = this.#table.resource(fd);
		if (resource < 0) return -ERRNO_BADF;
		return 0 - this.#fsyncs.settle(resource);
	}

	syncSoon(fd: number): number {
		const resource = this.#table.resource(fd);
		if (resource < 0) return -ERRNO_BADF;
		this.#fsyncs.ask(resource);
		return 0;
	}

	createDirectory(directory: number, path: string): number {
		return this.#names.createDirectory(directory, path);
	}

	removeDirectory(directory: number, path: string): number {
		return this.#names.removeDirectory(directory, path);
	}

	unlink(directory: number, path: string): number {
		return this.#names.unlink(directory, path);
	}

	rename(source: number, sourcePath: string, target: number, targetPath: string): number {
		return this.#names.rename(source, sourcePath, target, targetPath);
	}

	link(source: number, sourcePath: string, target: number, targetPath: string): number {
		return this.#names.link(source, sourcePath, target, targetPath);
	}

	resolve(directory: number, path: string, followsLast: boolean): string | number {
		let target = '';
		const read = (location: string | Buffer) => {
			target = readlinkSync(location, 'latin1');
			return 0;
		};
		const base = {
			read: (name: string) => {
				const errno = this.#locations.at(directory, name, read);
				return errno < 0 ? errno : target;
			},
			place: () => linkOf(this.#cache.resource(directory)),
		};
		return resolveLinks(base, path, followsLast);
	}

	readDirectory(fd: number, cookie: number, visit: VisitEntry): number {
		if (!isOffset(cookie)) return -ERRNO_INVAL;
		const resource = this.#cache.resource(fd);
		return resource < 0 ? resource : this.#listings.read(fd, resource, cookie, visit);
	}

	listDirectory(fd: number, cookie: number, visit: VisitListed): number {
		if (!isOffset(cookie)) return -ERRNO_INVAL;
		const resource = this.#cache.resource(fd);
		if (resource < 0) return resource;
		const prefix = `${descriptorPath(resource)}/`;
		let entry = '';
		const describeEntry = (into: FileStat) => describe(prefix, entry, into) !== undefined;
		return this.#listings.read(fd, resource, cookie, (name, _kind, _inode, next) => {
			entry = name;
			return visit(name, describeEntry, next);
		});
	}

	describe(directory: number, path: string, inode: bigint, visit: VisitNames): number {
		const refused = this.#cache.find(directory, path === '' ? ANY_NAME : `${path}/${ANY_NAME}`);
		if (refused < 0) return refused;
		try {
			const { prefix } = this.#cache;
			if (lstatSync(`${prefix}.`, BIGINT).ino !== inode) return -ERRNO_NOENT;
			return visit((name, into) => {
				const unfit = name.includes('/') ? -ERRNO_INVAL : checkName(name);
				if (unfit < 0) return unfit;
				return describe(prefix, name, into) === undefined ? -ERRNO_NOENT : 0;
			});
		} catch (error) {
			return -errnoOf(error);
		} finally {
			this.#cache.settle();
		}
	}

	adopt(fd: number, directory: number, path: string): number {
		const resource = this.#table.resource(fd);
		if (resource < 0) return -ERRNO_BADF;
		if (this.#lookedAt === nameIn(directory, path)) return adoptFrom(resource, this.#looked);
		return this.#locations.at(directory, path, (location) => {
			const model = lstatSync(location, QUIET);
			if (model === undefined) return 0;
			return model.isFile() ? adoptFrom(resource, model) : -notAFile(model);
		});
	}

	clone(source: number, target: number): number {
		const from = this.#table.resource(source);
		const to = this.#table.resource(target);
		if (from < 0 || to < 0) return -ERRNO_BADF;
		this.#sizes.changed(target);
		try {
			cloneContent(from, to);
			return 0;
		} catch (error) {
			const errno = errnoOf(error);
			return NO_CLONE.has(errno) ? -ERRNO_NOTSUP : -errno;
		}
	}

	#remember(directory: number, path: string, { mode, uid, gid }: BigIntStats): void {
		this.#lookedAt = nameIn(directory, path);
		this.#looked.mode = Number(mode);
		this.#looked.uid = Number(uid);
		this.#looked.gid = Number(gid);
	}

	#write(fd: number, bytes: Uint8Array, position: number | null): number {
		const resource = this.#table.resource(fd);
		if (resource < 0) return -ERRNO_BADF;
		this.#sizes.changed(fd);
		try {
			return position === null ? writeSync(resource, bytes) : writeInSlices(resource, bytes, position);
		} catch (error) {
			return -errnoOf(error);
		}
	}

	/** Opens a file, reads it if it fits, and closes it or keeps it. */
	#readAnew(directory: number, path: string, bytes: Uint8Array): number {
		if (isSelf(path)) return this.#locations.onSelf(directory) || -ERRNO_ISDIR;
		const refused = this.#locations.locate(directory, path);
		if (refused < 0) return refused;
		const isWanted = this.#kept.wants(directory, path);
		let resource = -1;
		try {
			resource = this.#opener.open(this.#locations.location, 0, Access.read);
			if (resource < 0) return resource;
			if (this.#opener.kind === FILETYPE_DIRECTORY) return -ERRNO_ISDIR;
			const size = this.#sizeOfOpened(resource, Access.read);
			if (size >= bytes.length) {
				this.larger = this.#enterFile(resource, size, Access.read);
				if (this.larger >= 0) resource = -1;
				return this.larger < 0 ? this.larger : -ERRNO_FBIG;
			}
			const count = readFully(resource, size === bytes.length ? bytes : bytes.subarray(0, size));
			if (isWanted && this.#kept.keep(directory, path, resource, size)) resource = -1;
			return count;
		} catch (error) {
			return -errnoOf(error);
		} finally {
			if (resource >= 0) closePlatform(resource);
			this.#cache.settle();
		}
	}

	/** Takes hold of a file by its name, for stats to come, and gives that of now. False: there is no regular file, or it cannot be held. */
	#keepPlace(directory: number, path: string, into: FileStat): boolean {
		let resource = -1;
		try {
			resource = openSync(this.#locations.location, HOLD_FLAGS);
			fillStat(into, fstatSync(resource, BIGINT));
			if (into.kind !== FILETYPE_REGULAR_FILE || into.links > 1n) return false;
			if (!this.#kept.keep(directory, path, resource, -1)) return false;
			resource = -1;
			return true;
		} catch (error) {
			errnoOf(error);
			return false;
		} finally {
			if (resource >= 0) closePlatform(resource);
		}
	}

	#statKept({ resource, facts }: KeptFile, into: FileStat): number {
		try {
			facts.fill(resource, into);
			if (into.links > 1n) into.size = BigInt(wholeSize(resource));
			return 0;
		} catch (error) {
			return -errnoOf(error);
		}
	}

	#open(location: string | Buffer, oflags: number, access: Access): number {
		const resource = this.#opener.open(location, oflags, access);
		if (resource < 0) return resource;
		const fd = this.#enter(resource, access);
		if (fd < 0) closePlatform(resource);
		return fd;
	}

	/** Puts what was just opened into the table. */
	#enter(resource: number, access: Access): number {
		if (this.#opener.kind === FILETYPE_DIRECTORY) return this.#insert(resource, FILETYPE_DIRECTORY);
		try {
			return this.#enterFile(resource, this.#sizeOfOpened(resource, access), access);
		} catch (error) {
			return -errnoOf(error);
		}
	}

	/** Bytes of the regular file that was just opened. Throws what the platform throws. */
	#sizeOfOpened(resource: number, access: Access): number {
		const { links, sizeBytes } = this.#opener;
		return links === 1 || access !== Access.read ? sizeBytes : wholeSize(resource);
	}

	#insert(resource: number, kind: number): number {
		const fd = this.#table.insert(resource, kind);
		// What this thread keeps for itself takes up entries too.
		return fd === -ERRNO_MFILE && this.#kept.clear() ? this.#table.insert(resource, kind) : fd;
	}

	#enterFile(resource: number, sizeBytes: number, access: Access): number {
		const fd = this.#insert(resource, FILETYPE_REGULAR_FILE);
		this.#sizes.opened(fd, sizeBytes, access);
		return fd;
	}
}

/** What stat says of a name behind a prefix; `location` is both as the platform takes them. Undefined when it is not there. */
function describe(
	prefix: string,
	name: string,
	into: FileStat,
	location = platformPathIn(prefix, name),
): BigIntStats | undefined {
	const stats = lstatSync(location, QUIET_BIGINT);
	if (stats === undefined) return undefined;
	fillStat(into, stats);
	if (into.links > 1n && into.kind === FILETYPE_REGULAR_FILE) {
		into.size = BigInt(wholeBytes(prefix + name, () => lstatSync(location, BIGINT)));
	}
	return stats;
}

function adoptFrom(resource: number, model: Attributes): number {
	try {
		adoptAttributes(resource, model);
		return 0;
	} catch (error) {
		return -errnoOf(error);
	}
}

function closePlatform(resource: number): number {
	try {
		closeSync(resource);
		return 0;
	} catch (error) {
		return -errnoOf(error);
	}
}

function isOffset(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 0;
}
