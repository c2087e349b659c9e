// What there is under a path: stat of 4 KiB files, three levels deep.
import { stat, statSync } from 'node:fs';
import { stat as statPromise } from 'node:fs/promises';
import { benchmark, inFlight, inFlightCallbacks, inTurn, WIDTH } from './harness.mjs';
import { makeTree } from './lib/fixtures.mjs';
import { openOpendal, openPiscina, openUnstorage } from './lib/peers.mjs';

const FILES = 1000;

await benchmark('stats', async (bench) => {
	const { fullPaths, at, fullAt } = makeTree(bench.root, FILES);
	await bench.compareApart('stat-64', `stat, ${WIDTH} in flight`, {
		Holdfast() {
			const op = bench.open();
			return (count) => inFlight(count, WIDTH, (index) => op.stat(at(index)));
		},
		'fs.promises.stat': () => (count) => inFlight(count, WIDTH, (index) => statPromise(fullAt(index))),
		'fs.stat': () => (count) => inFlightCallbacks(count, WIDTH, (index, done) => stat(fullAt(index), done)),
		'opendal.stat'() {
			const opendal = openOpendal(bench.root);
			return (count) => inFlight(count, WIDTH, (index) => opendal.stat(at(index)));
		},
		'piscina, fs.statSync'() {
			const piscina = openPiscina();
			return (count) => inFlight(count, WIDTH, (index) => piscina.run(fullAt(index), { name: 'stat' }));
		},
		'unstorage, fs driver'() {
			const { storage, key } = openUnstorage(bench.root);
			return (count) => inFlight(count, WIDTH, (index) => storage.getMeta(key(at(index))));
		},
		...bench.ceiling('stat', fullPaths),
	});
	await bench.compareApart('stat-sync', 'statSync', {
		Holdfast() {
			const op = bench.open();
			return (count) => inTurn(count, (index) => op.statSync(at(index)));
		},
		'fs.statSync': () => (count) => inTurn(count, (index) => statSync(fullAt(index))),
		'opendal.statSync'() {
			const opendal = openOpendal(bench.root);
			return (count) => inTurn(count, (index) => opendal.statSync(at(index)));
		},
		...bench.ceiling('stat', fullPaths),
	});
});
