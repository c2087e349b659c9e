import {
	ERRNO_INVAL,
	ERRNO_LOOP,
	ERRNO_NAMETOOLONG,
	ERRNO_NOENT,
	ERRNO_NOTDIR,
	PATH_MAX_BYTES,
	STATUS_SYMLINK,
} from '../../assembly/layout.js';

/** As many symlinks as the kernel follows in one path. */
export const LINKS_MAX = 40;
/** Somebody may put a symlink in the place of a directory that was looked at already: so often the walk begins again. */
const WALKS_MAX = 8;
const GONE = Symbol('a directory on the way became a symlink');

/** Where paths start from, and what can be asked there. Paths are byte strings. */
export interface LinkBase {
	/** What a symlink says, found without following any; `-ERRNO_INVAL` when the name is not that of a symlink. */
	read(path: string): string | number;
	/** Path of the base itself, without symlinks; `''` when nobody knows. */
	place(): string;
}

/**
 * The path without symlinks that a path stands for: each symlink on the way is followed, and the one at the end if `followsLast`.
 * A negated errno when that cannot be said; `-STATUS_SYMLINK` when it would leave the base. What does not exist stays as it is
 * written.
 *
 * Nothing is opened here: this computes names. Whoever uses the answer walks it without following any symlink, so what changes
 * meanwhile can lead to another place inside of the base, or to an error, and to nothing else.
 */
export function resolveLinks(base: LinkBase, path: string, followsLast: boolean): string | number {
	if (path === '') return path;
	// One question tells it of a path without symlinks.
	const whole = base.read(path);
	if (typeof whole === 'string' ? !followsLast : whole !== -STATUS_SYMLINK) return isNoLink(whole) ? path : whole;
	for (let walks = 0; walks < WALKS_MAX; walks++) {
		const resolved = walk(base, path, followsLast);
		if (resolved !== GONE) return resolved;
	}
	return -STATUS_SYMLINK;
}

function walk(base: LinkBase, path: string, followsLast: boolean): string | number | typeof GONE {
	// Names that are done, none of which is a symlink, and what is still to come, the next one last.
	const done: string[] = [];
	const pending = path.split('/').reverse();
	// Names above the base: a target that leaves it may come back, but only on the very way to it.
	let above = 0;
	let isMissing = false;
	let links = 0;
	const place = base.place().split('/').filter(isName);
	for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
		if (!isName(name)) continue;
		if (name === '..') {
			if (isMissing) return -ERRNO_NOENT;
			if (done.pop() === undefined) above = Math.min(above + 1, place.length);
			continue;
		}
		if (above > 0) {
			if (place.at(-above) !== name) return -STATUS_SYMLINK;
			above--;
			continue;
		}
		done.push(name);
		// Below what does not exist there are no symlinks.
		if (isMissing || (pending.length === 0 && !followsLast)) continue;
		const target = base.read(done.join('/'));
		if (typeof target === 'string') {
			if (++links > LINKS_MAX) return -ERRNO_LOOP;
			done.pop();
			if (target.startsWith('/')) {
				done.length = 0;
				above = place.length;
			}
			pending.push(...target.split('/').reverse());
		} else if (target === -STATUS_SYMLINK) return GONE;
		else if (target === -ERRNO_NOENT || target === -ERRNO_NOTDIR) isMissing = true;
		else if (target !== -ERRNO_INVAL) return target;
	}
	if (above > 0) return -STATUS_SYMLINK;
	const resolved = done.join('/');
	return resolved.length > PATH_MAX_BYTES ? -ERRNO_NAMETOOLONG : resolved;
}

function isNoLink(answer: string | number): boolean {
	return typeof answer === 'string' || answer === -ERRNO_INVAL || answer === -ERRNO_NOENT || answer === -ERRNO_NOTDIR;
}

function isName(name: string): boolean {
	return name !== '' && name !== '.';
}
