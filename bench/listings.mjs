// A large directory with the metadata of each entry.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark, inFlight, WIDTH } from './harness.mjs';
import { RUN_IN } from './lib/compare.mjs';
import { makeFolder } from './lib/fixtures.mjs';

const FILES = Number(process.env.HOLDFAST_BENCH_FILES ?? 100_000);

await benchmark('listings', async (bench) => {
	makeFolder(bench.root, 'many', FILES);
	makeFolder(bench.root, 'part', Math.ceil(FILES * RUN_IN));
	/** Lists the large directory, after a smaller one that is not measured. */
	const folder = (list) => ({ run: () => list('many'), runIn: () => list('part') });

	await bench.compareApart(
		'list',
		`list ${FILES} files with metadata`,
		{
			'Holdfast lister'() {
				const op = bench.open();
				return folder(async (name) => {
					let entries = 0;
					for await (const entry of await op.lister(`${name}/`)) entries += entry.metadata().isFile() ? 1 : 0;
					return entries;
				});
			},
			'Holdfast list, ordered'() {
				const op = bench.open();
				return folder(async (name) => (await op.list(`${name}/`)).length - 1);
			},
			'readdir, then stat with 64 in flight': () =>
				folder(async (name) => {
					const names = await readdir(join(bench.root, name));
					return await inFlight(names.length, WIDTH, (index) => stat(join(bench.root, name, names[index])));
				}),
		},
		{ unit: 'entries' },
	);
});
