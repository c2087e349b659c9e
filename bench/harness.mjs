// What every benchmark here does alike: a folder of its own, the machine and the versions, results that are printed and saved, and
// everything closed and removed at the end.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { startApart } from './lib/apart.mjs';
import { buildCeiling } from './lib/ceiling.mjs';
import { compare } from './lib/compare.mjs';
import { describe, machine } from './lib/machine.mjs';
import { print } from './lib/table.mjs';

export { compare, ROUNDS } from './lib/compare.mjs';
export { inFlight, inFlightCallbacks, inTurn } from './lib/in-flight.mjs';

/** Requests in flight where nothing else is said. */
export const WIDTH = 64;

/**
 * Runs `body(bench)` and saves what it recorded as `results/NAME.json`. Benchmarks work under `HOLDFAST_BENCH_ROOT`, or the system's
 * folder for temporary files.
 */
export async function benchmark(name, body) {
	const bench = new Bench();
	console.log(describe(bench.machine));
	try {
		await body(bench);
		save(name, bench);
	} finally {
		await bench.end();
	}
}

class Bench {
	/** Where the files are that are worked on. */
	root;
	machine;
	results = [];
	#folder;
	#endings = [];
	#ceiling;

	constructor() {
		this.#folder = mkdtempSync(join(process.env.HOLDFAST_BENCH_ROOT ?? tmpdir(), 'holdfast-bench-'));
		this.root = join(this.#folder, 'root');
		mkdirSync(this.root);
		this.machine = machine(this.root);
	}

	/** An operator over the root, with the defaults unless said. */
	open(options = {}) {
		const op = new Operator('fs', { root: this.root, ...options });
		this.atEnd(() => op.close());
		return op;
	}

	/** Compares the sides, and records the result under an identifier that `targets.mjs` knows it by. */
	async compare(id, title, sides, options) {
		this.record(await compare(id, title, sides, options));
	}

	/** The C thread, as a property among the sides; none without a compiler. */
	ceiling(...args) {
		if (this.#ceiling === undefined) {
			this.#ceiling = buildCeiling(this.#folder);
			this.atEnd(() => this.#ceiling.end());
		}
		return this.#ceiling.side(...args);
	}

	/** The `SIDES` of a module, each in a process of its own: a function per name that has it do a round. */
	async apart(module) {
		const { rounds, end } = await startApart(module, this.root);
		this.atEnd(end);
		return rounds;
	}

	record(result) {
		print(result);
		this.results.push(result);
	}

	/** Something to do at the end, whatever happens; the last one first. */
	atEnd(ending) {
		this.#endings.push(ending);
	}

	async end() {
		for (const ending of this.#endings.reverse()) await ending();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}

/** Only the last run of a benchmark is kept. */
function save(name, { machine, results }) {
	const folder = new URL('./results/', import.meta.url);
	mkdirSync(folder, { recursive: true });
	const content = { name, at: new Date().toISOString(), machine, results };
	writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(content, null, '\t')}\n`);
}
