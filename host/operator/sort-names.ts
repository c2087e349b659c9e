import type { ListedName } from './list-page.js';
import { byOrder } from './name-order.js';

/** Fewer are compared one with the other. */
const LEADS_MIN = 32;
/** Where names have the same lead, they are sorted by what comes behind it: so often, and then compared. */
const DEPTH_MAX = 8;
/** Code units in a lead, and what each counts as at most: whatever is beyond is told apart by comparing. */
const LEAD_UNITS = 4;
const UNIT_MAX = 255;
const UNIT_SPAN = 256;
/** A lead and the place of its name are one number that a double holds exactly. */
const NAMES_MAX = 2 ** 21;
const SLASH = 47;

/**
 * Names in the order of their paths, in an array that may be the given one: a directory counts with its slash. Comparing strings that lie all over the memory is
 * what takes long, so numbers are sorted that stand for the first units in which names differ.
 */
export function sortNames(names: ListedName[], depth = 0): ListedName[] {
	const count = names.length;
	if (count < LEADS_MIN || count > NAMES_MAX || depth === DEPTH_MAX) return names.sort(byOrder);
	const skipped = commonUnits(names);
	const leads = new Float64Array(count);
	for (let index = 0; index < count; index++) leads[index] = leadOf(names[index], skipped) * NAMES_MAX + index;
	leads.sort();
	const sorted: ListedName[] = new Array(count);
	for (let start = 0, end = 0; start < count; start = end) {
		const lead = Math.floor(leads[start] / NAMES_MAX);
		for (; end < count && leads[end] < (lead + 1) * NAMES_MAX; end++) sorted[end] = names[leads[end] % NAMES_MAX];
		if (end - start < 2) continue;
		const tied = sortNames(sorted.slice(start, end), end - start === count ? DEPTH_MAX : depth + 1);
		for (let index = 0; index < tied.length; index++) sorted[start + index] = tied[index];
	}
	return sorted;
}

/** The first units from a place on, as one number that is no larger than that of any name behind this one. */
function leadOf({ name, isDirectory }: ListedName, from: number): number {
	let lead = 0;
	let isOpen = true;
	for (let at = from; at < from + LEAD_UNITS; at++) {
		let unit = 0;
		if (isOpen && at < name.length) unit = Math.min(name.charCodeAt(at), UNIT_MAX);
		else if (isOpen && at === name.length && isDirectory) unit = SLASH;
		// What comes behind one that is not told exactly, or behind the end, says nothing.
		isOpen = unit !== 0 && unit !== UNIT_MAX;
		lead = lead * UNIT_SPAN + unit;
	}
	return lead;
}

/** How many units all of them begin with. */
function commonUnits(names: readonly ListedName[]): number {
	const [{ name: first }] = names;
	let common = first.length;
	for (const { name } of names) {
		let same = 0;
		while (same < common && same < name.length && name.charCodeAt(same) === first.charCodeAt(same)) same++;
		common = same;
	}
	return common;
}
