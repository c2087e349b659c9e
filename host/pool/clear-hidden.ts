import { OFLAGS_DIRECTORY } from '../../assembly/layout.js';
import { Access, type Files } from '../wasi/files.js';
import { announcementIn } from '../wasi/owner.js';
import { hiddenPaths, type Temporary } from './temporary.js';

/**
 * Takes away what an ended instance left of one request: its temporary file, and its lock. Its process lives, so nobody else would
 * ever do that. What it had begun to append is cut off first.
 */
export function clearHidden(files: Files, left: Temporary): void {
	const { root } = left;
	const { temporary, recalled, privateLock, lock, entry } = hiddenPaths(left);
	files.unlink(root, temporary);
	// In this order: it may be recalled in between.
	files.unlink(root, recalled);
	files.unlink(root, `${privateLock}/${entry}`);
	files.removeDirectory(root, privateLock);
	for (const name of namesIn(files, root, lock)) {
		if (!name.startsWith(entry)) continue;
		const path = `${lock}/${name}`;
		const announced = announcementIn(name);
		if (announced !== undefined) cut(files, root, path, announced.size);
		files.unlink(root, path);
		files.removeDirectory(root, lock);
	}
}

function namesIn(files: Files, root: number, path: string): string[] {
	const fd = files.open(root, path, OFLAGS_DIRECTORY, Access.read);
	if (fd < 0) return [];
	const names: string[] = [];
	files.readDirectory(fd, 0, (name) => names.push(name) > 0);
	files.close(fd);
	return names;
}

function cut(files: Files, root: number, path: string, size: number): void {
	const fd = files.open(root, path, 0, Access.write);
	if (fd < 0) return;
	if (files.size(fd) > size) files.truncate(fd, size);
	files.close(fd);
}
