import { OFLAGS_CREAT, OFLAGS_DIRECTORY, OFLAGS_EXCL, OFLAGS_TRUNC } from '#assembly/layout';
import { Access, FileStat } from '#host/wasi/files';
import type { OpenedFiles } from './opened-files.js';

/** Every way to touch what a path names, with what each answers. There is a file `file`. */
export function touch({ files, root }: OpenedFiles, path: string): Record<string, number> {
	const stat = new FileStat();
	const open = (oflags: number, access: Access) => {
		const fd = files.open(root, path, oflags, access);
		return fd < 0 ? fd : files.close(fd);
	};
	return {
		read: open(0, Access.read),
		readWhole: files.readWhole(root, path, Buffer.alloc(64)),
		write: open(0, Access.write),
		append: open(0, Access.append),
		create: open(OFLAGS_CREAT, Access.write),
		createAppend: open(OFLAGS_CREAT, Access.append),
		truncate: open(OFLAGS_CREAT | OFLAGS_TRUNC, Access.write),
		truncateRead: open(OFLAGS_TRUNC, Access.read),
		exclusive: open(OFLAGS_CREAT | OFLAGS_EXCL, Access.write),
		list: open(OFLAGS_DIRECTORY, Access.read),
		statPath: files.statPath(root, path, stat),
		createDirectory: files.createDirectory(root, path),
		removeDirectory: files.removeDirectory(root, path),
		linkFrom: files.link(root, path, root, 'linked'),
		linkTo: files.link(root, 'file', root, path),
	};
}
