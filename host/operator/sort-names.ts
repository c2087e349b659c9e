import type { ListedName } from './list-page.js';
import { byOrder } from './name-order.js';

/** Fewer are compared one with the other. */
const LEADS_MIN = 32;
/** Where names have the same lead, they are sorted by what comes behind it: so often, and then compared. */
const DEPTH_MAX = 8;
/** Of a lead, which therefore holds no more units than that. */
const LEAD_BITS = 32;
/** Units are told apart within so many of their values: whatever is beyond counts as the last and is told apart by comparing. */
const SPAN_MAX = 256;
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
	const alphabet = alphabetOf(names, commonUnits(names));
	const leads = new Float64Array(count);
	for (let index = 0; index < count; index++) leads[index] = leadOf(names[index], alphabet) * NAMES_MAX + index;
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

/** How units become digits: those that names use, in their order, behind 0, which is the end of a name. */
interface Alphabet {
	/** Where the units begin that count, and where they end. */
	readonly from: number;
	readonly to: number;
	/** The unit that is 1. */
	readonly least: number;
	readonly span: number;
}

/** The fewer different units there are, the more of them one number holds. */
function alphabetOf(names: readonly ListedName[], from: number): Alphabet {
	let least = Number.POSITIVE_INFINITY;
	let most = 0;
	for (const { name, isDirectory } of names) {
		const end = Math.min(name.length, from + LEAD_BITS);
		for (let at = from; at < end; at++) {
			const unit = name.charCodeAt(at);
			if (unit < least) least = unit;
			if (unit > most) most = unit;
		}
		if (isDirectory && SLASH < least) least = SLASH;
		if (isDirectory && SLASH > most) most = SLASH;
	}
	const span = Math.max(2, Math.min(most - least + 2, SPAN_MAX));
	let to = from;
	for (let leads = span; leads <= 2 ** LEAD_BITS; leads *= span) to++;
	return { from, to, least, span };
}

/** The first units from a place on, as one number that is no larger than that of any name behind this one. */
function leadOf({ name, isDirectory }: ListedName, { from, to, least, span }: Alphabet): number {
	let lead = 0;
	let isOpen = true;
	for (let at = from; at < to; at++) {
		let digit = 0;
		if (isOpen && at < name.length) digit = Math.min(name.charCodeAt(at) - least + 1, span - 1);
		else if (isOpen && at === name.length && isDirectory) digit = SLASH - least + 1;
		// What comes behind one that is not told exactly, or behind the end, says nothing.
		isOpen = digit !== 0 && digit !== SPAN_MAX - 1;
		lead = lead * span + digit;
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
