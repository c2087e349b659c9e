// `node:wasi` with the root as its only preopen, called as a WASI libc would: its functions are used directly, over a memory of ours.
import { WASI } from 'node:wasi';

const PREOPEN = 3;
const FOLLOW = 1;
const CREAT = 1;
const DIRECTORY = 2;
const TRUNC = 8;
const APPEND = 1;
const FILETYPE_DIRECTORY = 3;
const RIGHTS_DIRECTORY = (1n << 14n) | (1n << 13n) | (1n << 21n);
const RIGHT_READ = 1n << 1n;
const RIGHT_WRITE = 1n << 6n;
const DIRENT_BYTES = 24;
const PATH = 1024;
const SECOND_PATH = 16_384;
const OUT = 64;
const VECTOR = 128;
const DATA = 65_536;

export class WasiContestant {
	#memory = new WebAssembly.Memory({ initial: 16 });
	#calls;

	constructor(root) {
		const wasi = new WASI({ version: 'preview1', preopens: { '/': root } });
		wasi.initialize({ exports: { memory: this.#memory } });
		this.#calls = wasi.wasiImport;
	}

	async read(path) {
		const fd = this.#open(path, 0, RIGHT_READ);
		try {
			this.#vector(32_768);
			this.#check('fd_read', this.#calls.fd_read(fd, VECTOR, 1, OUT));
			return Buffer.from(this.#memory.buffer, DATA, this.#word(OUT)).toString('latin1');
		} finally {
			this.#calls.fd_close(fd);
		}
	}

	async write(path) {
		this.#write(this.#open(path, CREAT | TRUNC, RIGHT_WRITE));
	}

	async append(path) {
		this.#write(this.#open(path, CREAT, RIGHT_WRITE, APPEND));
	}

	async stat(path) {
		this.#check('stat', this.#calls.path_filestat_get(PREOPEN, FOLLOW, PATH, this.#path(path), OUT));
		return new DataView(this.#memory.buffer).getBigUint64(OUT + 32, true);
	}

	async list(path) {
		return this.#entries(path)
			.map(({ name }) => name)
			.join();
	}

	async listAll(path) {
		const below = this.#entries(path).map(({ name, isDirectory }) =>
			isDirectory ? this.listAll(`${path}/${name}`).then((names) => `${name},${names}`) : name,
		);
		return (await Promise.all(below)).join();
	}

	async createDirectory(path) {
		this.#check('mkdir', this.#calls.path_create_directory(PREOPEN, PATH, this.#path(path)));
	}

	async remove(path) {
		this.#check('unlink', this.#calls.path_unlink_file(PREOPEN, PATH, this.#path(path)));
	}

	async removeAll(path) {
		for (const { name, isDirectory } of this.#entries(path)) {
			await (isDirectory ? this.removeAll(`${path}/${name}`) : this.remove(`${path}/${name}`));
		}
		this.#check('rmdir', this.#calls.path_remove_directory(PREOPEN, PATH, this.#path(path)));
	}

	async rename(from, to) {
		const length = this.#path(from);
		const second = this.#path(to, SECOND_PATH);
		this.#check('rename', this.#calls.path_rename(PREOPEN, PATH, length, PREOPEN, SECOND_PATH, second));
	}

	async copy(from, to) {
		const found = await this.read(from);
		this.#write(this.#open(to, CREAT | TRUNC, RIGHT_WRITE), found);
	}

	close() {}

	#entries(path) {
		const fd = this.#open(path, DIRECTORY, RIGHTS_DIRECTORY);
		try {
			this.#check('readdir', this.#calls.fd_readdir(fd, DATA, 65_536, 0n, OUT));
		} finally {
			this.#calls.fd_close(fd);
		}
		const found = [];
		const bytes = Buffer.from(this.#memory.buffer, DATA, this.#word(OUT));
		for (let at = 0; at + DIRENT_BYTES <= bytes.length; ) {
			const length = bytes.readUInt32LE(at + 16);
			const name = bytes.toString('utf8', at + DIRENT_BYTES, at + DIRENT_BYTES + length);
			const isDirectory = bytes[at + 20] === FILETYPE_DIRECTORY;
			if (name !== '.' && name !== '..') found.push({ name, isDirectory });
			at += DIRENT_BYTES + length;
		}
		return found;
	}

	#open(path, oflags, rights, fdflags = 0) {
		const length = this.#path(path);
		this.#check('open', this.#calls.path_open(PREOPEN, FOLLOW, PATH, length, oflags, rights, 0n, fdflags, OUT));
		return this.#word(OUT);
	}

	#write(fd, text = 'written by the attack') {
		try {
			const length = Buffer.from(this.#memory.buffer).write(text, DATA, 'latin1');
			this.#vector(length);
			this.#check('write', this.#calls.fd_write(fd, VECTOR, 1, OUT));
		} finally {
			this.#calls.fd_close(fd);
		}
	}

	/** A libc takes the leading slash of its preopen away. */
	#path(path, at = PATH) {
		return Buffer.from(this.#memory.buffer).write(path.replace(/^\/+/, '') || '.', at);
	}

	#vector(length) {
		const view = new DataView(this.#memory.buffer);
		view.setUint32(VECTOR, DATA, true);
		view.setUint32(VECTOR + 4, length, true);
	}

	#word(at) {
		return new DataView(this.#memory.buffer).getUint32(at, true);
	}

	#check(call, errno) {
		if (errno !== 0) throw new Error(`${call}: errno ${errno}`);
	}
}
