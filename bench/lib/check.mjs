// Whether the targets that a result has are met.
import { TARGETS } from '../targets.mjs';
import { formatNumber } from './statistics.mjs';

/** What the figures of a row are called, with their units. */
export const FIGURES = {
	rate: 'rate',
	cpuUs: 'µs CPU of the process',
	callerUs: 'µs CPU of the calling thread',
	residentMib: 'MiB resident memory',
	p50Us: 'µs median',
	p99Us: 'µs 99th percentile',
	usedMib: 'MiB resident memory after 1,000 writes at once',
	aboveBareMib: 'MiB resident above bare Node',
	usedAboveBareMib: 'MiB resident above bare Node after 1,000 writes at once',
	idleCpuMs: 'ms CPU over 10 s',
	aboveBareCpuMs: 'ms CPU over 10 s above bare Node',
	firstMs: 'ms to the first answer',
	trapMedianMs: 'ms from a trap to the next answer, median',
	trapP99Ms: 'ms from a trap to the next answer, 99th percentile',
	errorsPerTrap: 'calls that see an error, per trap',
	rise: 'cost per operation, largest over first',
	riseOverCeiling: 'rise of the cost over that of the C thread',
	sustainedPerSecond: 'operations per second, most that was sustained',
};

/** The checks that `targets.mjs` has for one result: each with what was measured, and whether it is met. */
export function checksOf(result) {
	return TARGETS.filter((target) => target.result === result.id).flatMap((target) =>
		target.checks.map((check) => judge(target, check, result)).filter(Boolean),
	);
}

/** `undefined` when a side is missing, as the C thread is without a compiler. */
function judge({ work, why }, { side, figure, over, overFigure = figure, atLeast, atMost }, result) {
	const own = figureOf(result, side, figure);
	const other = over === undefined ? 1 : figureOf(result, over, overFigure);
	if (own === undefined || other === undefined) return undefined;
	const value = own / other;
	const isMet = (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
	return { result: result.id, work, why, side, figure, over, atLeast, atMost, value, isMet };
}

/** Of a figure with a spread the median counts. */
function figureOf(result, side, figure) {
	const found = result.rows.find(({ name }) => name === side)?.[figure];
	return typeof found === 'object' ? found.median : found;
}

/** `Holdfast: 8.31x fs.promises.readFile, target at least 8, met`, in words and units of the figure. */
export function sayCheck(check) {
	return `${sayMeasured(check)}, target ${sayTarget(check)}, ${check.isMet ? 'met' : 'missed'}`;
}

export function sayMeasured({ side, figure, over, value }) {
	const name = FIGURES[figure] ?? figure;
	if (over === undefined) return `${side}: ${formatNumber(value)} ${name}`;
	return `${side}: ${formatNumber(value)}x ${over}${figure === 'rate' ? '' : `, ${name}`}`;
}

export function sayTarget({ atLeast, atMost }) {
	return atLeast === undefined ? `at most ${formatNumber(atMost)}` : `at least ${formatNumber(atLeast)}`;
}
