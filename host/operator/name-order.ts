import type { ListedName } from './list-page.js';

/** The names of one directory take so much memory while they are put in order. */
export const SORT_MEMORY_BYTES = 64 * 1024 * 1024;

/** A name with its stat: two objects, eleven words, its places in arrays, and the string itself at two bytes a unit. */
const NAME_COST_BYTES = 272;
const UNIT_BYTES = 2;

/** What a name takes of the memory for sorting. */
export function costOf({ name }: ListedName): number {
	return NAME_COST_BYTES + name.length * UNIT_BYTES;
}

/** Names in the order in which their paths come: a directory counts with its slash. */
export function byOrder(one: ListedName, other: ListedName): number {
	const first = orderOf(one);
	const second = orderOf(other);
	if (first === second) return 0;
	return first < second ? -1 : 1;
}

function orderOf({ name, isDirectory }: ListedName): string {
	return isDirectory ? `${name}/` : name;
}
