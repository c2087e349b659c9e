import { UsageError } from './failure.js';

/** The last name of a path, whatever slashes stand at its end; `''` for a root. */
export function lastName(path: string): string {
	return path.split('/').filter(Boolean).at(-1) ?? '';
}

/** A path as a directory, in the one form in which entries carry it; the root is `/`. */
export function directoryPath(path: string): string {
	return `${names(path).join('/')}/`;
}

/** A path with nothing before, between and behind its names but single slashes; `''` is the root. */
export function plainPath(path: string): string {
	return names(path).join('/');
}

/** Where a file goes: below the target under its own name when that was written as a directory, else to the target. */
export function targetPath(source: string, target: string): string {
	if (target !== '' && !target.endsWith('/')) return target;
	const name = lastName(source);
	if (name === '') throw new UsageError(`'${target}' is a directory: write the name of the file behind it`);
	return `${target}${name}`;
}

function names(path: string): string[] {
	return path.split('/').filter((name) => name !== '' && name !== '.');
}
