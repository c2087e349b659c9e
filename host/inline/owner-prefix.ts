import { HIDDEN_MARK } from '../wasi/owner.js';
import { BOOT } from '../wasi/this-process.js';

// A store that outlives its page or its worker has one owner at a time. Names of another one are from an earlier life.

/** Ends the entry of a lock that was given up. */
const TORN_SUFFIX = '.torn';

/** What the hidden names of one pool begin with: never the same for two. */
export function newPrefix(): string {
	const [high, low] = crypto.getRandomValues(new Uint32Array(2));
	return `${HIDDEN_MARK}${BOOT}-0-0-${high}${low}-`;
}

/** What the engine asks of the name of a lock's entry: 0 it binds, 1 it was given up, 2 it is from an earlier life. */
export function endOfEntry(name: string, prefix: string): number {
	if (!name.startsWith(prefix)) return 2;
	return name.endsWith(TORN_SUFFIX) ? 1 : 0;
}
