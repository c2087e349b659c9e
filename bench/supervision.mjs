// What a trap costs: the time until the next answer, the calls that see an error, and the throughput while an instance traps ten
// times a second. With the fault build of the engine, which is never published.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAULT_KIND_PANIC, OP_FAULT } from '../build/assembly/layout.js';
import { Operator } from '../build/host/index.js';
import { Request } from '../build/host/pool/request.js';
import { openStore } from '../build/host/services/index.js';
import { compare, machine, median, print, save } from './harness.mjs';

const WIDTH = 64;
const SECONDS = 2;
const TRAPS_PER_SECOND = 10;
const TRAPS = 200;

const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const modulePath = fileURLToPath(new URL('../build/engine.fault.wasm', import.meta.url));
const store = openStore('fs', { root, workers: 1, maxRestarts: 10_000, restartWindowMs: 1000 }, { modulePath });
const op = Operator.fromStore(store);
const trap = () => {
	const request = Object.assign(new Request(OP_FAULT, 'fault'), { root: store.root, offset: FAULT_KIND_PANIC });
	return store.engine.submit(request).catch(() => undefined);
};

/** Reads with 64 in flight for some seconds; the operations that were answered, and those that failed. */
async function readFor(seconds, { traps }) {
	let isOver = false;
	let done = 0;
	let failed = 0;
	const timer = traps && setInterval(trap, 1000 / TRAPS_PER_SECOND);
	setTimeout(() => {
		isOver = true;
	}, seconds * 1000);
	const take = async () => {
		while (!isOver) {
			await op.read('file').then(
				() => done++,
				() => failed++,
			);
		}
	};
	await Promise.all(Array.from({ length: WIDTH }, take));
	clearInterval(timer);
	return { done, failed };
}

console.log(machine());
try {
	await op.write('file', Buffer.alloc(4096, 1), { durability: 'none' });

	const times = [];
	for (let index = 0; index < TRAPS; index++) {
		const started = process.hrtime.bigint();
		const trapping = trap();
		await op.read('file');
		times.push(Number(process.hrtime.bigint() - started) / 1e6);
		await trapping;
	}
	times.sort((a, b) => a - b);
	const p99 = times[Math.floor(times.length * 0.99)];
	console.log(`\ntrap to the next answered request (${TRAPS} traps, one read behind each)`);
	console.log(`  median ${median(times).toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);

	let failures = 0;
	let rounds = 0;
	const result = await compare(`reads of 4 KiB, ${WIDTH} in flight`, [
		{ name: `trapping ${TRAPS_PER_SECOND} times a second`, run: () => count(true) },
		{ name: 'undisturbed', run: () => count(false) },
	]);
	print(result);
	const share = result.rows[0].median / result.rows[1].median;
	const perTrap = 1 + failures / (rounds * SECONDS * TRAPS_PER_SECOND);
	console.log(`\n  share of the undisturbed throughput: ${share.toFixed(2)} (target 0.80)`);
	console.log(`  calls that see an error per trap:     ${perTrap.toFixed(3)} (target 1, the culprit's)`);
	save('supervision', { medianMs: median(times), p99Ms: p99, share, errorsPerTrap: perTrap, result });

	async function count(traps) {
		const { done, failed } = await readFor(SECONDS, { traps });
		if (traps) {
			failures += failed;
			rounds++;
		}
		return done;
	}
} finally {
	await op.close();
	rmSync(root, { recursive: true, force: true });
}
