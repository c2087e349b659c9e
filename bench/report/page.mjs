// One self-contained page of all results: targets, bars for comparisons, plots for series. It loads nothing.
import { readFileSync } from 'node:fs';
import { BENCHMARKS } from '../benchmarks.mjs';
import { checksOf, FIGURES, sayMeasured, sayTarget } from '../lib/check.mjs';
import { describe } from '../lib/machine.mjs';
import { formatNumber } from '../lib/statistics.mjs';
import { TARGETS } from '../targets.mjs';
import { allResults } from './results.mjs';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const UPLOT = '../../node_modules/uplot/dist/';

/** The page as HTML. */
export function pageOf(runs) {
	const results = allResults(runs);
	const checks = results.flatMap(checksOf);
	const isMet = checks.filter((check) => check.isMet).length;
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast benchmarks</title>
<style>${read(`${UPLOT}uPlot.min.css`)}${read('./page.css')}</style>
<main>
<header>
<h1>Holdfast benchmarks</h1>
<p>All sides of a comparison take turns in one run; figures are medians of the rounds, thin lines go from the slowest to the fastest. Only ratios
within one comparison mean something. The C thread does the same system calls with nothing around them: nothing can be faster on one core.</p>
<p class="machine">${runs.length > 0 ? htmlOf(describe(runs.at(-1).machine)) : 'Nothing was run.'}</p>
</header>
<section>
<h2>Targets <small>${isMet} of ${checks.length} met</small></h2>
<div class="scroll"><table class="targets"><thead><tr><th>Work</th><th>Measured</th><th>Target</th><th></th></tr></thead><tbody>
${targetRows(checks)}
</tbody></table></div>
</section>
${runs.map(sectionOf).join('\n')}
</main>
<script>${inScript(read(`${UPLOT}uPlot.iife.min.js`))}</script>
<script>const SERIES = ${inScript(JSON.stringify(results.filter(({ kind }) => kind === 'series')))};
${inScript(read('./page.client.js'))}</script>
</html>
`;
}

/** In the order of `targets.mjs`; the work stands once for all its checks. */
function targetRows(checks) {
	return TARGETS.flatMap(({ result, work }) => {
		const own = checks.filter((check) => check.result === result && check.work === work);
		return own.map((check, index) => {
			const name = index === 0 ? `<th rowspan="${own.length}" scope="rowgroup">${htmlOf(work)}</th>` : '';
			const verdict = check.isMet ? '<td class="met">✓ met</td>' : '<td class="missed">✗ missed</td>';
			return `<tr>${name}<td>${htmlOf(sayMeasured(check))}</td><td>${htmlOf(sayTarget(check))}</td>${verdict}</tr>`;
		});
	}).join('\n');
}

function sectionOf({ name, at, results }) {
	return `<section id="${name}">
<h2>${htmlOf(capital(BENCHMARKS[name] ?? name))} <small><code>npm run bench -- ${name}</code>, ${at.slice(0, 10)}</small></h2>
${results.map((result) => `<article><h3>${htmlOf(capital(result.title))}</h3>\n${BODY[result.kind](result)}</article>`).join('\n')}
</section>`;
}

const BODY = { comparison: barsOf, figures: figuresOf, series: plotOf };

function barsOf({ rows, unit }) {
	const most = Math.max(...rows.map(({ rate }) => rate.high));
	const share = (value) => `${((value / most) * 100).toFixed(2)}%`;
	const lines = rows.map(({ name, rate, cpuUs, callerUs, residentMib }, index) => {
		const ratio = index === 0 ? '' : `${(rows[0].rate.median / rate.median).toFixed(2)}×`;
		return `<tr class="${sideClass(name)}"><th scope="row">${htmlOf(name)}</th>
<td class="bar"><div style="width:${share(rate.median)}"></div><i style="left:${share(rate.low)};width:${share(rate.high - rate.low)}"></i></td>
<td>${formatNumber(rate.median)}</td><td>${ratio}</td><td>${formatNumber(cpuUs.median)}</td><td>${formatNumber(callerUs.median)}</td><td>${formatNumber(residentMib)}</td></tr>`;
	});
	const rateName = unit === 'operations' ? 'per second' : `${htmlOf(unit)}/s`;
	return `<div class="scroll"><table class="bars"><thead><tr><th></th><th></th><th>${rateName}</th><th title="the first side over this one">ratio</th>
<th title="of the whole process, per ${htmlOf(unit)}">µs CPU</th><th title="CPU of the calling thread, per ${htmlOf(unit)}">µs caller</th><th title="resident memory of the process">MiB</th></tr></thead><tbody>
${lines.join('\n')}
</tbody></table></div>`;
}

function figuresOf({ rows }) {
	const keys = [...new Set(rows.flatMap(Object.keys))].filter((key) => key !== 'name');
	const cell = (value) => {
		if (value === undefined) return '<td></td>';
		if (typeof value === 'number') return `<td>${formatNumber(value)}</td>`;
		return `<td>${formatNumber(value.median)} <small>${formatNumber(value.low)} … ${formatNumber(value.high)}</small></td>`;
	};
	const head = keys.map((key) => `<th>${htmlOf(FIGURES[key] ?? key)}</th>`).join('');
	const lines = rows.map(
		(row) =>
			`<tr class="${sideClass(row.name)}"><th scope="row">${htmlOf(row.name)}</th>${keys.map((key) => cell(row[key])).join('')}</tr>`,
	);
	return `<div class="scroll"><table class="figures"><thead><tr><th></th>${head}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table></div>`;
}

function plotOf(result) {
	return `<div class="plot" data-series="${result.id}"></div>\n${figuresOf(result)}`;
}

function sideClass(name) {
	if (name.startsWith('Holdfast')) return 'own';
	return name.startsWith('C thread') ? 'ceiling' : 'peer';
}

function capital(text) {
	return text[0].toUpperCase() + text.slice(1);
}

function htmlOf(text) {
	const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
	return text.replace(/[&<>"]/g, (character) => entities[character]);
}

/** Text within a script must not end it. */
function inScript(text) {
	return text.replaceAll('</script', '<\\/script');
}
