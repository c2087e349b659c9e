import type { Steps } from './drivers.js';
import type { Entry } from './entry.js';
import type { Tree } from './tree.js';

/** Every entry behind `startAfter`, ordered by path. All of them are in memory at once: that is what order costs. */
export function* collectOrdered(tree: Tree, startAfter: string | undefined): Steps<Entry[]> {
	const after = startAfter === undefined ? undefined : orderOf(startAfter);
	const entries: Entry[] = [];
	for (let entry = yield* tree.next(); entry !== null; entry = yield* tree.next()) {
		if (after === undefined || orderOf(entry.path()) > after) entries.push(entry);
	}
	return entries.sort(byPath);
}

function byPath(one: Entry, other: Entry): number {
	const [first, second] = [orderOf(one.path()), orderOf(other.path())];
	if (first === second) return 0;
	return first < second ? -1 : 1;
}

/** The root comes before everything, although some names sort before its slash. */
function orderOf(path: string): string {
	return path === '/' ? '' : path;
}
