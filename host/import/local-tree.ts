import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

/** A regular file of a directory tree. */
export interface LocalFile {
	/** Relative to the tree, with slashes: what it is called in a store. */
	readonly path: string;
	/** Bytes, when it was looked at. */
	readonly size: number;
}

/** What is in a directory of this machine. */
export interface LocalTree {
	/** Absolute or relative to the current directory, as it was given. */
	readonly root: string;
	readonly files: LocalFile[];
	/** Directories with nothing in them, relative to the tree. */
	readonly emptyDirectories: string[];
	/** How many directories there are, the tree itself not counted. */
	directories: number;
	/** Bytes of all files. */
	bytes: number;
	/** Symlinks: they are not followed. */
	symlinks: number;
	/** Sockets, devices and the like. */
	specialFiles: number;
}

export interface ScanOptions {
	/** Absolute path of a directory that is left out, with all that is below it. */
	exclude?: string | undefined;
	signal?: AbortSignal | undefined;
}

/** Looks at a whole tree. It reads names and sizes only; files that vanish meanwhile are left out. */
export async function scanTree(root: string, { exclude, signal }: ScanOptions = {}): Promise<LocalTree> {
	const tree: LocalTree = {
		root,
		files: [],
		emptyDirectories: [],
		directories: 0,
		bytes: 0,
		symlinks: 0,
		specialFiles: 0,
	};
	const waiting = [''];
	for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
		// The calls below block, which is several times faster; between two directories signals get their turn.
		await setImmediate();
		signal?.throwIfAborted();
		scanDirectory(tree, directory, waiting, exclude);
	}
	return tree;
}

function scanDirectory(tree: LocalTree, directory: string, waiting: string[], exclude: string | undefined): void {
	const entries = readdirSync(join(tree.root, directory), { withFileTypes: true });
	if (entries.length === 0 && directory !== '') tree.emptyDirectories.push(directory);
	for (const entry of entries) {
		const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
		const local = join(tree.root, path);
		if (entry.isDirectory()) {
			if (local === exclude) continue;
			tree.directories++;
			waiting.push(path);
		} else if (entry.isFile()) {
			const size = lstatSync(local, { throwIfNoEntry: false })?.size;
			if (size === undefined) continue;
			tree.files.push({ path, size });
			tree.bytes += size;
		} else if (entry.isSymbolicLink()) {
			tree.symlinks++;
		} else {
			tree.specialFiles++;
		}
	}
}
