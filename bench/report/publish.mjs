// Puts the results of real runs where people and the model find them: docs/benchmarks.json, its picture, and the tables of model.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { modelText } from '../model.mjs';
import { pictureOf } from './picture.mjs';

const JSON_FILE = new URL('../../docs/benchmarks.json', import.meta.url);
const PICTURE_FILE = new URL('../../docs/benchmarks.svg', import.meta.url);
const MODEL_FILE = new URL('../model.md', import.meta.url);
const BEGIN = '<!-- calculated: npm run bench -- --publish -->';
const END = '<!-- end of what is calculated -->';

/** Gives what was written, for a person. */
export function publish(given) {
	const runs = given.map(rounded);
	writeFileSync(JSON_FILE, `${JSON.stringify(runs, null, '\t')}\n`);
	writeFileSync(PICTURE_FILE, pictureOf(runs));
	const model = readFileSync(MODEL_FILE, 'utf8');
	const from = model.indexOf(BEGIN) + BEGIN.length;
	const to = model.indexOf(END);
	if (from < BEGIN.length || to < from) throw new Error('model.md has lost the marks of what is calculated');
	writeFileSync(MODEL_FILE, `${model.slice(0, from)}\n\n${modelText(runs)}\n\n${model.slice(to)}`);
	return `Published: ${[JSON_FILE, PICTURE_FILE, MODEL_FILE].map((file) => fileURLToPath(file)).join(', ')}`;
}

/** Four digits: more would say nothing, and every new run would change every line. */
function rounded(value) {
	if (typeof value === 'number') return Number(value.toPrecision(4));
	if (Array.isArray(value)) return value.map(rounded);
	if (value === null || typeof value !== 'object') return value;
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}
