import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
	DIRENT_BYTES,
	ERRNO_AGAIN,
	ERRNO_BADF,
	ERRNO_EXIST,
	ERRNO_FAULT,
	ERRNO_INTR,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_NOENT,
	ERRNO_NOSYS,
	ERRNO_NOTSUP,
	ERRNO_SUCCESS,
	FDFLAGS_APPEND,
	FILESTAT_BYTES,
	FILESTAT_SIZE,
	FILETYPE_REGULAR_FILE,
	LIST_ENTRY_KIND,
	LIST_ENTRY_MAX_BYTES,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	LIST_ENTRY_STAT,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
	RIGHT_FD_READ,
	RIGHT_FD_READDIR,
	RIGHT_FD_WRITE,
	STATUS_REVOKED,
	STATUS_SYMLINK,
} from '#assembly/layout';
import { Access, FileStat, type Files, type VisitEntry, type VisitListed } from '#host/wasi/files';
import { preview1 } from '#host/wasi/preview1';
import { descriptorsIn, get, type OpenedFiles, openFilesIn, put } from './opened-files.js';

type Call = (...values: (number | bigint)[]) => number;
const PAGE_BYTES = 65536;
const PATH = 1000;
const TARGET_PATH = 2000;
const OUT = 3000;
const VECTORS = 3200;
const DATA = 4096;

let opened: OpenedFiles;
let memory: WebAssembly.Memory;
let bytes: Buffer;
let view: DataView;
let mayChange: boolean;
let calls: Record<string, Call>;
let root: number;

describe.each([true, false])('preview1 over memory that is shared: %s', (shared) => {
	beforeEach(() => {
		opened = openFilesIn((base) => {
			mkdirSync(join(base, 'root'));
			return join(base, 'root');
		});
		root = opened.root;
		memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
		bytes = Buffer.from(memory.buffer as ArrayBuffer);
		view = new DataView(memory.buffer);
		mayChange = true;
		calls = wrap(opened.files);
	});

	afterEach(() => {
		opened.files.dispose();
		const left = [opened.table.open(), descriptorsIn(opened.base)];
		opened.close();
		expect(left).toEqual([1, 1]);
	});

	function wrap(files: Files): Record<string, Call> {
		const imports = preview1(files, memory, () => mayChange);
		return { ...imports.wasi_snapshot_preview1, ...imports.holdfast } as Record<string, Call>;
	}

	/** Puts a path into memory: pointer and length, as calls take them. */
	function path(text: string, address = PATH): [number, number] {
		bytes.write(text, address, 'latin1');
		return [address, text.length];
	}

	function vectors(...list: [number, number][]): [number, number] {
		for (const [index, [start, length]] of list.entries()) {
			view.setUint32(VECTORS + index * 8, start, true);
			view.setUint32(VECTORS + index * 8 + 4, length, true);
		}
		return [VECTORS, list.length];
	}

	function open(text: string, oflags = 0, rights = RIGHT_FD_READ, fdflags = 0): number {
		const errno = calls.path_open(root, 0, ...path(text), oflags, BigInt(rights), 0n, fdflags, OUT);
		expect(errno).toBe(ERRNO_SUCCESS);
		return view.getUint32(OUT, true);
	}

	const out = () => view.getUint32(OUT, true);

	test('has what the engine imports, as plain functions that can be wrapped', () => {
		const imports = preview1(opened.files, memory, () => true);
		expect(Object.keys(imports).sort()).toEqual(['holdfast', 'wasi_snapshot_preview1']);
		expect(Object.keys(imports.holdfast).sort()).toEqual([
			'directory_describe',
			'directory_list',
			'file_adopt',
			'file_clone',
			'file_read',
			'owner_ended',
			'parcel_drop',
			'parcel_make',
			'parcel_read',
			'parcel_send',
			'path_resolve',
			'path_settle',
		]);
		expect(Object.keys(imports.wasi_snapshot_preview1).sort()).toEqual([
			'clock_time_get',
			'fd_advise',
			'fd_close',
			'fd_filestat_get',
			'fd_filestat_set_size',
			'fd_filestat_set_times',
			'fd_pread',
			'fd_pwrite',
			'fd_readdir',
			'fd_seek',
			'fd_sync',
			'fd_write',
			'path_create_directory',
			'path_filestat_get',
			'path_link',
			'path_open',
			'path_remove_directory',
			'path_rename',
			'path_unlink_file',
			'sched_yield',
		]);
	});

	test('a file travels through memory and back', () => {
		const fd = open('a', OFLAGS_CREAT | OFLAGS_EXCL, RIGHT_FD_READ | RIGHT_FD_WRITE);
		bytes.write('hello world', DATA);
		expect(calls.fd_pwrite(fd, ...vectors([DATA, 5], [DATA + 5, 6]), 2n, OUT)).toBe(ERRNO_SUCCESS);
		expect(out()).toBe(11);
		expect(calls.fd_seek(fd, 0n, 2, OUT)).toBe(ERRNO_SUCCESS);
		expect(view.getBigUint64(OUT, true)).toBe(13n);
		bytes.fill(0xff, DATA);
		expect(calls.fd_pread(fd, ...vectors([DATA, 3], [DATA + 10, 0], [DATA + 20, 100]), 1n, OUT)).toBe(ERRNO_SUCCESS);
		expect(out()).toBe(12);
		expect(bytes.toString('latin1', DATA, DATA + 4)).toBe('\0he\xff');
		expect(bytes.toString('latin1', DATA + 20, DATA + 30)).toBe('llo world\xff');
		expect(calls.fd_filestat_set_size(fd, 4n)).toBe(ERRNO_SUCCESS);
		expect(calls.fd_sync(fd)).toBe(ERRNO_SUCCESS);
		expect(calls.fd_close(fd)).toBe(ERRNO_SUCCESS);
		expect(calls.fd_close(fd)).toBe(ERRNO_BADF);
		expect(get(opened, 'a')).toBe('\0\0he');
	});

	test('names are made, linked, renamed and removed', () => {
		expect(calls.path_create_directory(root, ...path('d'))).toBe(ERRNO_SUCCESS);
		expect(calls.path_create_directory(root, ...path('d'))).toBe(ERRNO_EXIST);
		put(opened, 'a', 'a');
		expect(calls.path_link(root, 0, ...path('a'), root, ...path('d/b', TARGET_PATH))).toBe(ERRNO_SUCCESS);
		expect(calls.path_rename(root, ...path('a'), root, ...path('d/c', TARGET_PATH))).toBe(ERRNO_SUCCESS);
		expect([get(opened, 'd/b'), get(opened, 'd/c')]).toEqual(['a', 'a']);
		expect(calls.path_unlink_file(root, ...path('d/b'))).toBe(ERRNO_SUCCESS);
		expect(calls.path_unlink_file(root, ...path('d/c'))).toBe(ERRNO_SUCCESS);
		expect(calls.path_remove_directory(root, ...path('d'))).toBe(ERRNO_SUCCESS);
		expect(calls.path_remove_directory(root, ...path('d'))).toBe(ERRNO_NOENT);
	});

	test('stats are written where WASI has them', () => {
		put(opened, 'a', 'four');
		const stat = new FileStat();
		opened.files.statPath(root, 'a', stat);
		const fd = open('a');
		// An address at which no number is aligned, right at the end of memory.
		const address = PAGE_BYTES - FILESTAT_BYTES;
		for (const call of [
			() => calls.path_filestat_get(root, 0, ...path('a'), address),
			() => calls.fd_filestat_get(fd, address - 1),
		]) {
			bytes.fill(0xff, address - 1);
			expect(call()).toBe(ERRNO_SUCCESS);
		}
		const words = Array.from({ length: 8 }, (_, index) => view.getBigUint64(address - 1 + index * 8, true));
		expect(words).toEqual([
			stat.device,
			stat.inode,
			BigInt(FILETYPE_REGULAR_FILE),
			1n,
			4n,
			stat.accessedNs,
			stat.modifiedNs,
			stat.changedNs,
		]);
		expect(bytes[PAGE_BYTES - 1]).toBe(0xff);
		expect(calls.fd_close(fd)).toBe(ERRNO_SUCCESS);
	});

	test('rights and flags become an access', () => {
		const seen: unknown[] = [];
		const all = wrap({ open: (...values: unknown[]) => seen.push(values) } as unknown as Files);
		const flags: [number, number, number][] = [
			[0, RIGHT_FD_READ, 0],
			[OFLAGS_DIRECTORY, RIGHT_FD_READDIR, 0],
			[OFLAGS_CREAT, RIGHT_FD_WRITE, 0],
			[OFLAGS_CREAT, RIGHT_FD_WRITE | RIGHT_FD_READ, FDFLAGS_APPEND],
			[0, RIGHT_FD_READ, FDFLAGS_APPEND],
		];
		for (const [oflags, rights, fdflags] of flags) {
			all.path_open(root, 1, ...path('\xff/b'), oflags, BigInt(rights), 0n, fdflags, OUT);
		}
		expect(seen).toEqual([
			[root, '\xff/b', 0, Access.read],
			[root, '\xff/b', OFLAGS_DIRECTORY, Access.read],
			[root, '\xff/b', OFLAGS_CREAT, Access.write],
			[root, '\xff/b', OFLAGS_CREAT, Access.append],
			[root, '\xff/b', 0, Access.read],
		]);
	});

	test('an append is one call, however many vectors it has', () => {
		put(opened, 'a', '0');
		const pieces: string[] = [];
		const files = new Proxy(opened.files, {
			get(target, name) {
				if (name !== 'append') return Reflect.get(target, name).bind?.(target);
				return (fd: number, piece: Uint8Array) => {
					pieces.push(Buffer.from(piece).toString('latin1'));
					return target.append(fd, piece);
				};
			},
		});
		calls = wrap(files);
		const fd = open('a', 0, RIGHT_FD_WRITE, FDFLAGS_APPEND);
		bytes.write('abcdef', DATA);
		expect([calls.fd_write(fd, ...vectors([DATA, 2]), OUT), out()]).toEqual([ERRNO_SUCCESS, 2]);
		expect([calls.fd_write(fd, ...vectors([DATA + 4, 2], [DATA, 1], [DATA + 2, 2]), OUT), out()]).toEqual([0, 5]);
		expect([calls.fd_write(fd, ...vectors(), OUT), out()]).toEqual([ERRNO_SUCCESS, 0]);
		expect(pieces).toEqual(['ab', 'efacd', '']);
		// As often as a hostile instance likes, the same bytes: more than is copied together.
		expect(
			calls.fd_write(fd, ...vectors(...Array.from({ length: 300 }, (): [number, number] => [0, 65536])), OUT),
		).toBe(ERRNO_INVAL);
		expect(calls.fd_close(fd)).toBe(ERRNO_SUCCESS);
		expect(get(opened, 'a')).toBe('0abefacd');
	});

	test('a transfer ends at the first vector that comes back short, and keeps what was moved before an error', () => {
		const answers = [4, 2, -ERRNO_BADF];
		const seen: [number, number][] = [];
		const move = (_fd: number, part: Uint8Array, position: number) => {
			seen.push([part.length, position]);
			return answers[seen.length - 1];
		};
		const all = wrap({ read: move, write: move } as unknown as Files);
		expect(all.fd_pread(3, ...vectors([DATA, 4], [DATA, 4], [DATA, 4]), 10n, OUT)).toBe(ERRNO_SUCCESS);
		expect(out()).toBe(6);
		expect(all.fd_pwrite(3, ...vectors([DATA, 4]), 0n, OUT)).toBe(ERRNO_BADF);
		answers.push(4, -ERRNO_BADF);
		expect([all.fd_pwrite(3, ...vectors([DATA, 4], [DATA, 4]), 0n, OUT), out()]).toEqual([ERRNO_SUCCESS, 4]);
		expect(seen).toEqual([
			[4, 10],
			[4, 14],
			[4, 0],
			[4, 0],
			[4, 4],
		]);
	});

	test('nothing outside of memory is read or written, and nothing happens before that is known', () => {
		let touched = 0;
		const files = new Proxy({}, { get: () => () => touched++ }) as Files;
		const all = wrap(files);
		const inside = path('a');
		for (const [start, length] of [
			[PAGE_BYTES, 1],
			[PAGE_BYTES - 1, 2],
			[0, PAGE_BYTES + 1],
			[-1, 1],
			[1, -1],
			[-1, -1],
			[0x7fffffff, 0x7fffffff],
			[PAGE_BYTES + 1, 0],
		]) {
			const faults = [
				all.path_open(root, 0, start, length, 0, 2n, 0n, 0, OUT),
				all.path_filestat_get(root, 0, start, length, OUT),
				all.path_create_directory(root, start, length),
				all.path_remove_directory(root, start, length),
				all.path_unlink_file(root, start, length),
				all.path_rename(root, start, length, root, ...inside),
				all.path_rename(root, ...inside, root, start, length),
				all.path_link(root, 0, start, length, root, ...inside),
				all.path_link(root, 0, ...inside, root, start, length),
				all.file_adopt(root, root, start, length),
				all.fd_readdir(root, start, length, 0n, OUT),
				all.fd_pread(3, ...vectors([DATA, 1], [start, length]), 0n, OUT),
				all.fd_pwrite(3, ...vectors([start, length]), 0n, OUT),
				all.fd_write(3, ...vectors([DATA, 1], [start, length]), OUT),
			];
			expect([start, length, ...new Set(faults)]).toEqual([start, length, ERRNO_FAULT]);
		}
		const results: [number, (address: number) => number][] = [
			[4, (address) => all.path_open(root, 0, ...inside, 0, 2n, 0n, 0, address)],
			[FILESTAT_BYTES, (address) => all.path_filestat_get(root, 0, ...inside, address)],
			[FILESTAT_BYTES, (address) => all.fd_filestat_get(3, address)],
			[4, (address) => all.fd_pread(3, ...vectors([DATA, 1]), 0n, address)],
			[4, (address) => all.fd_pwrite(3, ...vectors([DATA, 1]), 0n, address)],
			[4, (address) => all.fd_write(3, ...vectors([DATA, 1]), address)],
			[8, (address) => all.fd_seek(3, 0n, 2, address)],
			[4, (address) => all.fd_readdir(3, DATA, 100, 0n, address)],
			[8, (address) => all.clock_time_get(1, 0n, address)],
			[8, (address) => all.fd_pread(3, address, 1, 0n, OUT)],
			[8, (address) => all.fd_write(3, address, 1, OUT)],
		];
		for (const [room, call] of results) {
			for (const address of [PAGE_BYTES - room + 1, PAGE_BYTES, -1, -8, 0x7fffffff])
				expect(call(address)).toBe(ERRNO_FAULT);
		}
		expect(touched).toBe(0);
		for (const count of [1025, -1, 0x7fffffff]) expect(all.fd_pread(3, 0, count, 0n, OUT)).toBe(ERRNO_INVAL);
		expect(all.fd_pread(3, PAGE_BYTES - 8, 2, 0n, OUT)).toBe(ERRNO_FAULT);
		expect(touched).toBe(0);
	});

	test('offsets and sizes that no file has are refused', () => {
		const fd = open('a', OFLAGS_CREAT, RIGHT_FD_WRITE);
		for (const offset of [-1n, -(2n ** 63n), 2n ** 53n, 2n ** 63n - 1n]) {
			expect(calls.fd_pread(fd, ...vectors([DATA, 1]), offset, OUT)).toBe(ERRNO_INVAL);
			expect(calls.fd_pwrite(fd, ...vectors([DATA, 1]), offset, OUT)).toBe(ERRNO_INVAL);
			expect(calls.fd_filestat_set_size(fd, offset)).toBe(ERRNO_INVAL);
			expect(calls.fd_readdir(root, DATA, 100, offset, OUT)).toBe(ERRNO_INVAL);
		}
		for (const [offset, whence] of [
			[1n, 2],
			[0n, 0],
			[0n, 1],
			[-1n, 2],
		]) {
			expect(calls.fd_seek(fd, offset, whence, OUT)).toBe(ERRNO_NOTSUP);
		}
		expect(calls.fd_seek(root, 0n, 2, OUT)).toBe(ERRNO_ISDIR);
		expect(calls.fd_close(fd)).toBe(ERRNO_SUCCESS);
	});

	test('entries of a directory are cut off at the end of the buffer, and go on from their cookie', () => {
		const names = ['a', 'bb', '\xff'.repeat(100), 'd', 'x'.repeat(255)];
		for (const name of names) put(opened, name, '');
		const whole = list(0n, 4000);
		expect(whole.used).toBeLessThan(4000);
		expect(whole.entries.map(({ name }) => name).sort()).toEqual([...names].sort());
		expect(whole.entries.map(({ next }) => next)).toEqual([1n, 2n, 3n, 4n, 5n]);
		expect(new Set(whole.entries.map(({ kind }) => kind))).toEqual(new Set([FILETYPE_REGULAR_FILE]));
		const raw = Buffer.from(bytes.subarray(DATA, DATA + whole.used));
		for (let length = 0; length < whole.used; length++) {
			bytes.fill(0xee, DATA, DATA + 4096);
			expect(calls.fd_readdir(root, DATA, length, 0n, OUT)).toBe(ERRNO_SUCCESS);
			expect(out()).toBe(length);
			// Byte for byte the beginning of the whole, and nothing behind it.
			expect(Buffer.compare(bytes.subarray(DATA, DATA + length), raw.subarray(0, length))).toBe(0);
			expect(bytes[DATA + length]).toBe(0xee);
		}
		expect([calls.fd_readdir(root, DATA, whole.used, 0n, OUT), out()]).toEqual([ERRNO_SUCCESS, whole.used]);
		const found: string[] = [];
		for (let cookie = 0n, more = true; more; ) {
			const { entries, used } = list(cookie, 300);
			found.push(...entries.map(({ name }) => name));
			cookie = entries.at(-1)?.next ?? cookie;
			more = used === 300;
		}
		expect(found).toEqual(whole.entries.map(({ name }) => name));
		expect([calls.fd_readdir(root, DATA, 300, 5n, OUT), out()]).toEqual([ERRNO_SUCCESS, 0]);
	});

	test('an entry that was cut off counts as not seen, so that the listing goes on with it', () => {
		const answers: boolean[] = [];
		const readDirectory = (_fd: number, _cookie: number, visit: VisitEntry) => {
			for (const name of ['a', 'bb', 'c']) answers.push(visit(name, FILETYPE_REGULAR_FILE, 0n, 1));
			return 0;
		};
		const all = wrap({ readDirectory } as unknown as Files);
		expect(all.fd_readdir(root, DATA, 2 * DIRENT_BYTES + 2, 0n, OUT)).toBe(ERRNO_SUCCESS);
		expect(answers).toEqual([true, false, false]);
		expect(all.fd_readdir(root, DATA, 2 * DIRENT_BYTES + 3, 0n, OUT)).toBe(ERRNO_SUCCESS);
		expect(answers.slice(3)).toEqual([true, true, false]);
	});

	test('finished entries are given whole, as many as there is room for, and go on from their cookie', () => {
		const names = ['a', 'bb', '\xff'.repeat(100), 'd', 'x'.repeat(255)];
		for (const name of names) put(opened, name, name);
		for (let length = LIST_ENTRY_MAX_BYTES; length < 1200; length += 8) {
			bytes.fill(0xee, DATA, DATA + 4096);
			const found: string[] = [];
			for (let cookie = 0n, more = true; more; ) {
				expect(calls.directory_list(root, DATA, length, cookie, OUT)).toBe(ERRNO_SUCCESS);
				const end = DATA + Number(view.getBigUint64(OUT, true));
				expect(end).toBeLessThanOrEqual(DATA + length);
				for (let at = DATA; at < end; ) {
					const nameEnd = at + LIST_ENTRY_NAME + view.getUint32(at + LIST_ENTRY_NAME_BYTES, true);
					const name = bytes.toString('latin1', at + LIST_ENTRY_NAME, nameEnd);
					expect(view.getBigUint64(at + LIST_ENTRY_STAT + FILESTAT_SIZE, true)).toBe(BigInt(name.length));
					expect(view.getUint32(at + LIST_ENTRY_KIND, true)).toBe(FILETYPE_REGULAR_FILE);
					found.push(name);
					at = Math.ceil(nameEnd / 8) * 8;
				}
				expect(bytes[DATA + length]).toBe(0xee);
				cookie = view.getBigUint64(OUT + 8, true);
				more = cookie !== 0n;
			}
			expect(found.sort()).toEqual([...names].sort());
		}
	});

	test('of finished entries those are left out that are gone, or longer than any name', () => {
		const describe = (into: FileStat) => {
			into.kind = FILETYPE_REGULAR_FILE;
			return true;
		};
		const listDirectory = (_fd: number, _cookie: number, visit: VisitListed) => {
			visit('gone', () => false, 1);
			visit('y'.repeat(257), describe, 2);
			visit('there', describe, 3);
			return 0;
		};
		const all = wrap({ listDirectory } as unknown as Files);
		expect(all.directory_list(root, DATA, 4096, 0n, OUT)).toBe(ERRNO_SUCCESS);
		expect([view.getBigUint64(OUT, true), view.getBigUint64(OUT + 8, true)]).toEqual([80n, 0n]);
		expect(bytes.toString('latin1', DATA + LIST_ENTRY_NAME, DATA + LIST_ENTRY_NAME + 5)).toBe('there');
		expect(wrap({} as unknown as Files).directory_list(root, DATA, 4096, 0n, OUT)).toBe(ERRNO_NOSYS);
	});

	/** Whole entries of one call. */
	function list(
		cookie: bigint,
		length: number,
	): { used: number; entries: { name: string; next: bigint; kind: number }[] } {
		expect(calls.fd_readdir(root, DATA, length, cookie, OUT)).toBe(ERRNO_SUCCESS);
		const used = out();
		const entries = [];
		for (let at = DATA; at + DIRENT_BYTES <= DATA + used; ) {
			const end = at + DIRENT_BYTES + view.getUint32(at + 16, true);
			if (end > DATA + used) break;
			const name = bytes.toString('latin1', at + DIRENT_BYTES, end);
			entries.push({ name, next: view.getBigUint64(at, true), kind: view.getUint32(at + 20, true) });
			at = end;
		}
		return { used, entries };
	}

	test('an instance that was given up changes nothing more, but reads, syncs and closes', () => {
		put(opened, 'a', 'a');
		mkdirSync(join(opened.path, 'd'));
		const fd = open('a', 0, RIGHT_FD_WRITE);
		mayChange = false;
		const opens: [number, number][] = [
			[0, RIGHT_FD_WRITE],
			[OFLAGS_CREAT, RIGHT_FD_READ],
			[OFLAGS_TRUNC, RIGHT_FD_READ],
		];
		const changes = [
			...opens.map(([oflags, rights]) => calls.path_open(root, 0, ...path('a'), oflags, BigInt(rights), 0n, 0, OUT)),
			calls.path_create_directory(root, ...path('b')),
			calls.path_remove_directory(root, ...path('d')),
			calls.path_unlink_file(root, ...path('a')),
			calls.path_rename(root, ...path('a'), root, ...path('b', TARGET_PATH)),
			calls.path_link(root, 0, ...path('a'), root, ...path('b', TARGET_PATH)),
			calls.fd_pwrite(fd, ...vectors([DATA, 1]), 0n, OUT),
			calls.fd_write(fd, ...vectors([DATA, 1]), OUT),
			calls.fd_filestat_set_size(fd, 0n),
			calls.file_adopt(fd, root, ...path('d')),
			calls.file_clone(fd, fd),
		];
		expect(changes.map((status) => status === STATUS_REVOKED)).toEqual(changes.map(() => true));
		expect(calls.fd_pread(fd, ...vectors([DATA, 1]), 0n, OUT)).toBe(ERRNO_SUCCESS);
		expect(calls.fd_sync(fd)).toBe(ERRNO_SUCCESS);
		expect(calls.fd_close(fd)).toBe(ERRNO_SUCCESS);
		expect(calls.fd_close(open('a'))).toBe(ERRNO_SUCCESS);
		expect(get(opened, 'a')).toBe('a');
		expect(calls.path_filestat_get(root, 0, ...path('b'), OUT)).toBe(ERRNO_NOENT);
		expect(calls.path_filestat_get(root, 0, ...path('d'), OUT)).toBe(ERRNO_SUCCESS);
	});

	test('statuses of ours pass through as they are', () => {
		const all = wrap(new Proxy({}, { get: () => () => -STATUS_SYMLINK }) as Files);
		expect([
			all.path_open(root, 0, ...path('a'), 0, 2n, 0n, 0, OUT),
			all.path_filestat_get(root, 0, ...path('a'), OUT),
			all.path_unlink_file(root, ...path('a')),
			all.fd_pread(3, ...vectors([DATA, 1]), 0n, OUT),
			all.fd_seek(3, 0n, 2, OUT),
			all.fd_readdir(3, DATA, 100, 0n, OUT),
			all.file_clone(3, 4),
		]).toEqual(Array(7).fill(STATUS_SYMLINK));
	});

	test('clocks tell the time, and the monotonic one never goes back', () => {
		const time = (clock: number) => {
			expect(calls.clock_time_get(clock, 1n, OUT)).toBe(ERRNO_SUCCESS);
			return view.getBigUint64(OUT, true);
		};
		const before = BigInt(Date.now()) * 1_000_000n;
		const now = time(0);
		expect(now).toBeGreaterThanOrEqual(before);
		expect(now).toBeLessThanOrEqual(BigInt(Date.now()) * 1_000_000n);
		const first = time(1);
		expect(time(1)).toBeGreaterThanOrEqual(first);
		for (const clock of [2, 3, -1]) expect(calls.clock_time_get(clock, 1n, OUT)).toBe(ERRNO_INVAL);
	});

	test('a batch is announced to the files', () => {
		let batches = 0;
		const all = wrap({ batch: () => batches++ } as unknown as Files);
		expect([all.sched_yield(), all.sched_yield(), batches]).toEqual([ERRNO_SUCCESS, ERRNO_SUCCESS, 2]);
	});

	test('after a batch the engine is told what the files want: nothing, another batch soon, or the thread', () => {
		const answer = (wants: Partial<Files>) =>
			wrap({ batch: () => undefined, ...wants } as unknown as Files).sched_yield();
		expect(answer({})).toBe(ERRNO_SUCCESS);
		expect(answer({ isKeeping: true, needsTurn: false })).toBe(ERRNO_AGAIN);
		expect(answer({ isKeeping: true, needsTurn: true })).toBe(ERRNO_INTR);
	});
});
