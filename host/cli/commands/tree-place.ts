import { realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { LocalTree } from '../../import/local-tree.js';
import { UsageError } from '../failure.js';
import { formatNumber } from '../format.js';
import { plainPath } from '../paths.js';
import type { Session } from '../session.js';

/** Where a tree of this machine and its copy in a store are. */
export interface TreePlace {
	/** The real path of the tree. */
	readonly local: string;
	/** The copy, when it lies within the tree: it is no part of what is copied. */
	readonly exclude: string | undefined;
}

/** Checks the two places that `import` and `verify` are about. */
export function placeOf(session: Session, local: string, path: string): TreePlace {
	if (!statSync(local).isDirectory()) throw new UsageError(`'${local}' is not a directory; put stores a single file`);
	const real = realpathSync(local);
	if (session.root === undefined) return { local: real, exclude: undefined };
	const copy = join(session.root, plainPath(path), '.');
	if (copy === real) {
		throw new UsageError(
			`'${local}' is the place in the store itself; name another store with --root, or another path`,
		);
	}
	// A store in the middle of the tree is left out as a whole: its other content is not the tree's, either.
	return { local: real, exclude: [session.root, copy].find((place) => place.startsWith(real + sep)) };
}

/** The path of something in the tree, in the store. */
export function pathBelow(path: string, relative: string): string {
	const base = plainPath(path);
	return base === '' ? relative : `${base}/${relative}`;
}

/** What was left out of a tree, behind a summary. */
export function skippedWords({ symlinks, specialFiles }: Pick<LocalTree, 'symlinks' | 'specialFiles'>): string {
	const skipped: string[] = [];
	if (symlinks > 0) skipped.push(formatNumber(symlinks, 'symlink'));
	if (specialFiles > 0) skipped.push(formatNumber(specialFiles, 'special file'));
	return skipped.length === 0 ? '' : `; skipped ${skipped.join(' and ')}`;
}
