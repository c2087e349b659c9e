// The files that every side works on, made once and by the same calls for all of them. What is there is not made again.
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MIB = 1024 * 1024;

/** What a small file holds: 4 KiB. */
export const CONTENT = Buffer.alloc(4096, 'holdfast ');

/** Makes so many 4 KiB files, three levels deep. Gives what `treePaths` gives. */
export function makeTree(root, count) {
	const tree = treePaths(root, count);
	makeFiles(tree.fullPaths);
	return tree;
}

/** Makes 4 KiB files of these full paths. */
export function makeFiles(paths) {
	if (existsSync(paths.at(-1))) return;
	for (const folder of new Set(paths.map(dirname))) mkdirSync(folder, { recursive: true });
	for (const path of paths) writeFileSync(path, CONTENT);
}

/**
 * The paths of a tree below the root and in full: as many folders at each level as files in a folder. `at(index)` and `fullAt(index)`
 * walk them in an order that no read-ahead guesses.
 */
export function treePaths(root, count) {
	const branches = Math.max(1, Math.round(Math.cbrt(count)));
	const paths = Array.from(
		{ length: count },
		(_, index) => `a${index % branches}/b${Math.floor(index / branches) % branches}/c${index}`,
	);
	const fullPaths = paths.map((path) => join(root, path));
	return {
		paths,
		fullPaths,
		at: (index) => paths[scatter(index, count)],
		fullAt: (index) => fullPaths[scatter(index, count)],
	};
}

/** Makes a file of so many MiB. Gives its full path. */
export function makeLargeFile(root, name, mebibytes) {
	const path = join(root, name);
	if (existsSync(path)) return path;
	const block = Buffer.alloc(MIB, 'holdfast ');
	const fd = openSync(path, 'w');
	for (let index = 0; index < mebibytes; index++) writeSync(fd, block);
	closeSync(fd);
	return path;
}

/** Makes a folder of so many empty files. */
export function makeFolder(root, name, files) {
	const path = join(root, name);
	if (existsSync(path)) return;
	mkdirSync(path);
	for (let index = 0; index < files; index++) writeFileSync(join(path, `file${index}`), '');
}

/** Which of `count` things comes at this place of the pseudo-random order; `ceiling.c` has the same. */
export function scatter(index, count) {
	return (Math.imul(index, 0x9e3779b1) >>> 0) % count;
}
