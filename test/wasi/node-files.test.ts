import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
	ERRNO_BADF,
	ERRNO_BUSY,
	ERRNO_EXIST,
	ERRNO_ILSEQ,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_MFILE,
	ERRNO_NAMETOOLONG,
	ERRNO_NOENT,
	ERRNO_NOTCAPABLE,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_NOTSUP,
	ERRNO_PERM,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SYMBOLIC_LINK,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
	STATUS_SYMLINK,
} from '#assembly/layout';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { CACHED_DIRECTORIES_MAX } from '#host/wasi/directory-cache';
import { Access, FileStat } from '#host/wasi/files';
import { NodeFiles } from '#host/wasi/node-files';
import { descriptorsIn, get, type OpenedFiles, openFilesIn, put } from './opened-files.js';

const isRoot = process.getuid?.() === 0;
let opened: OpenedFiles;
let files: NodeFiles;
let root: number;
let at: (path: string) => string;

beforeEach(() => {
	opened = openFilesIn((base) => {
		mkdirSync(join(base, 'root'));
		return join(base, 'root');
	});
	files = opened.files;
	root = opened.root;
	at = (path) => join(opened.path, path);
});

afterEach(() => {
	// Every test closes what it opened: nothing but the cached parents and the root may be left.
	files.dispose();
	const { base, table } = opened;
	const inTable = table.open();
	const inProcess = descriptorsIn(base);
	opened.close();
	expect([inTable, inProcess]).toEqual([1, 1]);
});

/** Opens, gives what the operation gives, closes. */
function withOpen<T>(path: string, oflags: number, access: Access, operation: (fd: number) => T): T {
	const fd = files.open(root, path, oflags, access);
	expect(fd).toBeGreaterThanOrEqual(0);
	const result = operation(fd);
	expect(files.close(fd)).toBe(0);
	return result;
}

describe('open', () => {
	test('creates, finds, truncates and refuses as its flags say', () => {
		expect(files.open(root, 'a', 0, Access.read)).toBe(-ERRNO_NOENT);
		withOpen('a', OFLAGS_CREAT, Access.write, (fd) => expect(files.kind(fd)).toBe(FILETYPE_REGULAR_FILE));
		expect(files.open(root, 'a', OFLAGS_CREAT | OFLAGS_EXCL, Access.write)).toBe(-ERRNO_EXIST);
		expect(files.open(root, 'a', OFLAGS_DIRECTORY, Access.read)).toBe(-ERRNO_NOTDIR);
		expect(files.open(root, 'b', OFLAGS_CREAT | OFLAGS_DIRECTORY, Access.read)).toBe(-ERRNO_INVAL);
		put(opened, 'a', 'content');
		withOpen('a', OFLAGS_TRUNC, Access.write, (fd) => expect(files.size(fd)).toBe(0));
		expect(readFileSync(at('a'), 'latin1')).toBe('');
		expect(existsSync(at('b'))).toBe(false);
	});

	test('opens directories for reading only, also by the empty path and the dot', () => {
		mkdirSync(at('d'));
		for (const path of ['d', '', '.']) {
			withOpen(path, OFLAGS_DIRECTORY, Access.read, (fd) => expect(files.kind(fd)).toBe(FILETYPE_DIRECTORY));
			withOpen(path, 0, Access.read, (fd) => expect(files.kind(fd)).toBe(FILETYPE_DIRECTORY));
			expect(files.open(root, path, 0, Access.write)).toBe(-ERRNO_ISDIR);
			expect(files.open(root, path, OFLAGS_CREAT, Access.read)).toBe(-ERRNO_ISDIR);
			expect(files.open(root, path, OFLAGS_TRUNC, Access.read)).toBe(-ERRNO_ISDIR);
			expect(files.open(root, path, OFLAGS_CREAT | OFLAGS_EXCL, Access.read)).toBe(-ERRNO_EXIST);
		}
	});

	test('reaches files any number of directories below, from any directory', () => {
		mkdirSync(at('a/b/c/d'), { recursive: true });
		put(opened, 'a/b/c/d/f', 'deep');
		expect(get(opened, 'a/b/c/d/f')).toBe('deep');
		withOpen('a/b', OFLAGS_DIRECTORY, Access.read, (directory) => {
			const fd = files.open(directory, 'c/d/f', 0, Access.read);
			expect(files.size(fd)).toBe(4);
			expect(files.close(fd)).toBe(0);
		});
	});

	test('reaches what is deeper than the kernel takes in one path', () => {
		const name = 'n'.repeat(200);
		const directories = [files.open(root, '', OFLAGS_DIRECTORY, Access.read)];
		for (let depth = 0; depth < 40; depth++) {
			expect(files.createDirectory(directories[depth], name)).toBe(0);
			directories.push(files.open(directories[depth], name, OFLAGS_DIRECTORY, Access.read));
		}
		const deepest = directories[40];
		// The cached parent lies deeper than the kernel can say.
		expect(files.createDirectory(deepest, 'x')).toBe(0);
		for (let round = 0; round < 3; round++) {
			files.batch();
			expect(files.open(deepest, 'x/f', 0, Access.read)).toBe(-ERRNO_NOENT);
		}
		expect(files.removeDirectory(deepest, 'x')).toBe(0);
		for (let depth = 40; depth >= 0; depth--) {
			expect(files.close(directories[depth])).toBe(0);
			if (depth > 0) expect(files.removeDirectory(directories[depth - 1], name)).toBe(0);
		}
	});

	test('says what is wrong with a parent', () => {
		put(opened, 'file', '');
		expect(files.open(root, 'missing/f', OFLAGS_CREAT, Access.write)).toBe(-ERRNO_NOENT);
		expect(files.open(root, 'missing/f/g', 0, Access.read)).toBe(-ERRNO_NOENT);
		expect(files.open(root, 'file/f', OFLAGS_CREAT, Access.write)).toBe(-ERRNO_NOTDIR);
		expect(files.open(root, 'file/f/g', 0, Access.read)).toBe(-ERRNO_NOTDIR);
	});

	test('keeps names as the bytes that they are', () => {
		mkdirSync(Buffer.concat([Buffer.from(`${opened.path}/`), Buffer.from([0xff, 0xfe])]));
		const names = ['\xff\xfe/\x80', 'a b', '\n', '"', '.hidden', '-', '\xc3\xa4', 'x'.repeat(255), '\xff'.repeat(255)];
		for (const name of names) {
			expect(put(opened, name, name)).toBe(0);
			expect(get(opened, name)).toBe(name);
		}
		expect(readFileSync(at('\u00e4'), 'latin1')).toBe('\xc3\xa4');
	});

	test('refuses paths that cannot be held or that lead elsewhere, in every call', () => {
		const stat = new FileStat();
		const long = 'x'.repeat(256);
		const cases: [string, number][] = [
			['..', ERRNO_NOTCAPABLE],
			['../root/a', ERRNO_NOTCAPABLE],
			['a/..', ERRNO_NOTCAPABLE],
			['a/../b', ERRNO_NOTCAPABLE],
			['missing/../../a', ERRNO_NOTCAPABLE],
			['/', ERRNO_INVAL],
			['/a', ERRNO_INVAL],
			['a//b', ERRNO_INVAL],
			['a/', ERRNO_INVAL],
			['./a', ERRNO_INVAL],
			['a/./b', ERRNO_INVAL],
			['a/.', ERRNO_INVAL],
			['a\0b', ERRNO_INVAL],
			['a\0/b', ERRNO_INVAL],
			['\u0100', ERRNO_ILSEQ],
			['\u0100/a', ERRNO_ILSEQ],
			[long, ERRNO_NAMETOOLONG],
			[`${long}/a`, ERRNO_NAMETOOLONG],
			[`a/${long}`, ERRNO_NAMETOOLONG],
			['a/'.repeat(2049).slice(0, -1), ERRNO_NAMETOOLONG],
			[`${'a/'.repeat(2047)}bb`, ERRNO_NAMETOOLONG],
		];
		put(opened, 'f', '');
		const fd = files.open(root, 'f', 0, Access.write);
		for (const [path, errno] of cases) {
			const results = [
				files.open(root, path, 0, Access.read),
				files.open(root, path, OFLAGS_CREAT, Access.write),
				files.statPath(root, path, stat),
				files.createDirectory(root, path),
				files.removeDirectory(root, path),
				files.unlink(root, path),
				files.rename(root, path, root, 'x'),
				files.rename(root, 'f', root, path),
				files.link(root, path, root, 'x'),
				files.link(root, 'f', root, path),
				files.adopt(fd, root, path),
			];
			expect([path, ...new Set(results)]).toEqual([path, -errno]);
		}
		expect(files.close(fd)).toBe(0);
	});

	test('refuses what is not an open directory', () => {
		const stat = new FileStat();
		put(opened, 'f', '');
		const file = files.open(root, 'f', 0, Access.read);
		const gone = files.open(root, '', OFLAGS_DIRECTORY, Access.read);
		files.close(gone);
		for (const path of ['a', 'a/b', '', '.']) {
			for (const [directory, errno] of [
				[file, ERRNO_NOTDIR],
				[gone, ERRNO_BADF],
				[-1, ERRNO_BADF],
				[99, ERRNO_BADF],
			]) {
				expect(files.open(directory, path, OFLAGS_CREAT, Access.write)).toBe(-errno);
				expect(files.statPath(directory, path, stat)).toBe(-errno);
				expect(files.createDirectory(directory, path)).toBe(-errno);
				expect(files.removeDirectory(directory, path)).toBe(-errno);
				expect(files.unlink(directory, path)).toBe(-errno);
			}
		}
		expect(files.close(file)).toBe(0);
	});

	test('says that the table is full, and keeps no descriptor of what it opened', () => {
		const table = new DescriptorTable(new ArrayBuffer(DescriptorTable.bytes(2)), 0, 1);
		const small = new NodeFiles({ table, epoch: opened.epoch, shared: undefined });
		const copy = table.insert(opened.table.resource(root), FILETYPE_DIRECTORY);
		put(opened, 'f', '');
		mkdirSync(at('d/e'), { recursive: true });
		const before = descriptorsIn(opened.base);
		const first = small.open(copy, 'f', 0, Access.read);
		expect(first).toBeGreaterThanOrEqual(0);
		expect(small.open(copy, 'f', 0, Access.read)).toBe(-ERRNO_MFILE);
		expect(small.open(copy, 'd', 0, Access.read)).toBe(-ERRNO_MFILE);
		expect(small.open(copy, 'd/e', 0, Access.read)).toBe(-ERRNO_MFILE);
		expect(small.close(first)).toBe(0);
		expect(small.open(copy, 'd/e', OFLAGS_DIRECTORY, Access.read)).toBe(-ERRNO_MFILE);
		expect(descriptorsIn(opened.base)).toBe(before);
		table.remove(copy);
	});
});

describe('close', () => {
	test('works once', () => {
		const fd = files.open(root, 'a', OFLAGS_CREAT, Access.write);
		expect(files.close(fd)).toBe(0);
		const bytes = new Uint8Array(1);
		const again = [
			files.close(fd),
			files.read(fd, bytes, 0),
			files.write(fd, bytes, 0),
			files.append(fd, bytes),
			files.size(fd),
			files.kind(fd),
			files.stat(fd, new FileStat()),
			files.truncate(fd, 0),
			files.sync(fd),
			files.readDirectory(fd, 0, () => true),
			files.adopt(fd, root, 'a'),
			files.clone(fd, fd),
		];
		expect([...new Set(again)]).toEqual([-ERRNO_BADF]);
	});

	test('of a directory closes what was opened below it and for its listing', () => {
		mkdirSync(at('d/e'), { recursive: true });
		const before = descriptorsIn(opened.base);
		const directory = files.open(root, 'd', OFLAGS_DIRECTORY, Access.read);
		files.readDirectory(directory, 0, () => false);
		expect(files.statPath(directory, 'e/f', new FileStat())).toBe(-ERRNO_NOENT);
		expect(descriptorsIn(opened.base)).toBe(before + 3);
		expect(files.close(directory)).toBe(0);
		expect(descriptorsIn(opened.base)).toBe(before);
	});

	test('may happen on another thread, also of a directory in the middle of a listing or with cached parents', () => {
		mkdirSync(at('d/e'), { recursive: true });
		put(opened, 'd/e/f', '');
		const directory = files.open(root, 'd', OFLAGS_DIRECTORY, Access.read);
		files.readDirectory(directory, 0, () => false);
		expect(files.statPath(directory, 'e/f', new FileStat())).toBe(0);
		const before = descriptorsIn(opened.base);
		expect(opened.another().close(directory)).toBe(0);
		expect(files.statPath(directory, 'e/f', new FileStat())).toBe(-ERRNO_BADF);
		expect(files.readDirectory(directory, 1, () => true)).toBe(-ERRNO_BADF);
		files.batch();
		// The directory, its listing, and the cached parent.
		expect(descriptorsIn(opened.base)).toBe(before - 3);
	});
});

describe('read and write', () => {
	test('go to a position, also from and into shared memory', () => {
		withOpen('a', OFLAGS_CREAT, Access.write, (fd) => {
			const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 4);
			shared.set([1, 2, 3, 4]);
			expect(files.write(fd, shared, 3)).toBe(4);
			const target = new Uint8Array(new SharedArrayBuffer(16), 1, 9);
			expect(files.read(fd, target, 0)).toBe(7);
			expect([...target]).toEqual([0, 0, 0, 1, 2, 3, 4, 0, 0]);
			expect(files.read(fd, target, 5)).toBe(2);
			expect(files.read(fd, target, 7)).toBe(0);
			expect(files.read(fd, target.subarray(0, 0), 0)).toBe(0);
			expect(files.write(fd, target.subarray(0, 0), 0)).toBe(0);
		});
	});

	test('a large piece is written as a whole, though not in one call', () => {
		withOpen('a', OFLAGS_CREAT, Access.write, (fd) => {
			for (const size of [256 * 1024, 256 * 1024 + 1, 1_000_003]) {
				const bytes = new Uint8Array(new SharedArrayBuffer(size));
				for (let index = 0; index < size; index++) bytes[index] = (index * 31) ^ (index >> 11);
				expect(files.write(fd, bytes, 5)).toBe(size);
				expect(files.size(fd)).toBe(size + 5);
				expect(Buffer.from(bytes).equals(readFileSync(at('a')).subarray(5))).toBe(true);
			}
		});
	});

	test('reach beyond 4 GiB, and refuse positions that are none', () => {
		withOpen('a', OFLAGS_CREAT, Access.write, (fd) => {
			const byte = new Uint8Array([7]);
			expect(files.write(fd, byte, 2 ** 33)).toBe(1);
			expect(files.size(fd)).toBe(2 ** 33 + 1);
			expect(files.read(fd, byte, 2 ** 33)).toBe(1);
			for (const position of [-1, 1.5, Number.NaN, 2 ** 53]) {
				expect(files.read(fd, byte, position)).toBe(-ERRNO_INVAL);
				expect(files.write(fd, byte, position)).toBe(-ERRNO_INVAL);
				expect(files.truncate(fd, position)).toBe(-ERRNO_INVAL);
			}
			expect(files.truncate(fd, 0)).toBe(0);
		});
	});

	test('keep to what the file was opened for', () => {
		const bytes = new Uint8Array(4);
		put(opened, 'a', 'text');
		withOpen('a', 0, Access.read, (fd) => {
			expect(files.write(fd, bytes, 0)).toBe(-ERRNO_BADF);
			expect(files.truncate(fd, 0)).toBe(-ERRNO_INVAL);
		});
		withOpen('a', 0, Access.append, (fd) => expect(files.read(fd, bytes, 0)).toBe(-ERRNO_BADF));
		withOpen('', 0, Access.read, (fd) => {
			expect(files.read(fd, bytes, 0)).toBe(-ERRNO_ISDIR);
			expect(files.size(fd)).toBe(-ERRNO_ISDIR);
			expect(files.sync(fd)).toBe(0);
		});
		expect(get(opened, 'a')).toBe('text');
	});

	test('append at the end, whoever else appends', () => {
		put(opened, 'a', '0');
		withOpen('a', 0, Access.append, (one) => {
			withOpen('a', 0, Access.append, (two) => {
				expect(files.append(one, Buffer.from('1'))).toBe(1);
				expect(files.append(two, Buffer.from('22'))).toBe(2);
				expect(files.append(one, Buffer.from('3'))).toBe(1);
				expect(files.size(one)).toBe(5);
			});
		});
		expect(get(opened, 'a')).toBe('01223');
	});

	test('a descriptor stays with its file when the name goes to another', () => {
		put(opened, 'a', 'old');
		withOpen('a', 0, Access.read, (fd) => {
			put(opened, 'b', 'new');
			expect(files.rename(root, 'b', root, 'a')).toBe(0);
			const bytes = Buffer.alloc(3);
			files.read(fd, bytes, 0);
			expect(bytes.toString()).toBe('old');
		});
	});
});

describe('size', () => {
	test('is that of now, whatever happened since the opening', () => {
		put(opened, 'a', 'four');
		const grow = (fd: number) => files.write(fd, Buffer.from('sixsix'), 0);
		withOpen('a', 0, Access.write, (fd) => expect([grow(fd), files.size(fd)]).toEqual([6, 6]));
		withOpen('a', 0, Access.write, (fd) => expect([files.truncate(fd, 2), files.size(fd)]).toEqual([0, 2]));
		withOpen('a', 0, Access.append, (fd) =>
			expect([files.append(fd, Buffer.from('x')), files.size(fd)]).toEqual([1, 3]),
		);
		withOpen('a', 0, Access.read, (fd) => {
			expect(files.size(fd)).toBe(3);
			writeFileSync(at('a'), 'by another process');
			expect(files.size(fd)).toBe(18);
		});
		withOpen('a', 0, Access.read, (fd) => {
			files.batch();
			writeFileSync(at('a'), 'changed');
			expect(files.size(fd)).toBe(7);
		});
	});
});

describe('stat', () => {
	test('gives what the platform says, by descriptor and by path', () => {
		put(opened, 'a', 'four');
		mkdirSync(at('d'));
		symlinkSync('a', at('l'));
		const stat = new FileStat();
		expect(files.statPath(root, 'a', stat)).toBe(0);
		const expected = statSync(at('a'), { bigint: true });
		expect({ ...stat }).toEqual({
			device: expected.dev,
			inode: expected.ino,
			kind: FILETYPE_REGULAR_FILE,
			links: 1n,
			size: 4n,
			accessedNs: expected.atimeNs,
			modifiedNs: expected.mtimeNs,
			changedNs: expected.ctimeNs,
		});
		const byFd = new FileStat();
		withOpen('a', 0, Access.read, (fd) => expect(files.stat(fd, byFd)).toBe(0));
		expect(byFd).toEqual(stat);
		expect([files.statPath(root, 'd', stat), stat.kind]).toEqual([0, FILETYPE_DIRECTORY]);
		expect([files.statPath(root, '', stat), stat.kind]).toEqual([0, FILETYPE_DIRECTORY]);
		expect([files.statPath(root, 'l', stat), stat.kind]).toEqual([0, FILETYPE_SYMBOLIC_LINK]);
		expect(files.statPath(root, 'missing', stat)).toBe(-ERRNO_NOENT);
		expect(files.statPath(root, 'a/x', stat)).toBe(-ERRNO_NOTDIR);
		expect(files.statPath(root, 'd/x', stat)).toBe(-ERRNO_NOENT);
	});
});

describe('directories', () => {
	test('are made and removed one at a time', () => {
		expect(files.createDirectory(root, 'd')).toBe(0);
		expect(files.createDirectory(root, 'd')).toBe(-ERRNO_EXIST);
		expect(files.createDirectory(root, '')).toBe(-ERRNO_EXIST);
		expect(files.createDirectory(root, 'x/y')).toBe(-ERRNO_NOENT);
		put(opened, 'd/f', '');
		expect(files.createDirectory(root, 'd/f')).toBe(-ERRNO_EXIST);
		expect(files.removeDirectory(root, 'd')).toBe(-ERRNO_NOTEMPTY);
		expect(files.removeDirectory(root, 'd/f')).toBe(-ERRNO_NOTDIR);
		expect(files.removeDirectory(root, 'x')).toBe(-ERRNO_NOENT);
		expect(files.removeDirectory(root, '')).toBe(-ERRNO_INVAL);
		expect(files.unlink(root, 'd')).toBe(-ERRNO_ISDIR);
		expect(files.unlink(root, '')).toBe(-ERRNO_ISDIR);
		expect(files.unlink(root, 'd/f')).toBe(0);
		expect(files.unlink(root, 'd/f')).toBe(-ERRNO_NOENT);
		expect(files.removeDirectory(root, 'd')).toBe(0);
		expect(existsSync(at('d'))).toBe(false);
	});

	test('raise the epoch when one is removed or renamed, files do not', () => {
		const epochAfter = (operation: () => number) => {
			expect(operation()).toBe(0);
			return opened.epoch[0];
		};
		mkdirSync(at('d'));
		put(opened, 'a', '');
		expect(epochAfter(() => files.rename(root, 'a', root, 'b'))).toBe(0);
		expect(epochAfter(() => files.unlink(root, 'b'))).toBe(0);
		expect(epochAfter(() => files.createDirectory(root, 'e'))).toBe(0);
		expect(epochAfter(() => files.rename(root, 'd', root, 'f'))).toBe(1);
		expect(epochAfter(() => files.removeDirectory(root, 'f'))).toBe(2);
		expect(files.removeDirectory(root, 'f')).toBe(-ERRNO_NOENT);
		expect(opened.epoch[0]).toBe(2);
	});
});

describe('rename', () => {
	test('replaces files, moves between directories, and refuses as POSIX does', () => {
		mkdirSync(at('d/e'), { recursive: true });
		mkdirSync(at('full/x'), { recursive: true });
		put(opened, 'a', 'a');
		put(opened, 'd/b', 'b');
		expect(files.rename(root, 'a', root, 'd/b')).toBe(0);
		expect(get(opened, 'd/b')).toBe('a');
		expect(get(opened, 'a')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'd/b', root, 'd/e/c')).toBe(0);
		expect(files.rename(root, 'd/e/c', root, 'd/e/c')).toBe(0);
		expect(get(opened, 'd/e/c')).toBe('a');
		expect(files.rename(root, 'missing', root, 'x')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'd/e/c', root, 'missing/x')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'd/e/c', root, 'full')).toBe(-ERRNO_ISDIR);
		expect(files.rename(root, 'd', root, 'd/e/c')).not.toBe(0);
		expect(files.rename(root, 'd', root, 'd/e/d')).toBe(-ERRNO_INVAL);
		expect(files.rename(root, 'd', root, 'full')).toBe(-ERRNO_NOTEMPTY);
		expect(files.rename(root, '', root, 'x')).toBe(-ERRNO_BUSY);
		expect(files.rename(root, 'd', root, '.')).toBe(-ERRNO_BUSY);
	});
});

describe('calls with two paths', () => {
	test('keep the first directory while the way to the second is longer than the cache', () => {
		const deep = 'd/'.repeat(CACHED_DIRECTORIES_MAX + 512);
		mkdirSync(at(deep), { recursive: true });
		mkdirSync(at('first'));
		put(opened, 'first/file', 'content');
		expect(files.link(root, 'first/file', root, `${deep}linked`)).toBe(0);
		expect(files.rename(root, 'first/file', root, `${deep}renamed`)).toBe(0);
		expect(files.rename(root, `${deep}renamed`, root, 'first/back')).toBe(0);
		expect([get(opened, `${deep}linked`), get(opened, 'first/back')]).toEqual(['content', 'content']);
	});
});

describe('link', () => {
	test('gives a second name, but never takes one', () => {
		put(opened, 'a', 'a');
		put(opened, 'b', 'b');
		mkdirSync(at('d'));
		symlinkSync('a', at('l'));
		expect(files.link(root, 'a', root, 'd/c')).toBe(0);
		expect(get(opened, 'd/c')).toBe('a');
		expect(files.link(root, 'a', root, 'b')).toBe(-ERRNO_EXIST);
		expect(files.link(root, 'a', root, 'l')).toBe(-ERRNO_EXIST);
		expect(files.link(root, 'a', root, '')).toBe(-ERRNO_EXIST);
		expect(files.link(root, 'missing', root, 'x')).toBe(-ERRNO_NOENT);
		expect(files.link(root, 'd', root, 'x')).toBe(-ERRNO_PERM);
		expect(files.link(root, '', root, 'x')).toBe(-ERRNO_PERM);
		expect(get(opened, 'b')).toBe('b');
		expect(existsSync(at('x'))).toBe(false);
	});
});

describe('adopt', () => {
	const mode = (path: string) => statSync(at(path)).mode & 0o7777;

	test('gives the mode of an existing file, and nothing when there is none', () => {
		put(opened, 'old', '');
		chmodSync(at('old'), 0o4751);
		withOpen('new', OFLAGS_CREAT | OFLAGS_EXCL, Access.write, (fd) => {
			const before = mode('new');
			expect(files.adopt(fd, root, 'missing')).toBe(0);
			expect(files.adopt(fd, root, 'missing/file')).toBe(-ERRNO_NOENT);
			expect(mode('new')).toBe(before);
			expect(files.adopt(fd, root, 'old')).toBe(0);
			expect(mode('new')).toBe(0o4751);
		});
	});

	test('takes nothing from what is not a file', () => {
		mkdirSync(at('d'));
		symlinkSync('/etc/passwd', at('l'));
		withOpen('new', OFLAGS_CREAT, Access.write, (fd) => {
			expect(files.adopt(fd, root, 'd')).toBe(-ERRNO_ISDIR);
			expect(files.adopt(fd, root, 'l')).toBe(-STATUS_SYMLINK);
		});
	});

	test.runIf(isRoot)('gives the owner too, and the mode after it', () => {
		put(opened, 'old', '');
		chownSync(at('old'), 1234, 2345);
		chmodSync(at('old'), 0o6755);
		withOpen('new', OFLAGS_CREAT, Access.write, (fd) => expect(files.adopt(fd, root, 'old')).toBe(0));
		expect(statSync(at('new'))).toMatchObject({ uid: 1234, gid: 2345 });
		expect(mode('new')).toBe(0o6755);
	});

	test.runIf(isRoot)('without the right to give files away, keeps the mode but not set-user-id', () => {
		put(opened, 'old', '');
		chownSync(at('old'), 1234, 2345);
		chmodSync(at('old'), 0o6754);
		chmodSync(opened.base, 0o777);
		chmodSync(opened.path, 0o777);
		process.setegid?.(3333);
		process.seteuid?.(3333);
		try {
			withOpen('new', OFLAGS_CREAT, Access.write, (fd) => expect(files.adopt(fd, root, 'old')).toBe(0));
		} finally {
			process.seteuid?.(0);
			process.setegid?.(0);
		}
		expect(statSync(at('new'))).toMatchObject({ uid: 3333, gid: 3333 });
		expect(mode('new')).toBe(0o754);
	});
});

describe('clone', () => {
	test('shares the content where the file system can, and says so where it cannot', () => {
		put(opened, 'a', 'content');
		put(opened, 'b', '');
		chmodSync(at('a'), 0o640);
		chmodSync(at('b'), 0o604);
		withOpen('a', 0, Access.read, (source) => {
			withOpen('b', 0, Access.write, (target) => {
				const result = files.clone(source, target);
				expect([0, -ERRNO_NOTSUP]).toContain(result);
				expect(files.size(target)).toBe(result === 0 ? 7 : 0);
			});
		});
		expect(statSync(at('b')).mode & 0o777).toBe(0o604);
	});
});
