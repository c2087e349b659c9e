import { PATH_MAX_BYTES } from '../../assembly/layout.js';
import { HoldfastError } from '../errors.js';
import { isTemporaryName } from '../pool/temporary.js';

/** A path as requests carry it. */
export interface ParsedPath {
	/** Without leading, trailing or doubled slashes and without `.`; `''` is the root. */
	readonly path: string;
	/** Whether it names a directory: a slash stood at its end, or it is the root. */
	readonly isDirectory: boolean;
}

/** The longest name that file systems hold. */
export const NAME_MAX_BYTES = 255;

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Checks a path and brings it into its one form. Whatever the platform cannot hold as it is written is `InvalidPath`, and so
 * is `..`: it is refused, not resolved, because whoever writes it expects to leave a directory.
 */
export function parsePath(raw: unknown, operation: string): ParsedPath {
	if (typeof raw !== 'string') {
		throw new HoldfastError('InvalidPath', `a path is a string, not ${raw === null ? 'null' : typeof raw}`, {
			operation,
		});
	}
	// Every character stands for at least one byte, and slashes may collapse: only what is hopeless is refused unseen.
	if (raw.length > RAW_PATH_MAX_CHARACTERS) throw refused(raw, operation, TOO_LONG);
	let isNormal = true;
	let nameStart = 0;
	let nameBytes = 0;
	let pathBytes = 0;
	for (let index = 0; index < raw.length; index++) {
		const unit = raw.charCodeAt(index);
		if (unit === SLASH) {
			if (!checkName(raw, nameStart, index, nameBytes, operation)) isNormal = false;
			else pathBytes += nameBytes + 1;
			nameStart = index + 1;
			nameBytes = 0;
		} else if (unit < 0x80) {
			if (unit === 0) throw refused(raw, operation, 'it contains a NUL character, which no name can');
			nameBytes++;
		} else if (unit < 0x800) {
			nameBytes += 2;
		} else if (unit < 0xd800 || unit > 0xdfff) {
			nameBytes += 3;
		} else {
			const next = unit < 0xdc00 ? raw.charCodeAt(index + 1) : Number.NaN;
			if (!(next >= 0xdc00 && next <= 0xdfff)) throw refused(raw, operation, LONE_SURROGATE);
			index++;
			nameBytes += 4;
		}
	}
	const endsInName = checkName(raw, nameStart, raw.length, nameBytes, operation);
	// The slash behind the last directory is not part of the path.
	const bytes = endsInName ? pathBytes + nameBytes : pathBytes - 1;
	if (bytes > PATH_MAX_BYTES) throw refused(raw, operation, TOO_LONG);
	if (isNormal && endsInName) return { path: raw, isDirectory: false };
	if (isNormal) return { path: raw.slice(0, Math.max(0, nameStart - 1)), isDirectory: true };
	return { path: raw.split('/').filter(isName).join('/'), isDirectory: !endsInName };
}

/** A path in the form in which entries carry it: directories with their slash, the root as `/`. */
export function formatPath(path: string, isDirectory: boolean): string {
	return isDirectory ? `${path}/` : path;
}

const RAW_PATH_MAX_CHARACTERS = 2 ** 20;
const TOO_LONG = `it is longer than ${PATH_MAX_BYTES} bytes`;
const RESERVED = 'one of its names is of the kind that is kept for temporary files, which are cleared away';
const LONE_SURROGATE = 'it contains half a character (a lone surrogate), which UTF-8 cannot express';

/** False for what is no name: nothing between two slashes, or `.`. */
function checkName(raw: string, start: number, end: number, bytes: number, operation: string): boolean {
	if (bytes > 2) {
		if (bytes > NAME_MAX_BYTES) {
			throw refused(raw, operation, `one of its names has ${bytes} bytes; names have at most ${NAME_MAX_BYTES}`);
		}
		if (raw.charCodeAt(start) === DOT && isTemporaryName(raw.slice(start, end)))
			throw refused(raw, operation, RESERVED);
		return true;
	}
	if (start === end) return false;
	if (raw.charCodeAt(start) !== DOT) return true;
	if (end - start === 1) return false;
	if (raw.charCodeAt(start + 1) !== DOT) return true;
	throw refused(raw, operation, "it contains '..'; write the path without it");
}

function isName(name: string): boolean {
	return name !== '' && name !== '.';
}

function refused(raw: string, operation: string, reason: string): HoldfastError {
	return new HoldfastError('InvalidPath', `this path cannot be used: ${reason}`, { operation, path: raw });
}
