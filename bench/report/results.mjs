// What the last runs left in `results/`, and what of it is published.
import { existsSync, readFileSync } from 'node:fs';
import { BENCHMARKS } from '../benchmarks.mjs';

const RESULTS = new URL('../results/', import.meta.url);

/** The last run of each benchmark, in the order of the list; those that never ran are missing. */
export function readRuns(folder = RESULTS) {
	return Object.keys(BENCHMARKS)
		.map((name) => new URL(`${name}.json`, folder))
		.filter((file) => existsSync(file))
		.map((file) => JSON.parse(readFileSync(file, 'utf8')));
}

/** All results of all runs. */
export function allResults(runs) {
	return runs.flatMap(({ results }) => results);
}

/** The row of one side, or `undefined` when it was not measured. */
export function findRow(runs, result, side) {
	return allResults(runs)
		.find(({ id }) => id === result)
		?.rows.find(({ name }) => name === side);
}
