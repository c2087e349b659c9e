// A large directory with the metadata of each entry.
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark, inFlight, WIDTH } from './harness.mjs';

const FILES = Number(process.env.HOLDFAST_BENCH_FILES ?? 100_000);

await benchmark('listings', async (bench) => {
	const many = join(bench.root, 'many');
	mkdirSync(many);
	for (let index = 0; index < FILES; index++) writeFileSync(join(many, `file${index}`), '');
	const op = bench.open();

	await bench.compare(
		'list',
		`list ${FILES} files with metadata`,
		{
			'Holdfast lister': async () => {
				let entries = 0;
				for await (const entry of await op.lister('many/')) entries += entry.metadata().isFile() ? 1 : 0;
				return entries;
			},
			'Holdfast list, ordered': async () => (await op.list('many/')).length - 1,
			'readdir, then stat with 64 in flight': async () => {
				const names = await readdir(many);
				return await inFlight(names.length, WIDTH, (index) => stat(join(many, names[index])));
			},
		},
		{ unit: 'entries' },
	);
});
