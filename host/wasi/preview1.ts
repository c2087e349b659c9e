import {
	ADVICE_DONTNEED,
	DIRENT_BYTES,
	DIRENT_FILETYPE,
	DIRENT_INODE,
	DIRENT_NAME_BYTES,
	DIRENT_NEXT,
	ERRNO_AGAIN,
	ERRNO_BADF,
	ERRNO_FAULT,
	ERRNO_FBIG,
	ERRNO_INTR,
	ERRNO_INVAL,
	ERRNO_NAMETOOLONG,
	ERRNO_NOENT,
	ERRNO_NOSYS,
	ERRNO_NOTSUP,
	ERRNO_SUCCESS,
	FDFLAGS_APPEND,
	FILESTAT_BYTES,
	FILETYPE_UNKNOWN,
	FSTFLAGS_MTIM,
	LIST_ENTRY_KIND,
	LIST_ENTRY_MAX_BYTES,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	LIST_ENTRY_STAT,
	OFLAGS_CREAT,
	OFLAGS_TRUNC,
	RIGHT_FD_WRITE,
	STATUS_REVOKED,
} from '../../assembly/layout.js';
import { byteStringAt, writeByteString } from './byte-string.js';
import { Access, FileStat, type Files, type VisitNames } from './files.js';
import { monotonicNs } from './monotonic-clock.js';
import { endOfOwner } from './owner.js';
import type { ParcelOutbox } from './parcel-outbox.js';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const MILLISECOND_NS = 1_000_000n;
const SEEK_END = 2;
const IOVEC_BYTES = 8;
/** As on Linux. */
const IOVECS_MAX = 1024;
/** Views that are kept. */
const VIEWS_MAX = 1024;
/** Several vectors of an append are copied together first; the engine's buffers are smaller than this. */
const GATHER_MAX_BYTES = 16_777_216;
/** Two u64 that come back of a piece of a listing: the bytes used, and the cookie that continues. */
const LISTED_BYTES = 16;
const LISTED_NEXT = 8;
const ENTRY_ALIGNMENT = 8;
const LONG_BYTES = 8;
/** Names that are looked at before other requests get their turn. */
const DESCRIBED_MAX = 32;

/** Moves the bytes of one vector. */
type Transfer = (fd: number, bytes: Uint8Array, position: number) => number;

/**
 * WASI preview 1 over any `Files`: pointers become byte strings, views and numbers, and results go back into memory. This is
 * the seam at which tests inject faults: an object of plain functions, each of which answers with a WASI errno or with a
 * `STATUS_` of ours.
 *
 * What the instance passes is not trusted: every pointer is checked before anything happens (`ERRNO_FAULT`). `memory` must
 * never grow, since views of it are made once. `mayChange` is asked before everything that changes something: an instance
 * that was given up gets `STATUS_REVOKED`. Without `parcels` no result travels in memory of its own.
 */
export function preview1(
	files: Files,
	memory: WebAssembly.Memory,
	mayChange: () => boolean,
	endOf: (entry: string) => number = endOfOwner,
	parcels?: ParcelOutbox,
): WebAssembly.Imports {
	// One view to copy by, one to cut views for the platform from, one for numbers at any address.
	const text = Buffer.from(memory.buffer as ArrayBuffer);
	const bytes = new Uint8Array(memory.buffer);
	const numbers = new DataView(memory.buffer);
	/** A bigint gets into these in a twentieth of the time that a `DataView` takes. */
	const longs = new BigUint64Array(memory.buffer);
	/** Where a filestat is made that does not stand at a multiple of eight. */
	const crooked = new BigUint64Array(FILESTAT_BYTES / LONG_BYTES);
	const limit = bytes.length;
	/** The engine moves bytes from and to the same places again and again: a view takes longer to make than to find. */
	const views = new Map<number, Uint8Array>();
	const stat = new FileStat();
	const header = new DataView(new ArrayBuffer(DIRENT_BYTES));
	const headerBytes = new Uint8Array(header.buffer);
	// A listing in progress: where the next entry goes, and where the buffer ends.
	let entryAt = 0;
	let entriesEnd = 0;
	/** Where it would go on if an entry found no room; 0 as long as all did. */
	let entriesNext = 0;
	let isFull = false;

	/** Addresses and lengths arrive as signed numbers. */
	const isOutside = (pointer: number, length: number) => pointer >>> 0 > limit - (length >>> 0);
	const path = (pointer: number, length: number) => byteStringAt(text, pointer >>> 0, (pointer >>> 0) + (length >>> 0));
	const result = (value: number) => (value < 0 ? -value : ERRNO_SUCCESS);

	/** Whether all vectors lie inside, and the count behind `out` too: an errno. */
	const checkVectors = (vectors: number, count: number, out: number) => {
		if (count >>> 0 > IOVECS_MAX) return ERRNO_INVAL;
		if (isOutside(vectors, count * IOVEC_BYTES) || isOutside(out, 4)) return ERRNO_FAULT;
		for (let index = 0; index < count; index++) {
			const vector = (vectors >>> 0) + index * IOVEC_BYTES;
			if (isOutside(numbers.getUint32(vector, true), numbers.getUint32(vector + 4, true))) return ERRNO_FAULT;
		}
		return ERRNO_SUCCESS;
	};

	/**
	 * What a vector describes. It is read anew from memory that the instance's thread alone writes; an address that lies
	 * outside by now gives a shorter view, never one of other memory.
	 */
	const view = (vectors: number, index: number) => {
		const vector = (vectors >>> 0) + index * IOVEC_BYTES;
		return viewOf(numbers.getUint32(vector, true), numbers.getUint32(vector + 4, true));
	};

	const viewOf = (start: number, length: number) => {
		const known = views.get(start);
		if (known !== undefined && known.length === length) return known;
		const made = bytes.subarray(start, start + length);
		if (views.size >= VIEWS_MAX) views.clear();
		views.set(start, made);
		return made;
	};

	/** Moves vector after vector until one comes back short. An error after the first bytes shows at the next call. */
	const transfer = (call: Transfer, fd: number, vectors: number, count: number, offset: bigint, out: number) => {
		const refused = checkVectors(vectors, count, out);
		if (refused !== ERRNO_SUCCESS) return refused;
		const position = Number(BigInt.asUintN(64, offset));
		let done = 0;
		for (let index = 0; index < count; index++) {
			const part = view(vectors, index);
			const moved = call(fd, part, position + done);
			if (moved < 0 && done === 0) return -moved;
			if (moved > 0) done += moved;
			if (moved < part.length) break;
		}
		numbers.setUint32(out >>> 0, done, true);
		return ERRNO_SUCCESS;
	};

	/** All vectors as one piece; undefined when they are larger than is copied at once. */
	const gather = (vectors: number, count: number) => {
		if (count === 1) return view(vectors, 0);
		const parts = Array.from({ length: count }, (_, index) => view(vectors, index));
		const total = parts.reduce((sum, part) => sum + part.length, 0);
		return total > GATHER_MAX_BYTES ? undefined : Buffer.concat(parts, total);
	};

	/** Eight numbers of 64 bits, in the order of `FILESTAT_`. */
	const writeStat = (pointer: number) => {
		let next = (pointer >>> 0) / LONG_BYTES;
		const isAligned = Number.isInteger(next);
		const into = isAligned ? longs : crooked;
		if (!isAligned) next = 0;
		into[next++] = stat.device;
		into[next++] = stat.inode;
		// One byte, and seven of padding.
		into[next++] = BigInt(stat.kind);
		into[next++] = stat.links;
		into[next++] = stat.size;
		into[next++] = stat.accessedNs;
		into[next++] = stat.modifiedNs;
		into[next] = stat.changedNs;
		if (!isAligned) text.set(new Uint8Array(crooked.buffer), pointer >>> 0);
		return ERRNO_SUCCESS;
	};

	/** One directory entry. What does not fit is cut off at the end of the buffer: a full buffer says that there is more. */
	const visitEntry = (name: string, kind: number, inode: bigint, next: number) => {
		const room = entriesEnd - entryAt;
		if (room === 0) return false;
		header.setBigUint64(DIRENT_NEXT, BigInt(next), true);
		header.setBigUint64(DIRENT_INODE, inode, true);
		header.setUint32(DIRENT_NAME_BYTES, name.length, true);
		header.setUint32(DIRENT_FILETYPE, kind, true);
		bytes.set(room < DIRENT_BYTES ? headerBytes.subarray(0, room) : headerBytes, entryAt);
		const nameRoom = Math.min(room - DIRENT_BYTES, name.length);
		if (nameRoom > 0) writeByteString(text, name, entryAt + DIRENT_BYTES, nameRoom);
		entryAt += Math.min(room, DIRENT_BYTES + name.length);
		return nameRoom === name.length;
	};

	/** One finished entry; false when there is no room for it. */
	const visitListed = (name: string, describe: (into: FileStat) => boolean, next: number) => {
		const entryBytes = entryBytesOf(name.length);
		if (entryBytes > LIST_ENTRY_MAX_BYTES) {
			// Longer than any name that could be asked for.
			entriesNext = next;
			return true;
		}
		if (entryBytes > entriesEnd - entryAt) {
			isFull = true;
			return false;
		}
		entriesNext = next;
		if (!describe(stat)) return true;
		writeStat(entryAt + LIST_ENTRY_STAT);
		numbers.setUint32(entryAt + LIST_ENTRY_KIND, stat.kind, true);
		numbers.setUint32(entryAt + LIST_ENTRY_NAME_BYTES, name.length, true);
		writeByteString(text, name, entryAt + LIST_ENTRY_NAME);
		entryAt += entryBytes;
		return true;
	};

	/** Some of the entries whose names are there; what is not one is refused. */
	const visitNames: VisitNames = (look) => {
		for (let count = 0; count < DESCRIBED_MAX && entryAt < entriesEnd; count++) {
			const room = entriesEnd - entryAt - LIST_ENTRY_NAME;
			const nameBytes = room < 0 ? 0 : numbers.getUint32(entryAt + LIST_ENTRY_NAME_BYTES, true);
			if (nameBytes > room) return -ERRNO_INVAL;
			const start = entryAt + LIST_ENTRY_NAME;
			const failed = look(byteStringAt(text, start, start + nameBytes), stat);
			if (failed < 0 && failed !== -ERRNO_NOENT) return failed;
			if (failed === 0) writeStat(entryAt + LIST_ENTRY_STAT);
			numbers.setUint32(entryAt + LIST_ENTRY_KIND, failed < 0 ? FILETYPE_UNKNOWN : stat.kind, true);
			entryAt = Math.min(entriesEnd, entryAt + entryBytesOf(nameBytes));
		}
		return 0;
	};

	const read: Transfer = (fd, part, position) => files.read(fd, part, position);
	const write: Transfer = (fd, part, position) => files.write(fd, part, position);

	const wasi_snapshot_preview1 = {
		/** Never follows a symlink, whatever the lookup flags say. */
		path_open(
			directory: number,
			_lookup: number,
			pointer: number,
			length: number,
			oflags: number,
			rights: bigint,
			_inheriting: bigint,
			fdflags: number,
			out: number,
		): number {
			if (isOutside(pointer, length) || isOutside(out, 4)) return ERRNO_FAULT;
			const writes = (Number(BigInt.asUintN(32, rights)) & RIGHT_FD_WRITE) !== 0;
			if ((writes || (oflags & (OFLAGS_CREAT | OFLAGS_TRUNC)) !== 0) && !mayChange()) return STATUS_REVOKED;
			const access = !writes ? Access.read : (fdflags & FDFLAGS_APPEND) !== 0 ? Access.append : Access.write;
			const fd = files.open(directory, path(pointer, length), oflags, access);
			if (fd < 0) return -fd;
			numbers.setUint32(out >>> 0, fd, true);
			return ERRNO_SUCCESS;
		},
		path_filestat_get(directory: number, _lookup: number, pointer: number, length: number, out: number): number {
			if (isOutside(pointer, length) || isOutside(out, FILESTAT_BYTES)) return ERRNO_FAULT;
			const failed = files.statPath(directory, path(pointer, length), stat);
			return failed < 0 ? -failed : writeStat(out);
		},
		path_create_directory(directory: number, pointer: number, length: number): number {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.createDirectory(directory, path(pointer, length))) : STATUS_REVOKED;
		},
		path_remove_directory(directory: number, pointer: number, length: number): number {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.removeDirectory(directory, path(pointer, length))) : STATUS_REVOKED;
		},
		path_unlink_file(directory: number, pointer: number, length: number): number {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.unlink(directory, path(pointer, length))) : STATUS_REVOKED;
		},
		path_rename(
			source: number,
			pointer: number,
			length: number,
			target: number,
			targetPointer: number,
			targetLength: number,
		): number {
			if (isOutside(pointer, length) || isOutside(targetPointer, targetLength)) return ERRNO_FAULT;
			if (!mayChange()) return STATUS_REVOKED;
			return result(files.rename(source, path(pointer, length), target, path(targetPointer, targetLength)));
		},
		path_link(
			source: number,
			_lookup: number,
			pointer: number,
			length: number,
			target: number,
			targetPointer: number,
			targetLength: number,
		): number {
			if (isOutside(pointer, length) || isOutside(targetPointer, targetLength)) return ERRNO_FAULT;
			if (!mayChange()) return STATUS_REVOKED;
			return result(files.link(source, path(pointer, length), target, path(targetPointer, targetLength)));
		},
		fd_close(fd: number): number {
			return result(files.close(fd));
		},
		fd_pread(fd: number, vectors: number, count: number, offset: bigint, out: number): number {
			return transfer(read, fd, vectors, count, offset, out);
		},
		fd_pwrite(fd: number, vectors: number, count: number, offset: bigint, out: number): number {
			return mayChange() ? transfer(write, fd, vectors, count, offset, out) : STATUS_REVOKED;
		},
		/** Appends: several vectors become one call, so that nobody else's bytes come between them. */
		fd_write(fd: number, vectors: number, count: number, out: number): number {
			const refused = checkVectors(vectors, count, out);
			if (refused !== ERRNO_SUCCESS) return refused;
			if (!mayChange()) return STATUS_REVOKED;
			const piece = gather(vectors, count);
			if (piece === undefined) return ERRNO_INVAL;
			const written = files.append(fd, piece);
			if (written < 0) return -written;
			numbers.setUint32(out >>> 0, written, true);
			return ERRNO_SUCCESS;
		},
		/** Tells the size: descriptors have no position here, so only the end can be sought. */
		fd_seek(fd: number, offset: bigint, whence: number, out: number): number {
			if (isOutside(out, 8)) return ERRNO_FAULT;
			if (whence !== SEEK_END || offset !== 0n) return ERRNO_NOTSUP;
			const size = files.size(fd);
			if (size < 0) return -size;
			numbers.setBigUint64(out >>> 0, BigInt(size), true);
			return ERRNO_SUCCESS;
		},
		fd_filestat_get(fd: number, out: number): number {
			if (isOutside(out, FILESTAT_BYTES)) return ERRNO_FAULT;
			const failed = files.stat(fd, stat);
			return failed < 0 ? -failed : writeStat(out);
		},
		fd_filestat_set_size(fd: number, size: bigint): number {
			return mayChange() ? result(files.truncate(fd, Number(BigInt.asUintN(64, size)))) : STATUS_REVOKED;
		},
		fd_filestat_set_times(fd: number, _accessed: bigint, modified: bigint, flags: number): number {
			if (flags !== FSTFLAGS_MTIM) return ERRNO_NOSYS;
			return mayChange() ? result(files.setModified(fd, BigInt.asUintN(64, modified))) : STATUS_REVOKED;
		},
		fd_readdir(fd: number, pointer: number, length: number, cookie: bigint, out: number): number {
			if (isOutside(pointer, length) || isOutside(out, 4)) return ERRNO_FAULT;
			entryAt = pointer >>> 0;
			entriesEnd = entryAt + (length >>> 0);
			const failed = files.readDirectory(fd, Number(BigInt.asUintN(64, cookie)), visitEntry);
			if (failed < 0) return -failed;
			numbers.setUint32(out >>> 0, entryAt - (pointer >>> 0), true);
			return ERRNO_SUCCESS;
		},
		fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number): number {
			if (advice !== ADVICE_DONTNEED || files.syncSoon === undefined) return ERRNO_SUCCESS;
			return result(files.syncSoon(fd));
		},
		fd_sync(fd: number): number {
			return result(files.sync(fd));
		},
		clock_time_get(clock: number, _precision: bigint, out: number): number {
			if (isOutside(out, 8)) return ERRNO_FAULT;
			if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return ERRNO_INVAL;
			const time = clock === CLOCK_MONOTONIC ? monotonicNs() : BigInt(Date.now()) * MILLISECOND_NS;
			numbers.setBigUint64(out >>> 0, time, true);
			return ERRNO_SUCCESS;
		},
		/** The engine calls this at the start of every batch of requests. */
		sched_yield(): number {
			files.batch();
			if (files.needsTurn === true) return ERRNO_INTR;
			return files.isKeeping === true ? ERRNO_AGAIN : ERRNO_SUCCESS;
		},
	};
	const holdfast = {
		file_adopt(fd: number, directory: number, pointer: number, length: number): number {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.adopt(fd, directory, path(pointer, length))) : STATUS_REVOKED;
		},
		file_read(directory: number, pointer: number, length: number, buffer: number, room: number, out: number): number {
			if (isOutside(pointer, length) || isOutside(buffer, room) || isOutside(out, 4)) return ERRNO_FAULT;
			const count =
				files.readWhole?.(directory, path(pointer, length), viewOf(buffer >>> 0, room >>> 0)) ?? -ERRNO_NOSYS;
			if (count < 0 && count !== -ERRNO_FBIG) return -count;
			numbers.setUint32(out >>> 0, count < 0 ? (files.larger ?? 0) : count, true);
			return count < 0 ? ERRNO_FBIG : ERRNO_SUCCESS;
		},
		file_clone(source: number, target: number): number {
			return mayChange() ? result(files.clone(source, target)) : STATUS_REVOKED;
		},
		directory_list(fd: number, pointer: number, length: number, cookie: bigint, out: number): number {
			if (isOutside(pointer, length) || isOutside(out, LISTED_BYTES)) return ERRNO_FAULT;
			if (files.listDirectory === undefined) return ERRNO_NOSYS;
			const from = Number(BigInt.asUintN(64, cookie));
			entryAt = pointer >>> 0;
			entriesEnd = entryAt + (length >>> 0);
			entriesNext = from;
			isFull = false;
			const failed = files.listDirectory(fd, from, visitListed);
			if (failed < 0) return -failed;
			numbers.setBigUint64(out >>> 0, BigInt(entryAt - (pointer >>> 0)), true);
			numbers.setBigUint64((out >>> 0) + LISTED_NEXT, isFull ? BigInt(entriesNext) : 0n, true);
			return ERRNO_SUCCESS;
		},
		directory_describe(
			directory: number,
			pointer: number,
			length: number,
			inode: bigint,
			entries: number,
			entriesLength: number,
			out: number,
		): number {
			if (isOutside(pointer, length) || isOutside(entries, entriesLength) || isOutside(out, 4)) return ERRNO_FAULT;
			if (files.describe === undefined) return ERRNO_NOSYS;
			entryAt = entries >>> 0;
			entriesEnd = entryAt + (entriesLength >>> 0);
			const failed = files.describe(directory, path(pointer, length), BigInt.asUintN(64, inode), visitNames);
			if (failed < 0) return -failed;
			numbers.setUint32(out >>> 0, entryAt - (entries >>> 0), true);
			return ERRNO_SUCCESS;
		},
		path_settle(directory: number, pointer: number, length: number): number {
			return isOutside(pointer, length) ? ERRNO_FAULT : result(files.settle(directory, path(pointer, length)));
		},
		path_resolve(
			directory: number,
			pointer: number,
			length: number,
			follow: number,
			target: number,
			targetLength: number,
			out: number,
		): number {
			if (isOutside(pointer, length) || isOutside(target, targetLength) || isOutside(out, 4)) return ERRNO_FAULT;
			const found = files.resolve?.(directory, path(pointer, length), follow !== 0) ?? -ERRNO_NOSYS;
			if (typeof found === 'number') return -found;
			if (found.length > targetLength >>> 0) return ERRNO_NAMETOOLONG;
			writeByteString(text, found, target >>> 0);
			numbers.setUint32(out >>> 0, found.length, true);
			return ERRNO_SUCCESS;
		},
		owner_ended(pointer: number, length: number): number {
			return isOutside(pointer, length) ? 0 : endOf(path(pointer, length));
		},
		parcel_make(size: bigint, out: number): number {
			if (isOutside(out, 4)) return ERRNO_FAULT;
			const parcel = parcels?.make(Number(BigInt.asUintN(64, size))) ?? -ERRNO_NOSYS;
			if (parcel < 0) return -parcel;
			numbers.setUint32(out >>> 0, parcel, true);
			return ERRNO_SUCCESS;
		},
		parcel_read(parcel: number, fd: number, length: number, offset: bigint, out: number): number {
			if (isOutside(out, 4)) return ERRNO_FAULT;
			const room = parcels?.room(parcel >>> 0, length >>> 0);
			if (room === undefined) return ERRNO_BADF;
			const moved = files.read(fd, room, Number(BigInt.asUintN(64, offset)));
			if (moved < 0) return -moved;
			parcels?.fill(parcel >>> 0, moved);
			numbers.setUint32(out >>> 0, moved, true);
			return ERRNO_SUCCESS;
		},
		parcel_send(parcel: number): number {
			if (!mayChange()) return STATUS_REVOKED;
			return parcels?.send(parcel >>> 0) ? ERRNO_SUCCESS : ERRNO_BADF;
		},
		parcel_drop(parcel: number): number {
			return parcels?.drop(parcel >>> 0) ? ERRNO_SUCCESS : ERRNO_BADF;
		},
	};
	return { wasi_snapshot_preview1, holdfast };
}

/** Of an entry in a page. */
function entryBytesOf(nameBytes: number): number {
	return Math.ceil((LIST_ENTRY_NAME + nameBytes) / ENTRY_ALIGNMENT) * ENTRY_ALIGNMENT;
}
