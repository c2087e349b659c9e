import { describe, expect, test } from 'vitest';
import {
	ERRNO_BADF,
	ERRNO_BUSY,
	ERRNO_EXIST,
	ERRNO_FBIG,
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
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
} from '#assembly/layout';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { Access, FileStat } from '#host/wasi/files';
import { createMemoryStore, MemoryFiles } from '#host/wasi/memory-files';
import { dump, expectBytes, get, getOpen, list, openStore, pattern, put, removeAll, text } from './opened-store.js';

describe('createMemoryStore', () => {
	test('refuses sizes that cannot be had and says which can', () => {
		for (const maximumBytes of [0, -1, Number.NaN, 1024 ** 2 - 1, 2 ** 33]) {
			expect(() => createMemoryStore({ maximumBytes })).toThrow(/between 1048576 and/);
		}
	});

	test('takes 1 MiB of addresses at first and grows on demand', () => {
		const store = openStore({ maximumBytes: 1024 ** 3 });
		expect(store.share.shared.byteLength).toBe(1024 ** 2);
		put(store, 'a', pattern(3 * 1024 ** 2));
		expect(store.share.shared.byteLength).toBeGreaterThan(3 * 1024 ** 2);
		expectBytes(get(store, 'a'), pattern(3 * 1024 ** 2));
	});

	test('opening anything else is refused', () => {
		const table = new DescriptorTable(new ArrayBuffer(1024), 0, 1);
		for (const shared of [undefined, {}, new SharedArrayBuffer(16), new SharedArrayBuffer(1024 ** 2)]) {
			expect(() => new MemoryFiles({ table, shared, epoch: new Int32Array(1) })).toThrow(TypeError);
		}
	});
});

describe('open', () => {
	test('creates, finds, truncates and refuses as its flags say', () => {
		const store = openStore();
		const { files, root } = store;
		expect(files.open(root, 'a', 0, Access.read)).toBe(-ERRNO_NOENT);
		expect(files.open(root, 'a', OFLAGS_CREAT, Access.write)).toBeGreaterThanOrEqual(0);
		expect(files.open(root, 'a', OFLAGS_CREAT | OFLAGS_EXCL, Access.write)).toBe(-ERRNO_EXIST);
		expect(files.open(root, 'a', OFLAGS_DIRECTORY, Access.read)).toBe(-ERRNO_NOTDIR);
		expect(files.open(root, 'b', OFLAGS_CREAT | OFLAGS_DIRECTORY, Access.read)).toBe(-ERRNO_INVAL);
		put(store, 'a', 'content');
		const fd = files.open(root, 'a', OFLAGS_TRUNC, Access.write);
		expect(files.size(fd)).toBe(0);
		expect(list(store)).toEqual(['a']);
	});

	test('opens directories for reading only, also by the empty path and the dot', () => {
		const store = openStore();
		const { files, root } = store;
		files.createDirectory(root, 'd');
		for (const path of ['d', '', '.']) {
			const fd = files.open(root, path, OFLAGS_DIRECTORY, Access.read);
			expect(files.kind(fd)).toBe(FILETYPE_DIRECTORY);
			expect(files.open(root, path, 0, Access.write)).toBe(-ERRNO_ISDIR);
			expect(files.open(root, path, OFLAGS_CREAT, Access.read)).toBe(-ERRNO_ISDIR);
			expect(files.open(root, path, OFLAGS_TRUNC, Access.read)).toBe(-ERRNO_ISDIR);
			expect(files.open(root, path, OFLAGS_CREAT | OFLAGS_EXCL, Access.read)).toBe(-ERRNO_EXIST);
		}
	});

	test('is relative to the directory of its descriptor, also after that was moved', () => {
		const store = openStore();
		const { files, root } = store;
		files.createDirectory(root, 'd');
		put(store, 'd/a', 'inside');
		const d = files.open(root, 'd', OFLAGS_DIRECTORY, Access.read);
		files.rename(root, 'd', root, 'e');
		expect(files.open(d, 'a', 0, Access.read)).toBeGreaterThanOrEqual(0);
		const file = files.open(root, 'e/a', 0, Access.read);
		expect(files.open(file, 'a', 0, Access.read)).toBe(-ERRNO_NOTDIR);
		expect(files.open(root, 'e/a/b', 0, Access.read)).toBe(-ERRNO_NOTDIR);
		expect(files.open(root, 'f/a', OFLAGS_CREAT, Access.read)).toBe(-ERRNO_NOENT);
	});

	test('without a free descriptor gives MFILE and counts nothing', () => {
		const shared = createMemoryStore({ maximumBytes: 1024 ** 2 });
		const table = new DescriptorTable(new SharedArrayBuffer(DescriptorTable.bytes(2)), 0, 1);
		const files = new MemoryFiles({ table, shared, epoch: new Int32Array(1) });
		const root = table.insert(files.createRoot(), FILETYPE_DIRECTORY);
		const used = files.usedBytes();
		const fd = files.open(root, 'a', OFLAGS_CREAT, Access.write);
		files.write(fd, pattern(5000), 0);
		expect(files.open(root, 'a', 0, Access.read)).toBe(-ERRNO_MFILE);
		files.unlink(root, 'a');
		files.close(fd);
		expect(files.usedBytes()).toBe(used);
	});
});

describe('paths', () => {
	const refused: [string, string, number][] = [
		['a parent', '..', ERRNO_NOTCAPABLE],
		['a parent in the middle', 'd/../a', ERRNO_NOTCAPABLE],
		['a parent behind what is missing', 'missing/../a', ERRNO_NOTCAPABLE],
		['an empty component', 'd//a', ERRNO_INVAL],
		['a leading slash', '/a', ERRNO_INVAL],
		['a trailing slash', 'd/', ERRNO_INVAL],
		['a dot in a longer path', 'd/.', ERRNO_INVAL],
		['a NUL', 'a\0b', ERRNO_INVAL],
		['a character that is no byte', 'a\u0100', ERRNO_ILSEQ],
		['256 bytes', 'x'.repeat(256), ERRNO_NAMETOOLONG],
		['4096 bytes', `${'ab/'.repeat(1365)}a`, ERRNO_NAMETOOLONG],
	];
	test.each(refused)('%s is refused by every call', (_, path, errno) => {
		const store = openStore();
		const { files, root } = store;
		files.createDirectory(root, 'd');
		put(store, 'a', '');
		const results = [
			files.open(root, path, OFLAGS_CREAT, Access.write),
			files.statPath(root, path, new FileStat()),
			files.createDirectory(root, path),
			files.removeDirectory(root, path),
			files.unlink(root, path),
			files.rename(root, path, root, 'b'),
			files.rename(root, 'a', root, path),
			files.link(root, path, root, 'b'),
			files.link(root, 'a', root, path),
		];
		expect(results).toEqual(results.map(() => -errno));
		expect(dump(store)).toEqual(['a: ', 'd/']);
	});

	test('names are any 255 bytes', () => {
		const store = openStore();
		const every = String.fromCharCode(...Array.from({ length: 255 }, (_, byte) => byte + 1)).replace('/', '_');
		const names = [every, 'x'.repeat(255), '...', ' ', '\n', '-', 'é'];
		for (const name of names) expect(put(store, name, name)).toBe(name.length);
		expect(list(store)).toEqual(names);
		for (const name of names) expect(text(store, name)).toBe(name);
	});

	test('a tree 1000 deep can be made, walked and removed', () => {
		const store = openStore();
		const { files, table } = store;
		let directory = store.root;
		for (let depth = 0; depth < 1000; depth++) {
			expect(files.createDirectory(directory, 'd')).toBe(0);
			const child = files.open(directory, 'd', OFLAGS_DIRECTORY, Access.read);
			if (directory !== store.root) files.close(directory);
			directory = child;
		}
		files.close(directory);
		expect(table.open()).toBe(1);
		expect(files.createDirectory(store.root, Array(1000).fill('d').join('/').concat('/e'))).toBe(0);
		expect(removeAll(store)).toBe(0);
	});
});

describe('descriptors', () => {
	test('what is not open is BADF everywhere', () => {
		const store = openStore();
		const { files, root } = store;
		put(store, 'a', 'a');
		const fd = files.open(root, 'a', 0, Access.read);
		expect(files.close(fd)).toBe(0);
		const bytes = new Uint8Array(8);
		const results = [
			files.close(fd),
			files.read(fd, bytes, 0),
			files.write(fd, bytes, 0),
			files.append(fd, bytes),
			files.size(fd),
			files.kind(fd),
			files.stat(fd, new FileStat()),
			files.truncate(fd, 0),
			files.sync(fd),
			files.open(fd, 'a', 0, Access.read),
			files.createDirectory(fd, 'd'),
			files.readDirectory(fd, 0, () => true),
		];
		expect(results).toEqual(results.map(() => -ERRNO_BADF));
	});

	test('a file opened for reading cannot be changed, a directory has no bytes', () => {
		const store = openStore();
		const { files, root } = store;
		put(store, 'a', 'old');
		const bytes = new Uint8Array(8);
		const fd = files.open(root, 'a', 0, Access.read);
		expect(files.write(fd, bytes, 0)).toBe(-ERRNO_BADF);
		expect(files.append(fd, bytes)).toBe(-ERRNO_BADF);
		expect(files.truncate(fd, 0)).toBe(-ERRNO_INVAL);
		expect(text(store, 'a')).toBe('old');
		expect(files.read(root, bytes, 0)).toBe(-ERRNO_ISDIR);
		expect(files.write(root, bytes, 0)).toBe(-ERRNO_ISDIR);
		expect(files.append(root, bytes)).toBe(-ERRNO_ISDIR);
		expect(files.size(root)).toBe(-ERRNO_ISDIR);
		expect(files.truncate(root, 0)).toBe(-ERRNO_ISDIR);
		expect(files.readDirectory(fd, 0, () => true)).toBe(-ERRNO_NOTDIR);
		expect(files.sync(fd)).toBe(0);
		expect(files.sync(root)).toBe(0);
		expect(files.kind(fd)).toBe(FILETYPE_REGULAR_FILE);
	});

	test('positions, sizes and cookies that are no whole numbers are INVAL', () => {
		const store = openStore();
		put(store, 'a', 'old');
		const fd = store.files.open(store.root, 'a', 0, Access.write);
		for (const position of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
			expect(store.files.read(fd, new Uint8Array(1), position)).toBe(-ERRNO_INVAL);
			expect(store.files.write(fd, new Uint8Array(1), position)).toBe(-ERRNO_INVAL);
			expect(store.files.truncate(fd, position)).toBe(-ERRNO_INVAL);
			expect(store.files.readDirectory(store.root, position, () => true)).toBe(-ERRNO_INVAL);
		}
		expect(text(store, 'a')).toBe('old');
	});

	test('a removed or replaced file stays readable and writable until its last descriptor is closed', () => {
		const store = openStore();
		const { files, root } = store;
		const content = pattern(100_000);
		put(store, 'a', content);
		put(store, 'b', content);
		const removed = files.open(root, 'a', 0, Access.write);
		const again = files.open(root, 'a', 0, Access.read);
		const replaced = files.open(root, 'b', 0, Access.read);
		const used = files.usedBytes();
		files.unlink(root, 'a');
		put(store, 'c', 'new');
		files.rename(root, 'c', root, 'b');
		expect(text(store, 'b')).toBe('new');
		files.close(removed);
		expectBytes(getOpen(store, again), content);
		expectBytes(getOpen(store, replaced), content);
		files.close(again);
		files.close(replaced);
		expect(files.usedBytes()).toBeLessThan(used - 2 * 98_000);
		expect(removeAll(store)).toBe(0);
	});

	test('a removed directory that is open lists nothing and takes nothing', () => {
		const store = openStore();
		const { files, root } = store;
		files.createDirectory(root, 'd');
		const fd = files.open(root, 'd', OFLAGS_DIRECTORY, Access.read);
		files.removeDirectory(root, 'd');
		put(store, 'a', '');
		expect(files.open(fd, 'a', OFLAGS_CREAT, Access.write)).toBe(-ERRNO_NOENT);
		expect(files.createDirectory(fd, 'd')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'a', fd, 'a')).toBe(-ERRNO_NOENT);
		expect(files.link(root, 'a', fd, 'a')).toBe(-ERRNO_NOENT);
		expect(files.readDirectory(fd, 0, () => true)).toBe(0);
		files.close(fd);
		expect(removeAll(store)).toBe(0);
	});
});

describe('names', () => {
	test('createDirectory and removeDirectory follow POSIX', () => {
		const store = openStore();
		const { files, root } = store;
		expect(files.createDirectory(root, 'd')).toBe(0);
		expect(files.createDirectory(root, 'd')).toBe(-ERRNO_EXIST);
		expect(files.createDirectory(root, '')).toBe(-ERRNO_EXIST);
		expect(files.createDirectory(root, 'm/d')).toBe(-ERRNO_NOENT);
		put(store, 'd/a', '');
		expect(files.removeDirectory(root, 'd')).toBe(-ERRNO_NOTEMPTY);
		expect(files.removeDirectory(root, 'd/a')).toBe(-ERRNO_NOTDIR);
		expect(files.removeDirectory(root, 'm')).toBe(-ERRNO_NOENT);
		expect(files.removeDirectory(root, '.')).toBe(-ERRNO_INVAL);
		files.unlink(root, 'd/a');
		expect(files.removeDirectory(root, 'd')).toBe(0);
		expect(list(store)).toEqual([]);
	});

	test('unlink removes files and refuses directories', () => {
		const store = openStore();
		const { files, root } = store;
		files.createDirectory(root, 'd');
		put(store, 'a', '');
		expect(files.unlink(root, 'd')).toBe(-ERRNO_ISDIR);
		expect(files.unlink(root, '')).toBe(-ERRNO_ISDIR);
		expect(files.unlink(root, 'm')).toBe(-ERRNO_NOENT);
		expect(files.unlink(root, 'a/b')).toBe(-ERRNO_NOTDIR);
		expect(files.unlink(root, 'a')).toBe(0);
		expect(list(store)).toEqual(['d']);
	});

	test('rename moves and replaces files and directories, and refuses what POSIX refuses', () => {
		const store = openStore();
		const { files, root } = store;
		for (const path of ['d', 'd/e', 'empty']) files.createDirectory(root, path);
		put(store, 'a', 'A');
		put(store, 'b', 'B');
		expect(files.rename(root, 'm', root, 'n')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'a', root, 'm/a')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'a', root, 'd')).toBe(-ERRNO_ISDIR);
		expect(files.rename(root, 'd', root, 'a')).toBe(-ERRNO_NOTDIR);
		expect(files.rename(root, 'empty', root, 'd')).toBe(-ERRNO_NOTEMPTY);
		expect(files.rename(root, 'd', root, 'd/e/f')).toBe(-ERRNO_INVAL);
		expect(files.rename(root, 'd', root, 'd/f')).toBe(-ERRNO_INVAL);
		expect(files.rename(root, 'd/e', root, 'd')).toBe(-ERRNO_NOTEMPTY);
		expect(files.rename(root, '', root, 'x')).toBe(-ERRNO_BUSY);
		expect(files.rename(root, 'd', root, '.')).toBe(-ERRNO_BUSY);
		expect(files.rename(root, 'a', root, 'a')).toBe(0);
		expect(dump(store)).toEqual(['a: A', 'b: B', 'd/', 'd/e/', 'empty/']);
		expect(files.rename(root, 'a', root, 'b')).toBe(0);
		expect(files.rename(root, 'b', root, 'd/e/c')).toBe(0);
		expect(files.rename(root, 'd', root, 'empty')).toBe(0);
		expect(dump(store)).toEqual(['empty/', 'empty/e/', 'empty/e/c: A']);
		expect(removeAll(store)).toBe(0);
	});

	test('link gives a second name to the same file, and EXIST when that is taken', () => {
		const store = openStore();
		const { files, root } = store;
		files.createDirectory(root, 'd');
		put(store, 'a', 'A');
		expect(files.link(root, 'a', root, 'd/b')).toBe(0);
		expect(files.link(root, 'a', root, 'd/b')).toBe(-ERRNO_EXIST);
		expect(files.link(root, 'a', root, 'd')).toBe(-ERRNO_EXIST);
		expect(files.link(root, 'd', root, 'e')).toBe(-ERRNO_PERM);
		expect(files.link(root, 'm', root, 'e')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'a', root, 'd/b')).toBe(0);
		expect(dump(store)).toEqual(['a: A', 'd/', 'd/b: A']);
		const stat = new FileStat();
		files.statPath(root, 'a', stat);
		expect(stat.links).toBe(2n);
		put(store, 'd/b', 'B');
		files.unlink(root, 'a');
		files.statPath(root, 'd/b', stat);
		expect(stat.links).toBe(1n);
		expect(text(store, 'd/b')).toBe('B');
		expect(removeAll(store)).toBe(0);
	});

	test('removing and moving directories raises the epoch, doing so to files does not', () => {
		const store = openStore();
		const { files, root } = store;
		const epoch = new Int32Array(store.share.epoch);
		files.createDirectory(root, 'd');
		put(store, 'a', '');
		files.rename(root, 'a', root, 'b');
		files.unlink(root, 'b');
		files.rename(root, 'd', root, 'd');
		expect(epoch[0]).toBe(0);
		files.rename(root, 'd', root, 'e');
		expect(epoch[0]).toBe(1);
		files.removeDirectory(root, 'e');
		expect(epoch[0]).toBe(2);
	});
});

describe('content', () => {
	test.each([0, 1, 63, 64, 65, 4095, 4096, 4097, 262_144, 262_145, 5_000_000])('%i bytes come back', (length) => {
		const store = openStore();
		const content = pattern(length);
		expect(put(store, 'a', content)).toBe(length);
		expectBytes(get(store, 'a'), content);
		expect(removeAll(store)).toBe(0);
	});

	test('reads at any position, up to the end', () => {
		const store = openStore();
		const content = pattern(300_000);
		put(store, 'a', content);
		const fd = store.files.open(store.root, 'a', 0, Access.read);
		for (const [position, length] of [
			[0, 0],
			[1, 5000],
			[4095, 2],
			[8192, 4096],
			[10, 290_000],
			[299_999, 10],
			[300_000, 10],
			[2 ** 40, 10],
		]) {
			const bytes = new Uint8Array(length);
			const count = store.files.read(fd, bytes, position);
			expectBytes(bytes.subarray(0, count), content.slice(position, position + length));
		}
	});

	test('reads into and writes from shared memory', () => {
		const store = openStore();
		const memory = new Uint8Array(new SharedArrayBuffer(20_000));
		memory.set(pattern(10_000));
		expect(put(store, 'a', memory.subarray(0, 10_000))).toBe(10_000);
		const fd = store.files.open(store.root, 'a', 0, Access.read);
		expect(store.files.read(fd, memory.subarray(10_000), 0)).toBe(10_000);
		expectBytes(new Uint8Array(memory.slice(10_000)), pattern(10_000));
	});

	test('small writes one after another make the same file as one large one', () => {
		const store = openStore();
		const content = pattern(20_000);
		const fd = store.files.open(store.root, 'a', OFLAGS_CREAT, Access.write);
		for (let at = 0; at < content.length; at += 77) store.files.write(fd, content.subarray(at, at + 77), at);
		expectBytes(get(store, 'a'), content);
		store.files.close(fd);
		expect(removeAll(store)).toBe(0);
	});

	test('what lies between the old end and a later write reads as zeros, whatever was there before', () => {
		for (const [first, cut, position] of [
			[100, 10, 90],
			[100, 10, 3000],
			[4096, 10, 5000],
			[20_000, 5000, 5500],
			[20_000, 5000, 30_000],
			[20_000, 0, 10],
			[20_000, 4096, 4200],
			[5_000_000, 4_200_000, 4_300_000],
		]) {
			const store = openStore();
			put(store, 'a', pattern(first));
			const fd = store.files.open(store.root, 'a', 0, Access.write);
			expect(store.files.truncate(fd, cut)).toBe(0);
			expect(store.files.write(fd, pattern(100, 2), position)).toBe(100);
			const expected = new Uint8Array(position + 100);
			expected.set(pattern(first).subarray(0, cut));
			expected.set(pattern(100, 2), position);
			expectBytes(get(store, 'a'), expected);
		}
	});

	test('truncate makes shorter and, with zeros, longer', () => {
		for (const [first, shorter, longer] of [
			[100, 40, 60],
			[100, 40, 5000],
			[3000, 0, 3000],
			[20_000, 6000, 6500],
			[20_000, 6000, 9_000_000],
			[5_000_000, 4_194_304, 4_200_000],
		]) {
			const store = openStore();
			put(store, 'a', pattern(first));
			const fd = store.files.open(store.root, 'a', 0, Access.write);
			store.files.truncate(fd, shorter);
			expectBytes(get(store, 'a'), pattern(first).subarray(0, shorter));
			store.files.truncate(fd, longer);
			const expected = new Uint8Array(longer);
			expected.set(pattern(first).subarray(0, shorter));
			expectBytes(get(store, 'a'), expected);
			store.files.close(fd);
			expect(removeAll(store)).toBe(0);
		}
	});

	test('a page in a hole is clear around what is written, whatever it held before', () => {
		const store = openStore();
		const { files, root } = store;
		put(store, 'removed', pattern(1_000_000).fill(255));
		files.unlink(root, 'removed');
		const fd = files.open(root, 'a', OFLAGS_CREAT, Access.write);
		files.truncate(fd, 6_000_000);
		const expected = new Uint8Array(6_000_000);
		for (const position of [10, 9000, 12_286, 5_000_001]) {
			files.write(fd, pattern(10), position);
			expected.set(pattern(10), position);
		}
		expectBytes(get(store, 'a'), expected);
	});

	test('a sparse file of 4 GiB costs as little as is written to it', () => {
		const store = openStore({ maximumBytes: 1024 ** 2 });
		const { files, root } = store;
		const fd = files.open(root, 'a', OFLAGS_CREAT, Access.write);
		expect(files.truncate(fd, 2 ** 32)).toBe(0);
		expect(files.write(fd, pattern(100), 2 ** 32 - 100)).toBe(100);
		expect(files.write(fd, pattern(100), 3_000_000_000)).toBe(100);
		expect(files.write(fd, pattern(100), 2 ** 32)).toBe(-ERRNO_FBIG);
		expect(files.write(fd, pattern(100), 2 ** 32 - 40)).toBe(40);
		expect(files.truncate(fd, 2 ** 32 + 1)).toBe(-ERRNO_FBIG);
		const bytes = new Uint8Array(300);
		expect(files.read(fd, bytes, 3_000_000_000 - 100)).toBe(300);
		expectBytes(bytes.subarray(100, 200), pattern(100));
		expectBytes(bytes.subarray(200), new Uint8Array(100));
		files.close(fd);
		expect(removeAll(store)).toBe(0);
	});

	test('append writes at the end, also through write and from two descriptors', () => {
		const store = openStore();
		const { files, root } = store;
		const one = files.open(root, 'a', OFLAGS_CREAT, Access.append);
		const two = files.open(root, 'a', 0, Access.append);
		const plain = files.open(root, 'a', 0, Access.write);
		expect(files.append(one, Buffer.from('one'))).toBe(3);
		expect(files.append(two, Buffer.from('two'))).toBe(3);
		expect(files.append(one, new Uint8Array(0))).toBe(0);
		expect(files.write(one, Buffer.from('three'), 0)).toBe(5);
		expect(files.append(plain, Buffer.from('no'))).toBe(-ERRNO_BADF);
		expect(text(store, 'a')).toBe('onetwothree');
		const large = pattern(700_001);
		expect(files.append(two, large)).toBe(large.length);
		const expected = Buffer.concat([Buffer.from('onetwothree'), large]);
		expectBytes(get(store, 'a'), expected);
	});

	test('clone says that it cannot, adopt that there is nothing to do', () => {
		const { files } = openStore();
		expect(files.clone()).toBe(-ERRNO_NOTSUP);
		expect(files.adopt()).toBe(0);
	});
});

describe('stat', () => {
	test('gives kind, size, links and times of files and directories', () => {
		const store = openStore({ now: () => 1_700_000_000_123.25 });
		const { files, root } = store;
		put(store, 'a', pattern(5000));
		const stat = new FileStat();
		const fd = files.open(root, 'a', 0, Access.read);
		expect(files.stat(fd, stat)).toBe(0);
		expect(stat).toMatchObject({ kind: FILETYPE_REGULAR_FILE, size: 5000n, links: 1n });
		expect(stat.modifiedNs / 1_000_000n).toBe(1_700_000_000_123n);
		const byPath = new FileStat();
		expect(files.statPath(root, 'a', byPath)).toBe(0);
		expect(byPath).toEqual(stat);
		expect(files.statPath(root, '', stat)).toBe(0);
		expect(stat.kind).toBe(FILETYPE_DIRECTORY);
		expect(files.statPath(root, 'b', stat)).toBe(-ERRNO_NOENT);
		expect(files.statPath(root, 'a/b', stat)).toBe(-ERRNO_NOTDIR);
	});

	test('no two states of a name have the same inode and time, even when the clock stands still or goes back', () => {
		let nowMs = 1_700_000_000_000;
		const store = openStore({ now: () => nowMs });
		const { files, root } = store;
		const stat = new FileStat();
		const seen = new Set<string>();
		let last = 0n;
		const look = () => {
			files.statPath(root, 'a', stat);
			seen.add(`${stat.inode} ${stat.modifiedNs}`);
			expect(stat.modifiedNs).toBeGreaterThan(last);
			last = stat.modifiedNs;
		};
		const fd = files.open(root, 'a', OFLAGS_CREAT, Access.write);
		look();
		files.write(fd, new Uint8Array(3), 0);
		look();
		nowMs -= 5000;
		files.write(fd, new Uint8Array(3), 0);
		look();
		files.truncate(fd, 3);
		look();
		for (let round = 0; round < 10; round++) {
			put(store, 'b', 'xyz');
			files.rename(root, 'b', root, 'a');
			look();
			files.unlink(root, 'a');
			put(store, 'a', 'xyz');
			look();
		}
		expect(seen.size).toBe(24);
		// A second that is full carries over.
		nowMs = 1_800_000_000_999.9998;
		for (let round = 0; round < 200; round++, look()) put(store, 'a', 'x');
	});
});

describe('readDirectory', () => {
	test('gives names, kinds and inodes in the order in which they were made, from any cookie', () => {
		const store = openStore();
		const { files, root } = store;
		const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
		for (const name of names) name.endsWith('7') ? files.createDirectory(root, name) : put(store, name, '');
		const stat = new FileStat();
		const cookies = [0];
		files.readDirectory(root, 0, (name, kind, inode, next) => {
			expect(name).toBe(names[cookies.length - 1]);
			files.statPath(root, name, stat);
			expect([kind, inode]).toEqual([stat.kind, stat.inode]);
			return cookies.push(next) > 0;
		});
		expect(cookies.length).toBe(1001);
		for (const from of [0, 1, 63, 64, 500, 999]) {
			let first = '';
			files.readDirectory(root, cookies[from], (name) => {
				first = name;
				return false;
			});
			expect(first).toBe(names[from]);
		}
		expect(files.readDirectory(root, cookies[1000], () => expect.fail('nothing is left'))).toBe(0);
		expect(removeAll(store)).toBe(0);
	});

	test('an entry for which visit returned false comes again', () => {
		const store = openStore();
		for (const name of ['a', 'b', 'c']) put(store, name, '');
		const seen: string[] = [];
		let cookie = 0;
		for (let page = 0; page < 6; page++) {
			let room = 1;
			store.files.readDirectory(store.root, cookie, (name, _kind, _inode, next) => {
				if (room-- === 0) return false;
				cookie = next;
				return seen.push(name) > 0;
			});
		}
		expect(seen).toEqual(['a', 'b', 'c']);
	});

	test('what is there all the time is listed once while others come, go and are replaced', () => {
		const store = openStore();
		const { files, root } = store;
		const stay = Array.from({ length: 500 }, (_, index) => `stay${index}`);
		for (const name of stay) {
			put(store, name, '');
			put(store, `go${name}`, '');
		}
		const seen: string[] = [];
		let cookie = 0;
		for (let page = 0; ; page++) {
			let count = 0;
			files.readDirectory(root, cookie, (name, _kind, _inode, next) => {
				if (count === 7) return false;
				count++;
				cookie = next;
				if (name.startsWith('stay')) seen.push(name);
				return true;
			});
			if (count < 7) break;
			if (page > 1000) expect.fail('the listing does not end');
			files.unlink(root, `gostay${page * 3}`);
			if (page < 200) put(store, `new${page}`, '');
			put(store, 'replacement', String(page));
			files.rename(root, 'replacement', root, stay[(page * 5) % 500]);
		}
		expect(seen).toEqual(stay);
		expect(removeAll(store)).toBe(0);
	});

	test('removing every entry that a page listed goes on behind it', () => {
		const store = openStore();
		const { files, root } = store;
		for (let index = 0; index < 2000; index++) put(store, `n${index}`, '');
		let cookie = 0;
		let removed = 0;
		for (let page: string[] = ['']; page.length > 0; ) {
			page = [];
			files.readDirectory(root, cookie, (name, _kind, _inode, next) => {
				cookie = next;
				return page.push(name) < 100;
			});
			for (const name of page) removed += files.unlink(root, name) + 1;
		}
		expect(removed).toBe(2000);
		expect(list(store)).toEqual([]);
	});

	test('visit may call back', () => {
		const store = openStore();
		for (let index = 0; index < 200; index++) put(store, `n${index}`, '');
		store.files.readDirectory(store.root, 0, (name) => store.files.unlink(store.root, name) === 0);
		expect(list(store)).toEqual([]);
	});

	test('a directory of 100,000 entries is made, listed, searched and removed, and leaves nothing', () => {
		const store = openStore({ maximumBytes: 256 * 1024 ** 2 });
		const { files, root } = store;
		const stat = new FileStat();
		for (let index = 0; index < 100_000; index++) {
			if (put(store, `entry-${index}`, 'x') !== 1) expect.fail(`entry ${index} was not made`);
		}
		expect(new Set(list(store) as string[]).size).toBe(100_000);
		for (let index = 0; index < 100_000; index++) {
			if (files.statPath(root, `entry-${index}`, stat) !== 0) expect.fail(`entry ${index} was lost`);
		}
		expect(files.statPath(root, 'entry-100000', stat)).toBe(-ERRNO_NOENT);
		for (let index = 0; index < 100_000; index += 2) files.unlink(root, `entry-${index}`);
		expect((list(store) as string[]).length).toBe(50_000);
		expect(text(store, 'entry-77777')).toBe('x');
		expect(text(store, 'entry-77776')).toBe(-ERRNO_NOENT);
		expect(removeAll(store)).toBe(0);
	});
});

describe('roots', () => {
	test('are apart from each other', () => {
		const store = openStore();
		const { files, table } = store;
		const other = files.createRoot();
		const otherRoot = table.insert(other, FILETYPE_DIRECTORY);
		put(store, 'a', 'one');
		expect(files.open(otherRoot, 'a', 0, Access.read)).toBe(-ERRNO_NOENT);
		put({ ...store, root: otherRoot }, 'a', 'two');
		expect(removeAll({ ...store, rootInode: other, root: otherRoot })).toBeGreaterThan(0);
		expect(text(store, 'a')).toBe('one');
		expect(removeAll(store)).toBe(0);
	});

	test('removeRoot removes all below, keeps what is open, and works before and after close', () => {
		for (const closeFirst of [false, true]) {
			const store = openStore();
			const { files, root } = store;
			for (const path of ['d', 'd/e', 'd/e/f', 'g']) files.createDirectory(root, path);
			for (let index = 0; index < 300; index++) put(store, `d/e/n${index}`, pattern(index * 10));
			put(store, 'large', pattern(5_000_000));
			const fd = files.open(root, 'd/e/n299', 0, Access.read);
			if (closeFirst) files.close(root);
			expect(files.removeRoot(store.rootInode)).toBe(0);
			if (!closeFirst) {
				expect(files.open(root, 'a', OFLAGS_CREAT, Access.write)).toBe(-ERRNO_NOENT);
				files.close(root);
			}
			expectBytes(getOpen(store, fd), pattern(2990));
			files.close(fd);
			expect(files.usedBytes()).toBe(store.emptyBytes);
		}
	});

	test('removeRoot refuses what is not a root', () => {
		const store = openStore();
		const { files, root, table } = store;
		files.createDirectory(root, 'd');
		const d = table.resource(files.open(root, 'd', OFLAGS_DIRECTORY, Access.read));
		for (const inode of [d, 0, -1, 1.5, 2 ** 40]) expect(files.removeRoot(inode)).toBe(-ERRNO_INVAL);
	});
});
