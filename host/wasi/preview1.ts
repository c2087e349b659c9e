import {
	DIRENT_BYTES,
	DIRENT_FILETYPE,
	DIRENT_INODE,
	DIRENT_NAME_BYTES,
	DIRENT_NEXT,
	ERRNO_FAULT,
	ERRNO_INVAL,
	ERRNO_NOSYS,
	ERRNO_SUCCESS,
	FDFLAGS_APPEND,
	FILESTAT_ATIME,
	FILESTAT_BYTES,
	FILESTAT_CTIME,
	FILESTAT_DEVICE,
	FILESTAT_FILETYPE,
	FILESTAT_INODE,
	FILESTAT_LINKS,
	FILESTAT_MTIME,
	FILESTAT_SIZE,
	RIGHT_FD_WRITE,
	STATUS_REVOKED,
} from '../../assembly/layout.js';
import { Access, FileStat, type Files } from './files.js';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const SEEK_END = 2;
const IOVEC_BYTES = 8;
const WRITES = BigInt(RIGHT_FD_WRITE);

/**
 * WASI preview 1 over any `Files`: pointers become byte strings, views and numbers, and results go back into memory. This is the
 * seam at which tests inject faults: an object of plain functions that each answer with a WASI errno.
 *
 * `memory` must never grow. `mayChange` is asked before everything that changes something: an instance that was given up
 * gets `STATUS_REVOKED`.
 */
export function preview1(files: Files, memory: WebAssembly.Memory, mayChange: () => boolean): WebAssembly.Imports {
	const bytes = Buffer.from(memory.buffer as ArrayBuffer);
	const limit = bytes.length;
	const stat = new FileStat();

	const isOutside = (pointer: number, length: number) => pointer >>> 0 > limit - (length >>> 0) || length >>> 0 > limit;
	const path = (pointer: number, length: number) => bytes.latin1Slice(pointer >>> 0, (pointer >>> 0) + length);
	const result = (value: number) => (value < 0 ? -value : ERRNO_SUCCESS);
	const word = (pointer: number) => bytes.readUInt32LE(pointer >>> 0);
	/** The view that an iovec describes, or undefined when it lies outside. */
	const view = (vector: number): Uint8Array | undefined => {
		const start = word(vector);
		const length = word(vector + 4);
		return isOutside(start, length) ? undefined : bytes.subarray(start, start + length);
	};

	/** Runs a transfer over all vectors until one comes back short. */
	const transfer = (vectors: number, count: number, out: number, call: (view: Uint8Array, done: number) => number) => {
		if (isOutside(vectors, count * IOVEC_BYTES) || isOutside(out, 4)) return ERRNO_FAULT;
		let done = 0;
		for (let index = 0; index < count; index++) {
			const part = view(vectors + index * IOVEC_BYTES);
			if (part === undefined) return ERRNO_FAULT;
			const moved = call(part, done);
			if (moved < 0 && done === 0) return -moved;
			if (moved > 0) done += moved;
			if (moved < part.length) break;
		}
		bytes.writeUInt32LE(done, out >>> 0);
		return ERRNO_SUCCESS;
	};

	const writeStat = (pointer: number) => {
		const at = pointer >>> 0;
		bytes.writeBigUInt64LE(BigInt.asUintN(64, stat.device), at + FILESTAT_DEVICE);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, stat.inode), at + FILESTAT_INODE);
		bytes.writeBigUInt64LE(BigInt(stat.kind), at + FILESTAT_FILETYPE);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, stat.links), at + FILESTAT_LINKS);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, stat.size), at + FILESTAT_SIZE);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, stat.accessedNs), at + FILESTAT_ATIME);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, stat.modifiedNs), at + FILESTAT_MTIME);
		bytes.writeBigUInt64LE(BigInt.asUintN(64, stat.changedNs), at + FILESTAT_CTIME);
		return ERRNO_SUCCESS;
	};

	const wasi_snapshot_preview1 = {
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
		) {
			if (isOutside(pointer, length) || isOutside(out, 4)) return ERRNO_FAULT;
			const writes = (rights & WRITES) !== 0n;
			if (writes && !mayChange()) return STATUS_REVOKED;
			const access = !writes ? Access.read : (fdflags & FDFLAGS_APPEND) !== 0 ? Access.append : Access.write;
			const fd = files.open(directory, path(pointer, length), oflags, access);
			if (fd < 0) return -fd;
			bytes.writeUInt32LE(fd, out >>> 0);
			return ERRNO_SUCCESS;
		},
		path_filestat_get(directory: number, _lookup: number, pointer: number, length: number, out: number) {
			if (isOutside(pointer, length) || isOutside(out, FILESTAT_BYTES)) return ERRNO_FAULT;
			const errno = files.statPath(directory, path(pointer, length), stat);
			return errno < 0 ? -errno : writeStat(out);
		},
		path_create_directory(directory: number, pointer: number, length: number) {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.createDirectory(directory, path(pointer, length))) : STATUS_REVOKED;
		},
		path_remove_directory(directory: number, pointer: number, length: number) {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.removeDirectory(directory, path(pointer, length))) : STATUS_REVOKED;
		},
		path_unlink_file(directory: number, pointer: number, length: number) {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.unlink(directory, path(pointer, length))) : STATUS_REVOKED;
		},
		path_rename(source: number, pointer: number, length: number, target: number, targetPointer: number, targetLength: number) {
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
		) {
			if (isOutside(pointer, length) || isOutside(targetPointer, targetLength)) return ERRNO_FAULT;
			if (!mayChange()) return STATUS_REVOKED;
			return result(files.link(source, path(pointer, length), target, path(targetPointer, targetLength)));
		},
		fd_close: (fd: number) => result(files.close(fd)),
		fd_pread: (fd: number, vectors: number, count: number, offset: bigint, out: number) =>
			transfer(vectors, count, out, (part, done) => files.read(fd, part, Number(offset) + done)),
		fd_pwrite: (fd: number, vectors: number, count: number, offset: bigint, out: number) =>
			mayChange()
				? transfer(vectors, count, out, (part, done) => files.write(fd, part, Number(offset) + done))
				: STATUS_REVOKED,
		fd_write: (fd: number, vectors: number, count: number, out: number) =>
			mayChange() ? transfer(vectors, count, out, (part) => files.append(fd, part)) : STATUS_REVOKED,
		fd_seek(fd: number, offset: bigint, whence: number, out: number) {
			if (isOutside(out, 8)) return ERRNO_FAULT;
			if (whence !== SEEK_END || offset !== 0n) return ERRNO_NOSYS;
			const size = files.size(fd);
			if (size < 0) return -size;
			bytes.writeBigUInt64LE(BigInt(size), out >>> 0);
			return ERRNO_SUCCESS;
		},
		fd_filestat_get(fd: number, out: number) {
			if (isOutside(out, FILESTAT_BYTES)) return ERRNO_FAULT;
			const errno = files.stat(fd, stat);
			return errno < 0 ? -errno : writeStat(out);
		},
		fd_filestat_set_size: (fd: number, size: bigint) => (mayChange() ? result(files.truncate(fd, Number(size))) : STATUS_REVOKED),
		fd_readdir(fd: number, pointer: number, length: number, cookie: bigint, out: number) {
			if (isOutside(pointer, length) || isOutside(out, 4)) return ERRNO_FAULT;
			const start = pointer >>> 0;
			let used = 0;
			const errno = files.readDirectory(fd, Number(cookie), (name, kind, inode, next) => {
				const left = length - used;
				if (left === 0) return false;
				// An entry that does not fit is cut off, which tells that there is more.
				if (left < DIRENT_BYTES + name.length) {
					bytes.fill(0xff, start + used, start + length);
					used = length;
					return false;
				}
				const at = start + used;
				bytes.writeBigUInt64LE(BigInt(next), at + DIRENT_NEXT);
				bytes.writeBigUInt64LE(BigInt.asUintN(64, inode), at + DIRENT_INODE);
				bytes.writeUInt32LE(name.length, at + DIRENT_NAME_BYTES);
				bytes.writeUInt32LE(kind, at + DIRENT_FILETYPE);
				bytes.latin1Write(name, at + DIRENT_BYTES, name.length);
				used += DIRENT_BYTES + name.length;
				return true;
			});
			if (errno < 0) return -errno;
			bytes.writeUInt32LE(used, out >>> 0);
			return ERRNO_SUCCESS;
		},
		fd_sync: (fd: number) => result(files.sync(fd)),
		clock_time_get(clock: number, _precision: bigint, out: number) {
			if (isOutside(out, 8)) return ERRNO_FAULT;
			if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return ERRNO_INVAL;
			const time = clock === CLOCK_MONOTONIC ? process.hrtime.bigint() : BigInt(Date.now()) * 1_000_000n;
			bytes.writeBigUInt64LE(time, out >>> 0);
			return ERRNO_SUCCESS;
		},
		sched_yield() {
			files.batch();
			return ERRNO_SUCCESS;
		},
	};
	const holdfast = {
		file_adopt(fd: number, directory: number, pointer: number, length: number) {
			if (isOutside(pointer, length)) return ERRNO_FAULT;
			return mayChange() ? result(files.adopt(fd, directory, path(pointer, length))) : STATUS_REVOKED;
		},
		file_clone: (source: number, target: number) => (mayChange() ? result(files.clone(source, target)) : STATUS_REVOKED),
	};
	return { wasi_snapshot_preview1, holdfast };
}
