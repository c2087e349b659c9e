import { describe, expect, it } from 'vitest';
import { ERRNO_BADF, ERRNO_INVAL, ERRNO_MFILE, ERRNO_NOSPC, OFLAGS_CREAT, OFLAGS_DIRECTORY } from '#assembly/layout';
import { Access, FileStat } from '#host/wasi/files';
import { ModuleFiles } from './module-files.js';
import { get, list, pattern, text } from './opened-store.js';

const MEBIBYTE = 1024 ** 2;
const NONCE = '00112233445566778899aabbccddeeff';
const OWN = `.holdfast-web-0-0-1-${NONCE}`;

function opened(maximumBytes = 16 * MEBIBYTE) {
	const files = new ModuleFiles(maximumBytes);
	return { files, root: files.root };
}

function put({ files, root }: ReturnType<typeof opened>, path: string, content: Uint8Array | string): number {
	const fd = files.open(root, path, OFLAGS_CREAT, Access.write);
	if (fd < 0) return fd;
	const count = files.write(fd, typeof content === 'string' ? Buffer.from(content) : content, 0);
	files.close(fd);
	return count;
}

describe('files in the memory of a second instance', () => {
	it('hold as much after others came and went as at first', () => {
		const store = opened(2 * MEBIBYTE);
		const fill = (bytes: number): number => {
			let count = 0;
			while (put(store, `file${count}`, pattern(bytes)) === bytes) count++;
			for (let index = 0; index <= count; index++) store.files.unlink(store.root, `file${index}`);
			return count;
		};
		const small = fill(40);
		const large = fill(100_000);
		expect([small, large]).toEqual([expect.toSatisfy((count) => count > 5000), 19]);
		for (let round = 0; round < 3; round++) expect([fill(100_000), fill(40), fill(3000)]).toEqual([large, small, 496]);
		expect(store.files.usedBytes()).toBe(4096);
	});

	it('say that there is no room, write what there is room for, and stay as they are', () => {
		const store = opened(MEBIBYTE);
		const { files, root } = store;
		put(store, 'kept', 'content');
		expect(put(store, 'large', new Uint8Array(2 * MEBIBYTE))).toBeGreaterThan(MEBIBYTE * 0.9);
		const fd = files.open(root, 'large', 0, Access.append);
		expect(files.append(fd, Buffer.from('more than a page'.repeat(1000)))).toBe(-ERRNO_NOSPC);
		files.close(fd);
		expect(files.createDirectory(root, `${'d'.repeat(250)}`)).toBe(-ERRNO_NOSPC);
		expect(text(store, 'kept')).toBe('content');
		expect(list(store)).toEqual(['kept', 'large']);
		expect(files.unlink(root, 'large')).toBe(0);
		expect(put(store, 'again', pattern(MEBIBYTE / 2))).toBe(MEBIBYTE / 2);
	});

	it('have as many descriptors as there are, and each of them again', () => {
		const { files, root } = opened();
		const all: number[] = [];
		for (let fd = files.open(root, '.', 0, Access.read); fd >= 0; fd = files.open(root, '.', 0, Access.read))
			all.push(fd);
		expect(files.open(root, '.', 0, Access.read)).toBe(-ERRNO_MFILE);
		expect(new Set(all).size).toBe(16383);
		for (const fd of all) expect(files.close(fd)).toBe(0);
		const again = files.open(root, '.', 0, Access.read);
		expect(all).not.toContain(again);
		expect(files.kind(again)).toBe(3);
	});

	it('know whose descriptors are open, and close those of one engine', () => {
		const { files, root } = opened();
		files.begin(7);
		const fds = [0, 1, 2].map(() => files.open(root, '.', 0, Access.read));
		files.begin(8);
		const other = files.open(root, '.', 0, Access.read);
		files.close(fds[1]);
		expect(files.home.table.ownedBy(7)).toEqual([fds[0], fds[2]]);
		expect(files.home.table.ownerOf(other)).toBe(8);
		expect(files.home.table.ownerOf(fds[1])).toBe(-1);
		files.home.sweep(files.home.table.ownedBy(7), []);
		expect(files.home.table.ownedBy(7)).toEqual([]);
		expect(files.kind(other)).toBe(3);
	});

	it('list what is left when the entry at which the listing stands is removed', () => {
		const store = opened();
		const { files, root } = store;
		for (let index = 0; index < 20; index++) put(store, `file${index}`, '');
		const fd = files.open(root, '.', OFLAGS_DIRECTORY, Access.read);
		const found: string[] = [];
		files.readDirectory(
			fd,
			0,
			(name) => {
				found.push(name);
				// The one that was listed last, the one before it, and one that is to come.
				for (const gone of [name, `file${found.length - 2}`, `file${found.length + 3}`]) files.unlink(root, gone);
				// Takes the memory of what was removed.
				put(store, `new${found.length}`, name.repeat(5));
				return found.length < 60;
			},
			60,
		);
		files.close(fd);
		expect(found.slice(0, 5)).toEqual(['file0', 'file1', 'file2', 'file3', 'file8']);
		expect(new Set(found).size).toBe(found.length);
	});

	it('keep a removed file and a removed directory as long as they are open', () => {
		const store = opened();
		const { files, root } = store;
		put(store, 'file', 'content');
		files.createDirectory(root, 'directory');
		const [file, directory] = ['file', 'directory'].map((path) => files.open(root, path, 0, Access.read));
		files.unlink(root, 'file');
		files.removeDirectory(root, 'directory');
		for (let index = 0; index < 100; index++) put(store, `other${index}`, 'x');
		const bytes = Buffer.alloc(7);
		expect(files.read(file, bytes, 0)).toBe(7);
		expect(bytes.toString()).toBe('content');
		const stat = new FileStat();
		expect(files.stat(directory, stat)).toBe(0);
		expect(stat.links).toBe(0n);
		expect(files.open(directory, 'below', OFLAGS_CREAT, Access.write)).toBeLessThan(0);
		expect([files.close(file), files.close(directory)]).toEqual([0, 0]);
	});

	it('are not changed through a descriptor that was opened to read them, nor anywhere but at the end through one that appends', () => {
		const store = opened();
		const { files, root } = store;
		put(store, 'file', 'content');
		const reading = files.open(root, 'file', 0, Access.read);
		expect(files.write(reading, Buffer.from('x'), 0)).toBe(-ERRNO_BADF);
		expect(files.append(reading, Buffer.from('x'))).toBe(-ERRNO_BADF);
		expect(files.truncate(reading, 0)).toBe(-ERRNO_INVAL);
		const appending = files.open(root, 'file', 0, Access.append);
		expect(files.write(appending, Buffer.from('!'), 0)).toBe(1);
		const writing = files.open(root, 'file', 0, Access.write);
		expect(files.append(writing, Buffer.from('x'))).toBe(-ERRNO_BADF);
		for (const fd of [reading, appending, writing]) files.close(fd);
		expect(text(store, 'file')).toBe('content!');
	});

	it('are not touched by addresses outside of the memory of the engine', () => {
		const store = opened();
		put(store, 'file', 'content');
		const fd = store.files.open(store.root, 'file', 0, Access.read);
		const calls = store.files.home.serve(new WebAssembly.Memory({ initial: 1 }), 1) as never as Record<
			string,
			(...v: unknown[]) => number
		>;
		expect(() => calls.path_unlink_file(store.root, 65530, 100)).toThrow(RangeError);
		expect(() => calls.fd_filestat_get(fd, 65530)).toThrow(RangeError);
		expect(() => calls.fd_seek(fd, 0n, 2, -8)).toThrow(RangeError);
	});
});

describe('when an engine has ended', () => {
	const clear = ({ files }: ReturnType<typeof opened>): void => files.home.sweep([], [{}] as never);

	it('its temporary files go, in every directory, and nothing that only looks like one', () => {
		const store = opened();
		store.files.createDirectory(store.root, 'directory');
		const kept = ['.holdfast-notes', '.holdfast-notes.lock.txt', 'x.tmp', 'directory/file'];
		for (const path of [`${OWN}-01234567.tmp`, `directory/${OWN}.tmp`, ...kept]) put(store, path, path);
		clear(store);
		expect(list(store)).toEqual(['directory', '.holdfast-notes', '.holdfast-notes.lock.txt', 'x.tmp']);
		expect(list(store, 'directory')).toEqual(['file']);
		for (const path of kept) expect(text(store, path)).toBe(path);
	});

	it('its locks go, and what was appended under them', () => {
		const store = opened();
		const { files, root } = store;
		put(store, 'log', 'before and more');
		put(store, 'other', 'whole');
		const locks = { log: `.holdfast-${'0'.repeat(16)}.lock`, other: `.holdfast-${'1'.repeat(16)}.lock` };
		for (const lock of [...Object.values(locks), `${OWN}.lock`]) files.createDirectory(root, lock);
		// A size with the mark of an append that is not durable, and an entry without one.
		files.link(root, 'log', root, `${locks.log}/${OWN}-${(2n ** 63n + 6n).toString(16)}`);
		files.link(root, 'other', root, `${locks.other}/${OWN}`);
		put(store, `${OWN}.lock/${OWN}`, '');
		clear(store);
		expect(list(store)).toEqual(['log', 'other']);
		expect([text(store, 'log'), text(store, 'other')]).toEqual(['before', 'whole']);
		const stat = new FileStat();
		files.statPath(root, 'log', stat);
		expect(stat.links).toBe(1n);
	});

	it('an entry of a lock binds, unless its owner gave it up', () => {
		const { files } = opened();
		expect(files.ownerEnded(OWN)).toBe(0);
		expect(files.ownerEnded(`${OWN}-${'0'.repeat(16)}.torn`)).toBe(1);
	});
});

it('a small file that was lengthened has zeros behind its content, and nothing of what is stored beside it', () => {
	const store = opened();
	const { files, root } = store;
	for (const path of ['before', 'file', 'behind']) put(store, path, path === 'file' ? 'x' : 'secret'.repeat(10));
	const fd = files.open(root, 'file', 0, Access.write);
	for (const size of [64, 65, 300, 5000, 4096 * 1024 + 1]) {
		expect(files.truncate(fd, size)).toBe(0);
		const expected = Buffer.alloc(size);
		expected[0] = 'x'.charCodeAt(0);
		expect(Buffer.compare(get(store, 'file') as Uint8Array, expected)).toBe(0);
	}
	files.close(fd);
});

it('a file of more than one index keeps its bytes, cut and grown', () => {
	const store = opened(32 * MEBIBYTE);
	const { files, root } = store;
	const bytes = pattern(9 * MEBIBYTE + 77);
	expect(put(store, 'large', bytes)).toBe(bytes.length);
	expect(Buffer.compare(get(store, 'large') as Uint8Array, bytes)).toBe(0);
	const fd = files.open(root, 'large', 0, Access.write);
	expect(files.truncate(fd, 5 * MEBIBYTE + 3)).toBe(0);
	expect(files.truncate(fd, 8 * MEBIBYTE)).toBe(0);
	files.close(fd);
	const left = Buffer.alloc(8 * MEBIBYTE);
	left.set(bytes.subarray(0, 5 * MEBIBYTE + 3));
	expect(Buffer.compare(get(store, 'large') as Uint8Array, left)).toBe(0);
	files.unlink(root, 'large');
	expect(files.usedBytes()).toBe(4096);
});
