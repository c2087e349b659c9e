import { PATH_MAX_BYTES } from '../../assembly/layout.js';
import { HoldfastError } from '../errors.js';

/** A path as requests carry it. */
export interface ParsedPath {
	/** Without leading, trailing or doubled slashes and without `.`; `''` is the root. */
	readonly path: string;
	/** Whether it names a directory: a slash stood at its end, or it is the root. */
	readonly isDirectory: boolean;
}

/** The longest name that file systems hold. */
export const NAME_MAX_BYTES = 255;

/** A path in the form in which entries carry it: directories with their slash, the root as `/`. */
export function formatPath(path: string, isDirectory: boolean): string {
	return isDirectory ? `${path}/` : path;
}

const RAW_PATH_MAX_CHARACTERS = 2 ** 20;
export const TOO_LONG = `it is longer than ${PATH_MAX_BYTES} bytes`;
export const RESERVED = 'one of its names is of the kind that is kept for temporary files, which are cleared away';
export const LONE_SURROGATE = 'it contains half a character (a lone surrogate), which UTF-8 cannot express';
export const CONTAINS_NUL = 'it contains a NUL character, which no name can';
export const LEADS_UP = "it contains '..'; write the path without it";

/** What a caller gave as a path, if it is worth looking at. */
export function pathText(raw: unknown, operation: string): string {
	if (typeof raw !== 'string') {
		throw new HoldfastError('InvalidPath', `a path is a string, not ${raw === null ? 'null' : typeof raw}`, {
			operation,
		});
	}
	// Every character stands for at least one byte, and slashes may collapse: only what is hopeless is refused unseen.
	if (raw.length > RAW_PATH_MAX_CHARACTERS) throw refusedPath(raw, operation, TOO_LONG);
	return raw;
}

/** Whether what stands between two slashes is a name, and not nothing or `.`. */
export function isName(name: string): boolean {
	return name !== '' && name !== '.';
}

export function longName(bytes: number): string {
	return `one of its names has ${bytes} bytes; names have at most ${NAME_MAX_BYTES}`;
}

export function refusedPath(raw: string, operation: string, reason: string): HoldfastError {
	return new HoldfastError('InvalidPath', `this path cannot be used: ${reason}`, { operation, path: raw });
}
