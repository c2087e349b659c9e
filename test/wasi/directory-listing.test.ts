import { execFileSync } from 'node:child_process';
import { Dirent, linkSync, lstatSync, mkdirSync, opendirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
	ERRNO_BADF,
	ERRNO_INVAL,
	ERRNO_NOTDIR,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SYMBOLIC_LINK,
	FILETYPE_UNKNOWN,
	FLAG_DIRECTORY,
	FLAG_FOLLOW,
	FLAG_STAT,
	OFLAGS_DIRECTORY,
	OP_CLOSE,
	OP_LIST,
	OP_OPEN,
} from '#assembly/layout';
import { ListPage } from '#host/operator/list-page';
import { LISTINGS_MAX } from '#host/wasi/directory-listing';
import { Access } from '#host/wasi/files';
import type { NodeFiles } from '#host/wasi/node-files';
import { InlineEngine } from '../engine/inline-engine.js';
import { descriptorsIn, type OpenedFiles, openFilesIn } from './opened-files.js';

vi.mock('node:fs', async (load) => {
	const original = await load<typeof import('node:fs')>();
	return { ...original, opendirSync: vi.fn(original.opendirSync), lstatSync: vi.fn(original.lstatSync) };
});

let opened: OpenedFiles;
let files: NodeFiles;
let at: (path: string) => string;

beforeEach(() => {
	opened = openFilesIn((base) => {
		mkdirSync(join(base, 'root'));
		return join(base, 'root');
	});
	files = opened.files;
	at = (path) => join(opened.path, path);
});

afterEach(() => {
	vi.mocked(opendirSync).mockClear();
	vi.mocked(lstatSync).mockReset();
	files.dispose();
	const left = [opened.table.open(), descriptorsIn(opened.base)];
	opened.close();
	expect(left).toEqual([1, 1]);
});

/** At most `count` entries after a cookie. */
function page(
	fd: number,
	cookie: number,
	count = Number.POSITIVE_INFINITY,
): { names: string[]; kinds: number[]; next: number } {
	const names: string[] = [];
	const kinds: number[] = [];
	let next = cookie;
	const result = files.readDirectory(fd, cookie, (name, kind, _inode, after) => {
		if (names.length === count) return false;
		names.push(name);
		kinds.push(kind);
		next = after;
		return true;
	});
	expect(result).toBe(0);
	return { names, kinds, next };
}

function openDirectory(path = ''): number {
	const fd = files.open(opened.root, path, OFLAGS_DIRECTORY, Access.read);
	expect(fd).toBeGreaterThanOrEqual(0);
	return fd;
}

function make(count: number): string[] {
	const names = Array.from({ length: count }, (_, index) => `file ${index}`);
	for (const name of names) writeFileSync(at(name), '');
	return names.sort();
}

describe('a listing by the engine', () => {
	test.each([
		['finished entries', FLAG_STAT],
		['entries that are looked at one by one, because links are followed', FLAG_STAT | FLAG_FOLLOW],
	])('reads the directory once and looks at each entry once, page after page: %s', (_, flags) => {
		const names = make(1000);
		linkSync(at('file 0'), at('link'));
		symlinkSync('file 1', at('symlink'));
		const engine = new InlineEngine({ store: { files, root: opened.root } });
		const { fd } = engine.run(OP_OPEN, '', { flags: FLAG_DIRECTORY });
		vi.mocked(lstatSync).mockClear();
		const found: string[] = [];
		let pages = 0;
		for (let cookie = 0, more = true; more; pages++) {
			const { bytes, total } = engine.run(OP_LIST, '', { fd, offset: cookie, flags });
			for (const page = new ListPage({ bytes }); ; ) {
				const next = page.take();
				if (next === undefined) break;
				found.push(next.name);
			}
			cookie = total;
			more = total !== 0;
		}
		expect(engine.run(OP_CLOSE, '', { fd }).status).toBe(0);
		const links = flags & FLAG_FOLLOW ? ['link', 'symlink'] : ['link'];
		expect(found.sort()).toEqual([...names, ...links].sort());
		expect(pages).toBeGreaterThan(4);
		expect(opendirSync).toHaveBeenCalledTimes(1);
		// Once more for what may be appended to a file of two names, and where a link leads to.
		expect(vi.mocked(lstatSync).mock.calls.length).toBeLessThanOrEqual(1002 + 8);
	});

	test('leaves out what was removed since the directory was read', () => {
		make(100);
		const engine = new InlineEngine({ store: { files, root: opened.root } });
		const { fd } = engine.run(OP_OPEN, '', { flags: FLAG_DIRECTORY });
		expect(files.readDirectory(fd, 0, (_name, _kind, _inode, next) => next < 50)).toBe(0);
		for (let index = 0; index < 100; index += 2) rmSync(at(`file ${index}`));
		const { bytes } = engine.run(OP_LIST, '', { fd, offset: 49, flags: FLAG_STAT });
		const found: string[] = [];
		for (let page = new ListPage({ bytes }), next = page.take(); next !== undefined; next = page.take())
			found.push(next.name);
		expect(found.length).toBeGreaterThan(0);
		expect(found.every((name) => Number(name.split(' ')[1]) % 2 === 1)).toBe(true);
		engine.run(OP_CLOSE, '', { fd });
	});
});

describe('readDirectory', () => {
	test('gives names and kinds, without dots', () => {
		mkdirSync(at('d'));
		writeFileSync(at('f'), '');
		symlinkSync('f', at('l'));
		execFileSync('mkfifo', [at('p')]);
		const fd = openDirectory();
		const { names, kinds } = page(fd, 0);
		const found = Object.fromEntries(names.map((name, index) => [name, kinds[index]]));
		expect(found).toEqual({
			d: FILETYPE_DIRECTORY,
			f: FILETYPE_REGULAR_FILE,
			l: FILETYPE_SYMBOLIC_LINK,
			p: FILETYPE_UNKNOWN,
		});
		const empty = openDirectory('d');
		expect(page(empty, 0)).toEqual({ names: [], kinds: [], next: 0 });
		expect([files.close(fd), files.close(empty)]).toEqual([0, 0]);
	});

	test('gives names as the bytes that they are', () => {
		const names = ['\xff\xfe', '\xc3', '\xc3\xa4', 'a\nb', '\x80'.repeat(255)];
		for (const name of names) writeFileSync(Buffer.from(`${opened.path}/${name}`, 'latin1'), '');
		const fd = openDirectory();
		expect(page(fd, 0).names.sort()).toEqual(names.sort());
		files.close(fd);
	});

	test('goes on from a cookie, page by page, with one opening', () => {
		const names = make(500);
		const fd = openDirectory();
		for (const size of [1, 7, 128, 499, 500, 501]) {
			vi.mocked(opendirSync).mockClear();
			const found: string[] = [];
			let cookie = 0;
			for (let more = true; more; ) {
				const { names: part, next } = page(fd, cookie, size);
				found.push(...part);
				more = part.length > 0;
				cookie = next;
			}
			expect(found.sort()).toEqual(names);
			expect(opendirSync).toHaveBeenCalledTimes(1);
		}
		files.close(fd);
	});

	test('gives the entry that was not taken again', () => {
		make(3);
		const fd = openDirectory();
		const all = page(fd, 0).names;
		expect(page(fd, 0, 1).names).toEqual(all.slice(0, 1));
		expect(page(fd, 1, 0).names).toEqual([]);
		expect(page(fd, 1, 1).names).toEqual(all.slice(1, 2));
		expect(page(fd, 2).names).toEqual(all.slice(2));
		files.close(fd);
	});

	test('goes back to any cookie, from any thread, and finds nothing past the end', () => {
		make(300);
		const fd = openDirectory();
		const all = page(fd, 0).names;
		for (const cookie of [200, 10, 299, 0, 300, 301, 100_000, 150]) {
			expect(page(fd, cookie).names).toEqual(all.slice(cookie));
		}
		const first = page(fd, 0, 100);
		const other = opened.another();
		const rest: string[] = [];
		expect(other.readDirectory(fd, first.next, (name) => rest.push(name) > 0)).toBe(0);
		expect(rest).toEqual(all.slice(100));
		other.dispose();
		files.close(fd);
	});

	test('from the beginning sees what has changed', () => {
		const fd = openDirectory();
		expect(page(fd, 0).names).toEqual([]);
		writeFileSync(at('new'), '');
		expect(page(fd, 0).names).toEqual(['new']);
		rmSync(at('new'));
		expect(page(fd, 0).names).toEqual([]);
		files.close(fd);
	});

	test('of a removed directory finds nothing', () => {
		mkdirSync(at('d'));
		const fd = openDirectory('d');
		rmSync(at('d'), { recursive: true });
		expect(page(fd, 0).names).toEqual([]);
		files.close(fd);
	});

	test('refuses what is no directory and what is no cookie', () => {
		writeFileSync(at('f'), '');
		const fd = files.open(opened.root, 'f', 0, Access.read);
		const visit = () => true;
		expect(files.readDirectory(fd, 0, visit)).toBe(-ERRNO_NOTDIR);
		expect(files.readDirectory(12345, 0, visit)).toBe(-ERRNO_BADF);
		for (const cookie of [-1, 0.5, Number.NaN, 2 ** 53]) {
			expect(files.readDirectory(opened.root, cookie, visit)).toBe(-ERRNO_INVAL);
		}
		files.close(fd);
	});

	test('keeps a bounded number of directories open, and goes on with those that it closed', () => {
		make(10);
		const fds = Array.from({ length: LISTINGS_MAX * 2 }, () => openDirectory());
		const before = descriptorsIn(opened.base);
		const firsts = fds.map((fd) => page(fd, 0, 4));
		expect(descriptorsIn(opened.base)).toBe(before + LISTINGS_MAX);
		const all = page(openDirectoryOnce(), 0).names;
		for (const [index, fd] of fds.entries()) {
			expect([...firsts[index].names, ...page(fd, firsts[index].next).names]).toEqual(all);
			expect(files.close(fd)).toBe(0);
		}
		files.close(fds[0]);
	});

	test('closes a directory at its end', () => {
		make(10);
		const fd = openDirectory();
		const before = descriptorsIn(opened.base);
		page(fd, 0, 4);
		expect(descriptorsIn(opened.base)).toBe(before + 1);
		page(fd, 4);
		expect(descriptorsIn(opened.base)).toBe(before);
		files.close(fd);
	});

	function openDirectoryOnce(): number {
		// The root's own descriptor lists too.
		return opened.root;
	}
});

describe('a file system that does not tell what an entry is', () => {
	class AskedFor extends Dirent {}

	/** What Node does there: it asks for every entry of what it reads ahead, and one that is gone fails the whole read. */
	function withoutKinds(vanishing: string): void {
		const real = vi.mocked(opendirSync).getMockImplementation() as typeof opendirSync;
		vi.mocked(opendirSync).mockImplementation(((
			path: string,
			options: { encoding: BufferEncoding; bufferSize: number },
		) => {
			const directory = real(path, { ...options, bufferSize: 1 });
			const readSync = directory.readSync.bind(directory);
			const ahead: (Dirent | null)[] = [];
			directory.readSync = () => {
				if (ahead.length > 0) return ahead.shift() ?? null;
				const batch = Array.from({ length: options.bufferSize }, () => readSync());
				for (const entry of batch) {
					if (entry === null) {
						ahead.push(null);
						break;
					}
					const name = Buffer.isBuffer(entry.name) ? (entry.name as Buffer).toString('latin1') : entry.name;
					if (name === vanishing) {
						throw Object.assign(new Error('gone'), { code: 'ENOENT', errno: -2, syscall: 'lstat' });
					}
					if (options.encoding !== ('buffer' as string) && /[^\0-\x7f]/.test(name)) {
						// Asked for by a wrong name, which happened to be that of something else.
						Object.assign(entry, { isFile: () => false, isDirectory: () => false, isSocket: () => true });
					}
					ahead.push(Object.setPrototypeOf(entry, AskedFor.prototype));
				}
				return ahead.shift() ?? null;
			};
			return directory;
		}) as typeof opendirSync);
	}

	test.each(['file 0', 'file 7', 'none'])('is listed in full but for what is gone: %s', (vanishing) => {
		const real = vi.mocked(opendirSync).getMockImplementation() as typeof opendirSync;
		const names = make(20);
		mkdirSync(Buffer.from(`${opened.path}/\xff`, 'latin1'));
		withoutKinds(vanishing);
		const fd = openDirectory();
		try {
			const first = page(fd, 0, 5);
			const rest = page(fd, first.next);
			const found = [...first.names, ...rest.names].sort();
			expect(found).toEqual([...names, '\xff'].filter((name) => name !== vanishing));
			const kinds = [...first.kinds, ...rest.kinds];
			expect(kinds.filter((kind) => kind === FILETYPE_DIRECTORY)).toHaveLength(1);
			expect(kinds.filter((kind) => kind === FILETYPE_REGULAR_FILE)).toHaveLength(found.length - 1);
		} finally {
			vi.mocked(opendirSync).mockImplementation(real);
			files.close(fd);
		}
	});
});
