import { PATH_MAX_BYTES } from '../../assembly/layout.js';
import { isTemporaryName } from '../pool/temporary.js';
import {
	CONTAINS_NUL,
	isName,
	LEADS_UP,
	LONE_SURROGATE,
	longName,
	NAME_MAX_BYTES,
	type ParsedPath,
	pathText,
	RESERVED,
	refusedPath,
	TOO_LONG,
} from './path.js';

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Checks a path and brings it into its one form. Whatever the platform cannot hold as it is written is `InvalidPath`, and so
 * is `..`: it is refused, not resolved, because whoever writes it expects to leave a directory.
 */
export function parsePath(given: unknown, operation: string): ParsedPath {
	const raw = pathText(given, operation);
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
			if (unit === 0) throw refusedPath(raw, operation, CONTAINS_NUL);
			nameBytes++;
		} else if (unit < 0x800) {
			nameBytes += 2;
		} else if (unit < 0xd800 || unit > 0xdfff) {
			nameBytes += 3;
		} else {
			const next = unit < 0xdc00 ? raw.charCodeAt(index + 1) : Number.NaN;
			if (!(next >= 0xdc00 && next <= 0xdfff)) throw refusedPath(raw, operation, LONE_SURROGATE);
			index++;
			nameBytes += 4;
		}
	}
	const endsInName = checkName(raw, nameStart, raw.length, nameBytes, operation);
	// The slash behind the last directory is not part of the path.
	const bytes = endsInName ? pathBytes + nameBytes : pathBytes - 1;
	if (bytes > PATH_MAX_BYTES) throw refusedPath(raw, operation, TOO_LONG);
	if (isNormal && endsInName) return { path: raw, isDirectory: false };
	if (isNormal) return { path: raw.slice(0, Math.max(0, nameStart - 1)), isDirectory: true };
	return { path: raw.split('/').filter(isName).join('/'), isDirectory: !endsInName };
}

/** False for what is no name: nothing between two slashes, or `.`. */
function checkName(raw: string, start: number, end: number, bytes: number, operation: string): boolean {
	if (bytes > 2) {
		if (bytes > NAME_MAX_BYTES) {
			throw refusedPath(raw, operation, longName(bytes));
		}
		if (raw.charCodeAt(start) === DOT && isTemporaryName(raw.slice(start, end)))
			throw refusedPath(raw, operation, RESERVED);
		return true;
	}
	if (start === end) return false;
	if (raw.charCodeAt(start) !== DOT) return true;
	if (end - start === 1) return false;
	if (raw.charCodeAt(start + 1) !== DOT) return true;
	throw refusedPath(raw, operation, LEADS_UP);
}
