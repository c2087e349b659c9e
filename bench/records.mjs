// Records of 100 bytes, one call each, through a writer: the file is whole at the end of a round.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { benchmark } from './harness.mjs';
import { openOpendal } from './lib/peers.mjs';

const RECORD = `${'r'.repeat(99)}\n`;

await benchmark('records', async (bench) => {
	const op = bench.open({ durability: 'none' });
	const opendal = openOpendal(bench.root);

	const appendTo = async (path, count, options) => {
		const writer = await op.writer(path, options);
		for (let index = 0; index < count; index++) if (!writer.tryWrite(RECORD)) await writer.write(RECORD);
		await writer.close();
		return count;
	};
	await bench.compare('records', 'records of 100 bytes', {
		Holdfast: (count) => appendTo('whole', count),
		'fs.createWriteStream': async (count) => {
			const stream = createWriteStream(join(bench.root, 'stream'));
			for (let index = 0; index < count; index++) if (!stream.write(RECORD)) await once(stream, 'drain');
			stream.end();
			await once(stream, 'close');
			return count;
		},
		'Holdfast, append': {
			prepare: () => op.delete('appended'),
			run: (count) => appendTo('appended', count, { append: true }),
		},
		'Holdfast, a promise each': async (count) => {
			const writer = await op.writer('awaited');
			for (let index = 0; index < count; index++) await writer.write(RECORD);
			await writer.close();
			return count;
		},
		'opendal writer': async (count) => {
			const writer = await opendal.writer('opendal');
			for (let index = 0; index < count; index++) await writer.write(Buffer.from(RECORD));
			await writer.close();
			return count;
		},
	});
});
