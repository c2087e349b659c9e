// What every benchmark here does alike: a folder of its own, the machine and the versions, results that are printed and saved, and
// everything closed and removed at the end.
//
// The sides of most comparisons have a process each, as their users have: what one side leaves in a process (memory that its allocator keeps, compiled
// code that a collection throws away while others have their turn) is nobody else's then. Such a process runs the same file again: fixtures that are
// there are not made again, other comparisons are passed over, and of the one that is asked for the side is made that is asked for.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { buildCeiling } from './lib/ceiling.mjs';
import { compare } from './lib/compare.mjs';
import { DISK_IMAGES, onDiskImages } from './lib/disk-images.mjs';
import { describe, machine } from './lib/machine.mjs';
import { apartSide, ownSide, serveSide } from './lib/side.mjs';
import { print } from './lib/table.mjs';

export { ROUNDS } from './lib/compare.mjs';
export { inFlight, inFlightCallbacks, inTurn } from './lib/in-flight.mjs';

/** Requests in flight where nothing else is said. */
export const WIDTH = 64;

/** Tells a process of a side where the files are, and which side it is. */
const ASKED = 'HOLDFAST_BENCH_SIDE';

/**
 * Runs `body(bench)` and saves what it recorded as `results/NAME.json`. Benchmarks work under `HOLDFAST_BENCH_ROOT`, or the system's
 * folder for temporary files.
 */
export async function benchmark(name, body) {
	if (process.env[ASKED] !== undefined) return await body(new SideBench(JSON.parse(process.env[ASKED])));
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

	/** Compares the sides, all in this process, and records the result under an identifier that `targets.mjs` knows it by. */
	async compare(id, title, sides, options) {
		this.record(await compare(id, title, mapValues(sides, ownSide), options));
	}

	/** The same with a process for each side, over this root or another one. `sides` has a function per name that makes the side, in its process. */
	async compareApart(id, title, sides, options) {
		this.record(await this.measureApart(id, title, sides, options));
	}

	/** The same without recording the result. */
	async measureApart(id, title, sides, { root = this.root, ...options } = {}) {
		const started = [];
		const start = (side, name) => {
			if (typeof side !== 'function') return side;
			const apart = apartSide(process.argv[1], { [ASKED]: JSON.stringify({ root, id, name }) });
			started.push(apart);
			return apart;
		};
		try {
			return await compare(id, title, mapValues(sides, start), options);
		} finally {
			for (const side of started) side.end();
		}
	}

	/** The C thread, as a property among the sides; none without a compiler. */
	ceiling(...args) {
		if (this.#ceiling === undefined) {
			this.#ceiling = buildCeiling(this.#folder);
			this.atEnd(() => this.#ceiling.end());
		}
		return this.#ceiling.side(...args);
	}

	/** Calls `work(name, root)` for file systems of its own, if they can be mounted. */
	onDiskImages(work) {
		return onDiskImages(work);
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

/** What a benchmark sees in the process of a side. */
class SideBench {
	root;
	#asked;

	constructor({ root, ...asked }) {
		this.root = root;
		this.#asked = asked;
	}

	/** As `Bench.open`; it ends with the process. */
	open(options = {}) {
		return new Operator('fs', { root: this.root, ...options });
	}

	atEnd() {}

	ceiling() {
		return {};
	}

	async compareApart(id, _title, sides) {
		if (id !== this.#asked.id) return;
		await serveSide(await sides[this.#asked.name]());
		process.exit();
	}

	measureApart(id, title, sides) {
		return this.compareApart(id, title, sides);
	}

	/** They are mounted, and this root is one of them. */
	async onDiskImages(work) {
		for (const name of DISK_IMAGES) await work(name, this.root);
	}
}

function mapValues(object, map) {
	return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}

/** Only the last run of a benchmark is kept. */
function save(name, { machine, results }) {
	const folder = new URL('./results/', import.meta.url);
	mkdirSync(folder, { recursive: true });
	const content = { name, at: new Date().toISOString(), machine, results };
	writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(content, null, '\t')}\n`);
}
