import { ERRNO_ILSEQ, ERRNO_INVAL, ERRNO_NAMETOOLONG, ERRNO_NOTCAPABLE } from '../../assembly/layout.js';

/** The longest name that the platform's file systems hold. */
export const NAME_MAX_BYTES = 255;

// biome-ignore lint/suspicious/noControlCharactersInRegex: names may hold every byte but NUL.
const ASCII = /^[\x01-\x7f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: names may hold every byte but NUL.
const BYTES = /^[\x01-\xff]*$/;

/** Whether a path names the directory that it starts from. */
export function isSelf(path: string): boolean {
	return path === '' || path === '.';
}

/** 0 when every component is a name that can be held, else a negated errno. */
export function checkPath(path: string): number {
	for (let start = 0; start <= path.length; ) {
		const slash = path.indexOf('/', start);
		const end = slash < 0 ? path.length : slash;
		const refused = checkName(path.slice(start, end));
		if (refused < 0) return refused;
		start = end + 1;
	}
	return 0;
}

/** 0 for a single name that can be held and stays where it is, else a negated errno. */
export function checkName(name: string): number {
	if (name.length > NAME_MAX_BYTES) return -ERRNO_NAMETOOLONG;
	if (name === '..') return -ERRNO_NOTCAPABLE;
	// A dot inside a longer path would be a second spelling of the same file.
	if (name === '' || name === '.') return -ERRNO_INVAL;
	if (ASCII.test(name) || BYTES.test(name)) return 0;
	return name.includes('\0') ? -ERRNO_INVAL : -ERRNO_ILSEQ;
}

/** What `node:fs` takes for the bytes of a path: ASCII as the string it is, anything else as a buffer. */
export function platformPath(bytes: string): string | Buffer {
	return ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1');
}
