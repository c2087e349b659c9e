// Reads while crypto, zlib and dns keep the threads of Node's pool busy: those of fs.promises wait behind them, ours do not. On few
// cores all threads also compete for these; a worker that only answers messages shows how much that alone is.
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { benchmark } from './harness.mjs';
import { makeTree } from './lib/fixtures.mjs';
import { compareLatencies } from './lib/latency.mjs';
import { busyNodePool } from './lib/load.mjs';

const FILES = 1000;

await benchmark('busy-pool', async (bench) => {
	const { at, fullAt } = makeTree(bench.root, FILES);
	const op = bench.open();
	const echo = startEcho();
	bench.atEnd(() => echo.end());
	const sides = {
		Holdfast: (index) => op.read(at(index)),
		'fs.promises.readFile': (index) => readFile(fullAt(index)),
		'a bare worker that answers': () => echo.ask(),
	};
	const conditions = Object.entries(sides).flatMap(([name, work]) => [
		[`${name}, idle`, { work }],
		[`${name}, busy`, { work, load: busyNodePool }],
	]);
	bench.record(
		await compareLatencies(
			'busy-pool',
			'read whole 4 KiB files, one every millisecond, pool of Node idle or busy',
			Object.fromEntries(conditions),
		),
	);
});

function startEcho() {
	const worker = new Worker(
		"const { parentPort } = require('node:worker_threads'); parentPort.on('message', (m) => parentPort.postMessage(m));",
		{ eval: true },
	);
	const waiting = [];
	worker.on('message', () => waiting.shift()());
	return {
		ask: () =>
			new Promise((resolve) => {
				waiting.push(resolve);
				worker.postMessage(0);
			}),
		end: () => worker.terminate(),
	};
}
