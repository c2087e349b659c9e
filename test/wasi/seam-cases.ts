import { expect } from 'vitest';
import {
	ERRNO_EXIST,
	ERRNO_ISDIR,
	ERRNO_NOENT,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
} from '#assembly/layout';
import { Access, FileStat, type Files } from '#host/wasi/files';

/** Files under test: an empty root, and the descriptor of it. */
export interface Seam {
	readonly files: Files;
	readonly root: number;
}

/** What the engine relies on, one case each; every implementation of `Files` is held against them. */
export const SEAM_CASES: Readonly<Record<string, (seam: Seam) => void>> = {
	'writes a new file and reads it back, at any position'({ files, root }) {
		const fd = open(files, root, 'file', OFLAGS_CREAT | OFLAGS_EXCL, Access.write);
		expect(files.write(fd, bytes('hello '), 0)).toBe(6);
		expect(files.write(fd, bytes('world'), 6)).toBe(5);
		files.close(fd);
		expect(textAt(files, root, 'file')).toBe('hello world');
		const again = open(files, root, 'file');
		const part = Buffer.alloc(5);
		expect(files.read(again, part, 6)).toBe(5);
		expect(part.toString()).toBe('world');
		expect(files.read(again, part, 11)).toBe(0);
		expect(files.read(again, part, 9)).toBe(2);
		files.close(again);
	},
	'overwrites in place'({ files, root }) {
		make(files, root, 'file', '0123456789');
		const fd = open(files, root, 'file', 0, Access.write);
		expect(files.write(fd, bytes('ab'), 3)).toBe(2);
		files.close(fd);
		expect(textAt(files, root, 'file')).toBe('012ab56789');
	},
	'leaves a hole before what is written beyond the end'({ files, root }) {
		make(files, root, 'file', 'ab');
		const fd = open(files, root, 'file', 0, Access.write);
		expect(files.write(fd, bytes('z'), 5)).toBe(1);
		files.close(fd);
		expect(textAt(files, root, 'file')).toBe('ab\0\0\0z');
	},
	'appends at the end, whoever else does'({ files, root }) {
		make(files, root, 'file', 'one');
		const first = open(files, root, 'file', 0, Access.append);
		const second = open(files, root, 'file', 0, Access.append);
		expect(files.append(first, bytes(' two'))).toBe(4);
		expect(files.append(second, bytes(' three'))).toBe(6);
		expect(files.append(first, bytes(' four'))).toBe(5);
		files.close(first);
		files.close(second);
		expect(textAt(files, root, 'file')).toBe('one two three four');
	},
	'makes a file only where there is none, when told so'({ files, root }) {
		make(files, root, 'file', 'first');
		expect(files.open(root, 'file', OFLAGS_CREAT | OFLAGS_EXCL, Access.write)).toBe(-ERRNO_EXIST);
		expect(textAt(files, root, 'file')).toBe('first');
	},
	'empties a file, when told so'({ files, root }) {
		make(files, root, 'file', 'content');
		files.close(open(files, root, 'file', OFLAGS_TRUNC, Access.write));
		expect(textAt(files, root, 'file')).toBe('');
	},
	'cuts and lengthens an open file'({ files, root }) {
		make(files, root, 'file', '0123456789');
		const fd = open(files, root, 'file', 0, Access.write);
		expect(files.truncate(fd, 3)).toBe(0);
		expect(files.size(fd)).toBe(3);
		expect(files.truncate(fd, 5)).toBe(0);
		files.close(fd);
		expect(textAt(files, root, 'file')).toBe('012\0\0');
	},
	'tells the size of an open file that grows'({ files, root }) {
		const fd = open(files, root, 'file', OFLAGS_CREAT, Access.write);
		const stat = new FileStat();
		for (let size = 0; size < 3; size++) {
			expect(files.size(fd)).toBe(size);
			expect(files.stat(fd, stat)).toBe(0);
			expect(Number(stat.size)).toBe(size);
			files.write(fd, bytes('x'), size);
		}
		files.close(fd);
	},
	'tells files from directories, open and by name'({ files, root }) {
		make(files, root, 'file', 'x');
		expect(files.createDirectory(root, 'directory')).toBe(0);
		const stat = new FileStat();
		expect(files.statPath(root, 'file', stat)).toBe(0);
		expect(stat.kind).toBe(FILETYPE_REGULAR_FILE);
		expect(stat.size).toBe(1n);
		expect(files.statPath(root, 'directory', stat)).toBe(0);
		expect(stat.kind).toBe(FILETYPE_DIRECTORY);
		const fd = open(files, root, 'directory', OFLAGS_DIRECTORY);
		expect(files.kind(fd)).toBe(FILETYPE_DIRECTORY);
		expect(files.size(fd)).toBe(-ERRNO_ISDIR);
		files.close(fd);
		expect(files.statPath(root, '.', stat)).toBe(0);
		expect(stat.kind).toBe(FILETYPE_DIRECTORY);
	},
	'gives a file that replaced another one another inode, and the same by name and open'({ files, root }) {
		make(files, root, 'old', 'one');
		make(files, root, 'new', 'two');
		const [old, next, open_, after] = [new FileStat(), new FileStat(), new FileStat(), new FileStat()];
		files.statPath(root, 'old', old);
		files.statPath(root, 'new', next);
		const fd = open(files, root, 'new');
		files.stat(fd, open_);
		files.close(fd);
		files.rename(root, 'new', root, 'old');
		files.statPath(root, 'old', after);
		expect(open_.inode).toBe(next.inode);
		expect(after.inode).toBe(next.inode);
		expect(after.inode).not.toBe(old.inode);
	},
	'keeps the time of the last change'({ files, root }) {
		make(files, root, 'file', 'x');
		const stat = new FileStat();
		files.statPath(root, 'file', stat);
		expect(stat.modifiedNs).toBeGreaterThan(10n ** 18n);
	},
	'says NOENT for what is missing, and for what is below something missing'({ files, root }) {
		const stat = new FileStat();
		expect(files.open(root, 'missing', 0, Access.read)).toBe(-ERRNO_NOENT);
		expect(files.statPath(root, 'missing', stat)).toBe(-ERRNO_NOENT);
		expect(files.unlink(root, 'missing')).toBe(-ERRNO_NOENT);
		expect(files.removeDirectory(root, 'missing')).toBe(-ERRNO_NOENT);
		expect(files.rename(root, 'missing', root, 'target')).toBe(-ERRNO_NOENT);
		expect(files.open(root, 'missing/file', OFLAGS_CREAT, Access.write)).toBe(-ERRNO_NOENT);
		expect(files.createDirectory(root, 'missing/directory')).toBe(-ERRNO_NOENT);
	},
	'says NOTDIR for what is below a file'({ files, root }) {
		make(files, root, 'file', 'x');
		const stat = new FileStat();
		expect(files.statPath(root, 'file/below', stat)).toBe(-ERRNO_NOTDIR);
		expect(files.open(root, 'file/below', OFLAGS_CREAT, Access.write)).toBe(-ERRNO_NOTDIR);
		expect(files.open(root, 'file', OFLAGS_DIRECTORY, Access.read)).toBe(-ERRNO_NOTDIR);
	},
	'makes a directory once'({ files, root }) {
		expect(files.createDirectory(root, 'a')).toBe(0);
		expect(files.createDirectory(root, 'a')).toBe(-ERRNO_EXIST);
		expect(files.createDirectory(root, 'a/b')).toBe(0);
	},
	'removes an empty directory, and no other'({ files, root }) {
		files.createDirectory(root, 'a');
		make(files, root, 'a/file', 'x');
		expect(files.removeDirectory(root, 'a')).toBe(-ERRNO_NOTEMPTY);
		expect(files.unlink(root, 'a/file')).toBe(0);
		expect(files.removeDirectory(root, 'a')).toBe(0);
		expect(files.statPath(root, 'a', new FileStat())).toBe(-ERRNO_NOENT);
	},
	'renames over an existing file'({ files, root }) {
		files.createDirectory(root, 'a');
		make(files, root, 'a/new', 'new');
		make(files, root, 'old', 'old');
		expect(files.rename(root, 'a/new', root, 'old')).toBe(0);
		expect(textAt(files, root, 'old')).toBe('new');
		expect(files.open(root, 'a/new', 0, Access.read)).toBe(-ERRNO_NOENT);
	},
	'keeps reading what was open when another file takes the name'({ files, root }) {
		make(files, root, 'old', 'old');
		make(files, root, 'new', 'new');
		const fd = open(files, root, 'old');
		expect(files.rename(root, 'new', root, 'old')).toBe(0);
		const content = Buffer.alloc(3);
		expect(files.read(fd, content, 0)).toBe(3);
		expect(content.toString()).toBe('old');
		files.close(fd);
	},
	'renames a directory with its content, and refuses one that is not empty as its target'({ files, root }) {
		for (const name of ['from', 'full', 'free']) files.createDirectory(root, name);
		make(files, root, 'from/file', 'x');
		make(files, root, 'full/file', 'y');
		expect(files.rename(root, 'from', root, 'full')).toBe(-ERRNO_NOTEMPTY);
		expect(files.rename(root, 'from', root, 'moved')).toBe(0);
		expect(textAt(files, root, 'moved/file')).toBe('x');
		expect(textAt(files, root, 'full/file')).toBe('y');
	},
	'links a second name to a file, and never over another one'({ files, root }) {
		make(files, root, 'one', 'x');
		make(files, root, 'other', 'y');
		expect(files.link(root, 'one', root, 'two')).toBe(0);
		expect(files.link(root, 'one', root, 'other')).toBe(-ERRNO_EXIST);
		expect(files.unlink(root, 'one')).toBe(0);
		expect(textAt(files, root, 'two')).toBe('x');
		expect(textAt(files, root, 'other')).toBe('y');
	},
	'lists every name once, from any cookie on'({ files, root }) {
		const names = Array.from({ length: 100 }, (_, index) => `name${String(index).padStart(3, '0')}`);
		for (const name of names) make(files, root, name, 'x');
		const fd = open(files, root, '.', OFLAGS_DIRECTORY);
		const found: string[] = [];
		for (let cookie = 0, isMore = true; isMore; ) {
			isMore = false;
			let left = 7;
			const failed = files.readDirectory(fd, cookie, (name, _kind, _inode, next) => {
				if (left-- === 0) {
					isMore = true;
					return false;
				}
				found.push(name);
				cookie = next;
				return true;
			});
			expect(failed).toBe(0);
		}
		files.close(fd);
		expect(found.sort()).toEqual(names);
	},
	'holds names of any bytes that are UTF-8'({ files, root }) {
		const name = Buffer.from('é漢😀 "\n', 'utf8').toString('latin1');
		make(files, root, name, 'x');
		expect(textAt(files, root, name)).toBe('x');
		const fd = open(files, root, '.', OFLAGS_DIRECTORY);
		const found: string[] = [];
		files.readDirectory(fd, 0, (entry) => found.push(entry) > 0);
		files.close(fd);
		expect(found).toEqual([name]);
	},
	'syncs files and directories'({ files, root }) {
		const fd = open(files, root, 'file', OFLAGS_CREAT, Access.write);
		expect(files.sync(fd)).toBe(0);
		files.close(fd);
		expect(files.sync(root)).toBe(0);
	},
	'knows a descriptor no more when it was closed'({ files, root }) {
		make(files, root, 'file', 'x');
		const fd = open(files, root, 'file');
		expect(files.close(fd)).toBe(0);
		expect(files.close(fd)).toBeLessThan(0);
		expect(files.read(fd, Buffer.alloc(1), 0)).toBeLessThan(0);
	},
};

function bytes(text: string): Uint8Array {
	return Buffer.from(text, 'latin1');
}

function open(files: Files, root: number, path: string, oflags = 0, access: Access = Access.read): number {
	const fd = files.open(root, path, oflags, access);
	expect(fd, `open ${path}`).toBeGreaterThanOrEqual(0);
	return fd;
}

function make(files: Files, root: number, path: string, content: string): void {
	const fd = open(files, root, path, OFLAGS_CREAT | OFLAGS_EXCL, Access.write);
	expect(files.write(fd, bytes(content), 0)).toBe(content.length);
	files.close(fd);
}

function textAt(files: Files, root: number, path: string): string {
	const fd = open(files, root, path);
	const content = Buffer.alloc(1000);
	const count = files.read(fd, content, 0);
	files.close(fd);
	return content.toString('latin1', 0, Math.max(0, count));
}
