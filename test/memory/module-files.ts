import { readFileSync } from 'node:fs';
import {
	DIRENT_BYTES,
	DIRENT_FILETYPE,
	DIRENT_INODE,
	DIRENT_NAME_BYTES,
	DIRENT_NEXT,
	FDFLAGS_APPEND,
	FILESTAT_FILETYPE,
	RIGHT_FD_READ,
	RIGHT_FD_WRITE,
} from '#assembly/layout';
import { MemoryHome } from '#host/inline/memory-home';
import { decodeStat } from '#host/wasi/decode-stat';
import { Access, type FileStat, type Files, type VisitEntry } from '#host/wasi/files';

const module = new WebAssembly.Module(readFileSync(new URL('../../build/engine.unshared.wasm', import.meta.url)));
const SEEK_END = 2;

// Where things stand in the memory of the engine that this plays.
const OUT = 0;
const VECTOR = 64;
const STAT = 128;
const PATH = 4096;
const TARGET = 8192;
const BUFFER = 16384;
const BUFFER_BYTES = 1024 ** 2;

/** What of `Files` every implementation has. */
export type BasicFiles = Omit<Files, 'releaseDeadOwner'>;

/** The files in memory of `assembly/memory/`, asked as the engine asks them: with addresses in a memory of its own. */
export class ModuleFiles implements BasicFiles {
	readonly home: MemoryHome;
	readonly root: number;
	readonly #calls: Record<string, (...values: (number | bigint)[]) => number>;
	readonly #memory = new WebAssembly.Memory({ initial: (BUFFER + BUFFER_BYTES) / 65536 + 1 });
	readonly #bytes = Buffer.from(this.#memory.buffer);
	readonly #numbers = new DataView(this.#memory.buffer);

	constructor(maximumBytes: number) {
		this.home = new MemoryHome(module, maximumBytes);
		this.root = this.home.root;
		this.#calls = this.home.serve(this.#memory, 0) as never;
	}

	usedBytes(): number {
		return this.#calls.files_used();
	}

	/** From now on descriptors are opened for the engine with this number. */
	begin(incarnation: number): void {
		this.home.serve(this.#memory, incarnation);
	}

	batch(): void {
		this.#calls.sched_yield();
	}

	open(directory: number, path: string, oflags: number, access: Access): number {
		const rights = BigInt(access === Access.read ? RIGHT_FD_READ : RIGHT_FD_WRITE);
		const fdflags = access === Access.append ? FDFLAGS_APPEND : 0;
		return this.#count(
			this.#calls.path_open(directory, 0, PATH, this.#put(path), oflags, rights, rights, fdflags, OUT),
		);
	}

	close(fd: number): number {
		return 0 - this.#calls.fd_close(fd);
	}

	read(fd: number, bytes: Uint8Array, position: number): number {
		for (let done = 0; ; ) {
			const part = Math.min(bytes.length - done, BUFFER_BYTES);
			this.#aim(part);
			const count = this.#count(this.#calls.fd_pread(fd, VECTOR, 1, BigInt(position + done), OUT));
			if (count < 0) return count;
			bytes.set(this.#bytes.subarray(BUFFER, BUFFER + count), done);
			done += count;
			if (count < BUFFER_BYTES) return done;
		}
	}

	write(fd: number, bytes: Uint8Array, position: number): number {
		for (let done = 0; ; ) {
			const part = bytes.subarray(done, done + BUFFER_BYTES);
			this.#bytes.set(part, BUFFER);
			this.#aim(part.length);
			const count = this.#count(this.#calls.fd_pwrite(fd, VECTOR, 1, BigInt(position + done), OUT));
			if (count < 0) return done > 0 ? done : count;
			done += count;
			if (count < part.length || done === bytes.length) return done;
		}
	}

	append(fd: number, bytes: Uint8Array): number {
		this.#bytes.set(bytes, BUFFER);
		this.#aim(bytes.length);
		return this.#count(this.#calls.fd_write(fd, VECTOR, 1, OUT));
	}

	size(fd: number): number {
		const errno = this.#calls.fd_seek(fd, 0n, SEEK_END, OUT);
		return errno === 0 ? Number(this.#bytes.readBigUInt64LE(OUT)) : 0 - errno;
	}

	kind(fd: number): number {
		const errno = this.#calls.fd_filestat_get(fd, STAT);
		return errno === 0 ? this.#bytes[STAT + FILESTAT_FILETYPE] : 0 - errno;
	}

	stat(fd: number, into: FileStat): number {
		return this.#stat(this.#calls.fd_filestat_get(fd, STAT), into);
	}

	statPath(directory: number, path: string, into: FileStat): number {
		return this.#stat(this.#calls.path_filestat_get(directory, 0, PATH, this.#put(path), STAT), into);
	}

	truncate(fd: number, size: number): number {
		return 0 - this.#calls.fd_filestat_set_size(fd, BigInt(size));
	}

	setModified(fd: number, modifiedNs: bigint): number {
		return 0 - this.#calls.fd_filestat_set_times(fd, 0n, modifiedNs, 4);
	}

	sync(fd: number): number {
		return 0 - this.#calls.fd_sync(fd);
	}

	settle(directory: number, path: string): number {
		return 0 - this.#calls.path_settle(directory, PATH, this.#put(path));
	}

	createDirectory(directory: number, path: string): number {
		return 0 - this.#calls.path_create_directory(directory, PATH, this.#put(path));
	}

	removeDirectory(directory: number, path: string): number {
		return 0 - this.#calls.path_remove_directory(directory, PATH, this.#put(path));
	}

	unlink(directory: number, path: string): number {
		return 0 - this.#calls.path_unlink_file(directory, PATH, this.#put(path));
	}

	rename(source: number, sourcePath: string, target: number, targetPath: string): number {
		const [length, targetLength] = [this.#put(sourcePath), this.#put(targetPath, TARGET)];
		return 0 - this.#calls.path_rename(source, PATH, length, target, TARGET, targetLength);
	}

	link(source: number, sourcePath: string, target: number, targetPath: string): number {
		const [length, targetLength] = [this.#put(sourcePath), this.#put(targetPath, TARGET)];
		return 0 - this.#calls.path_link(source, 0, PATH, length, target, TARGET, targetLength);
	}

	/** In pages that cut entries, as the engine's do. */
	readDirectory(fd: number, from: number, visit: VisitEntry, pageBytes = 300): number {
		for (let cookie = from; ; ) {
			const used = this.#count(this.#calls.fd_readdir(fd, BUFFER, pageBytes, BigInt(cookie), OUT));
			if (used < 0) return used;
			for (let at = BUFFER; at + DIRENT_BYTES <= BUFFER + used; ) {
				const end = at + DIRENT_BYTES + this.#bytes.readUInt32LE(at + DIRENT_NAME_BYTES);
				if (end > BUFFER + used) break;
				const next = Number(this.#bytes.readBigUInt64LE(at + DIRENT_NEXT));
				const inode = this.#bytes.readBigUInt64LE(at + DIRENT_INODE);
				const name = this.#bytes.latin1Slice(at + DIRENT_BYTES, end);
				if (!visit(name, this.#bytes[at + DIRENT_FILETYPE], inode, next)) return 0;
				cookie = next;
				at = end;
			}
			if (used < pageBytes) return 0;
		}
	}

	adopt(fd: number, directory: number, path: string): number {
		return 0 - this.#calls.file_adopt(fd, directory, PATH, this.#put(path));
	}

	clone(source: number, target: number): number {
		return 0 - this.#calls.file_clone(source, target);
	}

	/** What the engine asks of the name of a lock's entry. */
	ownerEnded(name: string): number {
		return this.#calls.owner_ended(PATH, this.#put(name));
	}

	#put(path: string, at = PATH): number {
		return this.#bytes.latin1Write(path, at);
	}

	#aim(bytes: number): void {
		this.#bytes.writeUInt32LE(BUFFER, VECTOR);
		this.#bytes.writeUInt32LE(bytes, VECTOR + 4);
	}

	#count(errno: number): number {
		return errno === 0 ? this.#bytes.readUInt32LE(OUT) : 0 - errno;
	}

	#stat(errno: number, into: FileStat): number {
		if (errno !== 0) return 0 - errno;
		Object.assign(into, decodeStat(this.#numbers, STAT));
		return 0;
	}
}
