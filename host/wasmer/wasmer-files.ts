import {
	DIRENT_BYTES,
	DIRENT_FILETYPE,
	DIRENT_INODE,
	DIRENT_NAME_BYTES,
	DIRENT_NEXT,
	ERRNO_BADF,
	ERRNO_EXIST,
	ERRNO_ISDIR,
	ERRNO_NOSYS,
	ERRNO_NOTSUP,
	FDFLAGS_APPEND,
	FILESTAT_FILETYPE,
	FILESTAT_SIZE,
	FILETYPE_DIRECTORY,
	FILETYPE_UNKNOWN,
	RIGHT_FD_READ,
	RIGHT_FD_READDIR,
	RIGHT_FD_WRITE,
	RIGHT_PATH_OPEN,
} from '../../assembly/layout.js';
import type { DescriptorTable } from '../wasi/descriptor-table.js';
import { Access, type FileStat, type Files, type VisitEntry } from '../wasi/files.js';
import { DATA_AT, DATA_BYTES, PATH_AT, PATH_ROOM, RESULT_AT, SCRATCH_MODULE, TARGET_AT, VECTOR_AT } from './scratch.js';

/** The part of the class `WASI` of @wasmer/wasi 1.x that is used here. */
export interface WasmerWasi {
	getImports(module: WebAssembly.Module): object;
	instantiate(instance: WebAssembly.Instance, imports?: object): WebAssembly.Instance;
}

type Preview1 = Record<string, (...values: (number | bigint)[]) => number>;

const SEEK_END = 2;
const NO_DESCRIPTOR = 0xffff_ffff;
/** 3 is a directory that may not be used. */
const FIRST_PREOPEN = 4;
const RIGHT_FD_SEEK = 4;
const RIGHT_FD_FILESTAT_SET_SIZE = 1 << 22;
const RIGHTS_TO_READ = BigInt(RIGHT_FD_READ | RIGHT_FD_SEEK | RIGHT_FD_READDIR | RIGHT_PATH_OPEN);
const RIGHTS_TO_CHANGE = BigInt(RIGHT_FD_READ | RIGHT_FD_WRITE | RIGHT_FD_SEEK | RIGHT_FD_FILESTAT_SET_SIZE);
const LIST_BYTES = 4096;

/**
 * `Files` over @wasmer/wasi, whose files are in memory. It translates, and corrects where that
 * host contradicts itself (see `docs/wasmer.md`): the size of an open file is asked by seeking, a directory that exists is said to
 * exist, and inodes and times, which mean nothing there, are 0.
 */
export class WasmerFiles implements Files {
	readonly #calls: Preview1;
	readonly #bytes: Buffer;
	readonly #numbers: DataView;
	readonly #table: DescriptorTable;

	constructor(wasi: WasmerWasi, table: DescriptorTable) {
		this.#table = table;
		const module = new WebAssembly.Module(SCRATCH_MODULE);
		const imports = wasi.getImports(module) as WebAssembly.Imports;
		const instance = new WebAssembly.Instance(module, imports);
		// Says in whose memory it is to answer.
		wasi.instantiate(instance, {});
		const { buffer } = instance.exports.memory as WebAssembly.Memory;
		this.#calls = imports.wasi_snapshot_preview1 as unknown as Preview1;
		this.#bytes = Buffer.from(buffer);
		this.#numbers = new DataView(buffer);
	}

	/** A root: a preopened directory, which is a number of that host; the first one is 4. `-ERRNO_BADF` when it is none. */
	openRoot(preopen = FIRST_PREOPEN): number {
		const failed = this.#calls.fd_prestat_get(preopen, RESULT_AT);
		return failed !== 0 ? -failed : this.#table.insert(preopen, FILETYPE_DIRECTORY);
	}

	batch(): void {}

	open(directory: number, path: string, oflags: number, access: Access): number {
		const rights = access === Access.read ? RIGHTS_TO_READ : RIGHTS_TO_CHANGE;
		const flags = access === Access.append ? FDFLAGS_APPEND : 0;
		const at = this.#of(directory);
		const errno = this.#calls.path_open(at, 0, ...this.#path(path), oflags, rights, 0n, flags, RESULT_AT);
		if (errno !== 0) return -errno;
		const resource = this.#numbers.getUint32(RESULT_AT, true);
		const kind = this.#kindOf(resource);
		const isRefused = access !== Access.read && kind === FILETYPE_DIRECTORY;
		const fd = isRefused ? -ERRNO_ISDIR : this.#table.insert(resource, kind);
		if (fd < 0) this.#calls.fd_close(resource);
		return fd;
	}

	close(fd: number): number {
		const resource = this.#table.remove(fd);
		return resource < 0 ? -ERRNO_BADF : negated(this.#calls.fd_close(resource));
	}

	read(fd: number, bytes: Uint8Array, position: number): number {
		const length = Math.min(bytes.length, DATA_BYTES);
		const errno = this.#calls.fd_pread(this.#of(fd), this.#vector(length), 1, BigInt(position), RESULT_AT);
		if (errno !== 0) return -errno;
		const count = Math.min(this.#numbers.getUint32(RESULT_AT, true), length);
		bytes.set(this.#bytes.subarray(DATA_AT, DATA_AT + count));
		return count;
	}

	write(fd: number, bytes: Uint8Array, position: number): number {
		const length = Math.min(bytes.length, DATA_BYTES);
		this.#bytes.set(bytes.subarray(0, length), DATA_AT);
		const errno = this.#calls.fd_pwrite(this.#of(fd), this.#vector(length), 1, BigInt(position), RESULT_AT);
		return errno !== 0 ? -errno : Math.min(this.#numbers.getUint32(RESULT_AT, true), length);
	}

	append(fd: number, bytes: Uint8Array): number {
		const length = Math.min(bytes.length, DATA_BYTES);
		this.#bytes.set(bytes.subarray(0, length), DATA_AT);
		const errno = this.#calls.fd_write(this.#of(fd), this.#vector(length), 1, RESULT_AT);
		return errno !== 0 ? -errno : Math.min(this.#numbers.getUint32(RESULT_AT, true), length);
	}

	size(fd: number): number {
		const kind = this.kind(fd);
		if (kind < 0 || kind === FILETYPE_DIRECTORY) return kind < 0 ? kind : -ERRNO_ISDIR;
		const errno = this.#calls.fd_seek(this.#of(fd), 0n, SEEK_END, RESULT_AT);
		return errno !== 0 ? -errno : Number(this.#numbers.getBigUint64(RESULT_AT, true));
	}

	kind(fd: number): number {
		const kind = this.#table.kind(fd);
		return kind < 0 ? -ERRNO_BADF : kind;
	}

	stat(fd: number, into: FileStat): number {
		const kind = this.kind(fd);
		if (kind < 0) return kind;
		const size = kind === FILETYPE_DIRECTORY ? 0 : this.size(fd);
		return size < 0 ? size : this.#fill(into, kind, BigInt(size));
	}

	statPath(directory: number, path: string, into: FileStat): number {
		const errno = this.#calls.path_filestat_get(this.#of(directory), 0, ...this.#path(path), RESULT_AT);
		if (errno !== 0) return -errno;
		const size = this.#numbers.getBigUint64(RESULT_AT + FILESTAT_SIZE, true);
		return this.#fill(into, this.#bytes[RESULT_AT + FILESTAT_FILETYPE], size);
	}

	truncate(fd: number, size: number): number {
		return negated(this.#calls.fd_filestat_set_size(this.#of(fd), BigInt(size)));
	}

	/** That host says yes and changes nothing. */
	setModified(): number {
		return -ERRNO_NOSYS;
	}

	/** Nothing outlives the process. */
	sync(): number {
		return 0;
	}

	settle(): number {
		return 0;
	}

	createDirectory(directory: number, path: string): number {
		// It would say yes of one that exists.
		const isThere = this.#calls.path_filestat_get(this.#of(directory), 0, ...this.#path(path), RESULT_AT) === 0;
		return isThere
			? -ERRNO_EXIST
			: negated(this.#calls.path_create_directory(this.#of(directory), ...this.#path(path)));
	}

	removeDirectory(directory: number, path: string): number {
		return negated(this.#calls.path_remove_directory(this.#of(directory), ...this.#path(path)));
	}

	unlink(directory: number, path: string): number {
		return negated(this.#calls.path_unlink_file(this.#of(directory), ...this.#path(path)));
	}

	rename(source: number, sourcePath: string, target: number, targetPath: string): number {
		const from = this.#path(sourcePath);
		return negated(
			this.#calls.path_rename(this.#of(source), ...from, this.#of(target), ...this.#path(targetPath, TARGET_AT)),
		);
	}

	link(source: number, sourcePath: string, target: number, targetPath: string): number {
		const from = this.#path(sourcePath);
		return negated(
			this.#calls.path_link(this.#of(source), 0, ...from, this.#of(target), ...this.#path(targetPath, TARGET_AT)),
		);
	}

	readDirectory(fd: number, cookie: number, visit: VisitEntry): number {
		for (let next = BigInt(cookie); ; ) {
			const errno = this.#calls.fd_readdir(this.#of(fd), DATA_AT, LIST_BYTES, next, RESULT_AT);
			if (errno !== 0) return -errno;
			const used = this.#numbers.getUint32(RESULT_AT, true);
			let at = DATA_AT;
			while (at + DIRENT_BYTES <= DATA_AT + used) {
				const end = at + DIRENT_BYTES + this.#numbers.getUint32(at + DIRENT_NAME_BYTES, true);
				if (end > DATA_AT + used) break;
				next = this.#numbers.getBigUint64(at + DIRENT_NEXT, true);
				const name = this.#bytes.latin1Slice(at + DIRENT_BYTES, end);
				const kind = this.#bytes[at + DIRENT_FILETYPE];
				const inode = this.#numbers.getBigUint64(at + DIRENT_INODE, true);
				if (name !== '.' && name !== '..' && !visit(name, kind, inode, Number(next))) return 0;
				at = end;
			}
			if (at === DATA_AT || used < LIST_BYTES) return 0;
		}
	}

	adopt(): number {
		return -ERRNO_NOSYS;
	}

	clone(): number {
		return -ERRNO_NOTSUP;
	}

	/** The descriptor of that host behind one of ours; one that it does not know either where there is none. */
	#of(fd: number): number {
		const resource = this.#table.resource(fd);
		return resource < 0 ? NO_DESCRIPTOR : resource;
	}

	/** From the stat: the fdstat of that host has no kind. */
	#kindOf(resource: number): number {
		const errno = this.#calls.fd_filestat_get(resource, RESULT_AT);
		return errno !== 0 ? FILETYPE_UNKNOWN : this.#bytes[RESULT_AT + FILESTAT_FILETYPE];
	}

	#fill(into: FileStat, kind: number, size: bigint): number {
		into.device = 0n;
		into.inode = 0n;
		into.kind = kind;
		into.links = 1n;
		into.size = size;
		into.accessedNs = 0n;
		into.modifiedNs = 0n;
		into.changedNs = 0n;
		return 0;
	}

	/** A path where that host can read it: pointer and length. */
	#path(path: string, at = PATH_AT): [number, number] {
		return [at, this.#bytes.latin1Write(path === '' ? '.' : path, at, PATH_ROOM)];
	}

	#vector(length: number): number {
		this.#numbers.setUint32(VECTOR_AT, DATA_AT, true);
		this.#numbers.setUint32(VECTOR_AT + 4, length, true);
		return VECTOR_AT;
	}
}

/** An errno as `Files` gives it; zero stays a plain zero. */
function negated(errno: number): number {
	return errno === 0 ? 0 : -errno;
}
