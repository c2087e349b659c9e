// Puts the results of real runs where people and the model find them: docs/benchmarks.json, its picture, and the tables of model.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checksOf, sayMeasured, sayTarget } from '../lib/check.mjs';
import { modelText } from '../model.mjs';
import { pictureOf } from './picture.mjs';
import { allResults } from './results.mjs';

const JSON_FILE = new URL('../../docs/benchmarks.json', import.meta.url);
const PICTURE_FILE = new URL('../../docs/benchmarks.svg', import.meta.url);
const MODEL_FILE = new URL('../model.md', import.meta.url);
/** What is made anew in model.md, each between two marks. */
const SECTIONS = { calculated: modelText, missed: missedText };

/** Gives what was written, for a person. */
export function publish(given) {
	const runs = given.map(rounded);
	writeFileSync(JSON_FILE, `${JSON.stringify(runs, null, '\t')}\n`);
	writeFileSync(PICTURE_FILE, pictureOf(runs));
	const texts = Object.entries(SECTIONS).map(([name, textOf]) => [name, textOf(runs)]);
	writeFileSync(
		MODEL_FILE,
		texts.reduce((model, [name, text]) => replaced(model, name, text), readFileSync(MODEL_FILE, 'utf8')),
	);
	return `Published: ${[JSON_FILE, PICTURE_FILE, MODEL_FILE].map((file) => fileURLToPath(file)).join(', ')}`;
}

function replaced(model, name, text) {
	const begin = `<!-- ${name}: npm run bench -- --publish -->`;
	const from = model.indexOf(begin) + begin.length;
	const to = model.indexOf(`<!-- end of what is ${name} -->`);
	if (from < begin.length || to < from) throw new Error(`model.md has lost the marks of what is ${name}`);
	return `${model.slice(0, from)}\n\n${text}\n\n${model.slice(to)}`;
}

/** The targets that these runs missed, as Markdown. */
export function missedText(runs) {
	const checks = allResults(runs).flatMap(checksOf);
	const missed = checks.filter(({ isMet }) => !isMet);
	return [
		`${checks.length - missed.length} of ${checks.length} targets were met, these were not:`,
		'',
		'| work | measured | target | what limits it, and what was tried |',
		'| --- | --- | --- | --- |',
		...missed.map((check) => `| ${check.work} | ${sayMeasured(check)} | ${sayTarget(check)} | ${check.why ?? ''} |`),
	].join('\n');
}

/** Four digits: more would say nothing, and every new run would change every line. */
function rounded(value) {
	if (typeof value === 'number') return Number(value.toPrecision(4));
	if (Array.isArray(value)) return value.map(rounded);
	if (value === null || typeof value !== 'object') return value;
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}
