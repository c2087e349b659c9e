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

/** The same name by name: shorter, and not as fast. */
export function parsePath(given: unknown, operation: string): ParsedPath {
	const raw = pathText(given, operation);
	const parts = raw.split('/');
	const names = parts.filter(isName);
	for (const name of names) {
		const reason = reasonAgainst(name);
		if (reason !== undefined) throw refusedPath(raw, operation, reason);
	}
	const path = names.join('/');
	if (Buffer.byteLength(path) > PATH_MAX_BYTES) throw refusedPath(raw, operation, TOO_LONG);
	return { path, isDirectory: !isName(parts[parts.length - 1]) };
}

function reasonAgainst(name: string): string | undefined {
	if (name === '..') return LEADS_UP;
	if (name.includes('\0')) return CONTAINS_NUL;
	if (/\p{Surrogate}/u.test(name)) return LONE_SURROGATE;
	const bytes = Buffer.byteLength(name);
	if (bytes > NAME_MAX_BYTES) return longName(bytes);
	return isTemporaryName(name) ? RESERVED : undefined;
}
