// Reads of whole 4 KiB files, three levels deep, beside everything that people use for it.
import { readFile, readFileSync } from 'node:fs';
import { readFile as readFilePromise } from 'node:fs/promises';
import { benchmark, inFlight, inFlightCallbacks, inTurn, WIDTH } from './harness.mjs';
import { makeTree } from './lib/fixtures.mjs';
import { openOpendal, openPiscina, openUnstorage } from './lib/peers.mjs';

const FILES = 1000;

await benchmark('whole-files', async (bench) => {
	const { fullPaths, at, fullAt } = makeTree(bench.root, FILES);
	for (const width of [WIDTH, 1]) {
		await bench.compareApart(`read-${width}`, `read whole 4 KiB files, ${width} in flight`, {
			Holdfast() {
				const op = bench.open();
				return (count) => inFlight(count, width, (index) => op.read(at(index)));
			},
			'fs.promises.readFile': () => (count) => inFlight(count, width, (index) => readFilePromise(fullAt(index))),
			'fs.readFile': () => (count) => inFlightCallbacks(count, width, (index, done) => readFile(fullAt(index), done)),
			'opendal.read'() {
				const opendal = openOpendal(bench.root);
				return (count) => inFlight(count, width, (index) => opendal.read(at(index)));
			},
			'piscina, fs.readFileSync'() {
				const piscina = openPiscina();
				return (count) => inFlight(count, width, (index) => piscina.run(fullAt(index), { name: 'readFile' }));
			},
			'unstorage, fs driver'() {
				const { storage, key } = openUnstorage(bench.root);
				return (count) => inFlight(count, width, (index) => storage.getItemRaw(key(at(index))));
			},
			...bench.ceiling('whole', fullPaths),
		});
	}
	await bench.compareApart('read-sync', 'readSync of 4 KiB files', {
		Holdfast() {
			const op = bench.open();
			return (count) => inTurn(count, (index) => op.readSync(at(index)));
		},
		'fs.readFileSync': () => (count) => inTurn(count, (index) => readFileSync(fullAt(index))),
		'opendal.readSync'() {
			const opendal = openOpendal(bench.root);
			return (count) => inTurn(count, (index) => opendal.readSync(at(index)));
		},
		...bench.ceiling('whole', fullPaths),
	});
});
