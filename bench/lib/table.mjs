// A result as lines of text. There are three kinds: a comparison has sides with rates, figures are rows of named numbers, and a series
// has lines of points over one variable.
import { checksOf, FIGURES, sayCheck } from './check.mjs';
import { formatNumber } from './statistics.mjs';

const PRINT = { comparison: printComparison, figures: printFigures, series: printSeries };
const NAME_WIDTH = 42;
const CELL_WIDTH = 19;

export function print(result) {
	console.log(`\n${result.title}${result.rounds === undefined ? '' : ` (${result.rounds} rounds)`}`);
	PRINT[result.kind](result);
	for (const check of checksOf(result)) console.log(`  ${check.isMet ? '✓' : '✗'} ${sayCheck(check)}`);
}

/** The first side is the one that the others are held against. */
function printComparison({ rows, unit }) {
	printRow('', [unit === 'operations' ? 'per second' : `${unit}/s`, 'from .. to', 'µs CPU', 'µs caller', 'ratio']);
	for (const row of rows) {
		printRow(row.name, [
			formatNumber(row.rate.median),
			`${formatNumber(row.rate.low)} .. ${formatNumber(row.rate.high)}`,
			formatNumber(row.cpuUs.median),
			formatNumber(row.callerUs.median),
			row === rows[0] ? '' : `${(rows[0].rate.median / row.rate.median).toFixed(2)}x`,
		]);
	}
}

function printFigures({ rows }) {
	const figures = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => key !== 'name');
	for (const row of rows) {
		console.log(`  ${row.name}`);
		for (const key of figures) {
			if (row[key] === undefined) continue;
			const { median, low, high } = typeof row[key] === 'object' ? row[key] : { median: row[key] };
			const range = low === undefined ? '' : `(${formatNumber(low)} .. ${formatNumber(high)})`;
			console.log(
				`    ${(FIGURES[key] ?? key).padEnd(NAME_WIDTH)}${formatNumber(median).padStart(CELL_WIDTH)}  ${range}`,
			);
		}
	}
}

function printSeries({ x, y, lines, rows }) {
	const places = [...new Set(lines.flatMap((line) => line.points.map(([place]) => place)))].sort((a, b) => a - b);
	printRow(`${y.label} over ${x.label}`, places.map(formatNumber));
	for (const { name, points } of lines) {
		const at = new Map(points);
		printRow(
			name,
			places.map((place) => (at.has(place) ? formatNumber(at.get(place)) : '-')),
		);
	}
	printFigures({ rows });
}

function printRow(name, cells) {
	console.log(`  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => ` ${cell}`.padStart(CELL_WIDTH)).join('')}`.trimEnd());
}
