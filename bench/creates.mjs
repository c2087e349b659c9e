// New and replaced 4 KiB files without a sync. Holdfast is atomic here too, most of the others are not.
import { mkdirSync, writeFile } from 'node:fs';
import { open, rename, writeFile as writeFilePromise } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark, inFlight, inFlightCallbacks, WIDTH } from './harness.mjs';
import { CONTENT } from './lib/fixtures.mjs';
import { openOpendal, openUnstorage } from './lib/peers.mjs';

/** Names that are replaced again and again, each side its own. */
const NAMES = 200;

await benchmark('creates', async (bench) => {
	let serial = 0;

	// A new folder for every round, and nothing is removed before the end: ext4 searches long for an inode where some were freed just now.
	const inFolder = (side, work) => {
		let folder;
		return {
			prepare() {
				folder = `created/${side}${serial++}`;
				mkdirSync(join(bench.root, folder), { recursive: true });
			},
			run: (count) => work(count, (index) => `${folder}/${index}`),
		};
	};
	await bench.compareApart('create-64', `create 4 KiB files, not synced, ${WIDTH} in flight`, {
		Holdfast() {
			const op = bench.open({ durability: 'none' });
			return inFolder('holdfast', (count, at) => inFlight(count, WIDTH, (index) => op.write(at(index), CONTENT)));
		},
		'fs.promises.writeFile': () =>
			inFolder('promises', (count, at) =>
				inFlight(count, WIDTH, (index) => writeFilePromise(join(bench.root, at(index)), CONTENT)),
			),
		'fs.writeFile': () =>
			inFolder('callbacks', (count, at) =>
				inFlightCallbacks(count, WIDTH, (index, done) => writeFile(join(bench.root, at(index)), CONTENT, done)),
			),
		'opendal.write'() {
			const opendal = openOpendal(bench.root);
			return inFolder('opendal', (count, at) => inFlight(count, WIDTH, (index) => opendal.write(at(index), CONTENT)));
		},
		'unstorage, fs driver'() {
			const { storage, key } = openUnstorage(bench.root);
			return inFolder('unstorage', (count, at) =>
				inFlight(count, WIDTH, (index) => storage.setItemRaw(key(at(index)), CONTENT)),
			);
		},
	});

	mkdirSync(join(bench.root, 'replaced'), { recursive: true });
	const name = (side, index) => `replaced/${side}${index % NAMES}`;
	await bench.compareApart('replace-64', `replace 4 KiB files, not synced, ${WIDTH} in flight`, {
		Holdfast() {
			const op = bench.open({ durability: 'none' });
			return (count) => inFlight(count, WIDTH, (index) => op.write(name('holdfast', index), CONTENT));
		},
		'fs.promises, temporary file and rename': () => (count) =>
			inFlight(count, WIDTH, (index) => replace(name('node', index))),
	});

	async function replace(path) {
		const temporary = join(bench.root, `replaced/.${serial++}`);
		const handle = await open(temporary, 'wx');
		try {
			await handle.writeFile(CONTENT);
		} finally {
			await handle.close();
		}
		await rename(temporary, join(bench.root, path));
	}
});
