// Records of 100 bytes, one call each, through a writer: the file is whole at the end of a round. Replacing what stands there is not measured, which takes
// as long on all sides: ext4 finds blocks for all of a file that takes the place of another one, and hands them to the disk.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { benchmark } from './harness.mjs';
import { openOpendal } from './lib/peers.mjs';

const RECORD = `${'r'.repeat(99)}\n`;
/** A file has a price of its own, of which many records make little: counts that take part of a second, and the same ones in every run. */
const RECORDS = 500_000;
const AWAITED_RECORDS = 30_000;
const OPENDAL_RECORDS = 3000;

await benchmark('records', async (bench) => {
	const open = () => bench.open({ durability: 'none' });
	const fresh = (name, run) => ({ prepare: () => rm(join(bench.root, name), { force: true }), run });
	const tryAll = async (writer) => {
		for (let index = 0; index < RECORDS; index++) if (!writer.tryWrite(RECORD)) await writer.write(RECORD);
		await writer.close();
		return RECORDS;
	};
	const awaitAll = async (writer, count, record) => {
		for (let index = 0; index < count; index++) await writer.write(record);
		await writer.close();
		return count;
	};
	await bench.compareApart(
		'records',
		'records of 100 bytes',
		{
			Holdfast() {
				const op = open();
				return fresh('whole', async () => tryAll(await op.writer('whole')));
			},
			'fs.createWriteStream': () =>
				fresh('stream', async () => {
					const stream = createWriteStream(join(bench.root, 'stream'));
					for (let index = 0; index < RECORDS; index++) if (!stream.write(RECORD)) await once(stream, 'drain');
					stream.end();
					await once(stream, 'close');
					return RECORDS;
				}),
			'Holdfast, append'() {
				const op = open();
				return fresh('appended', async () => tryAll(await op.writer('appended', { append: true })));
			},
			'Holdfast, a promise each'() {
				const op = open();
				return fresh('awaited', async () => awaitAll(await op.writer('awaited'), AWAITED_RECORDS, RECORD));
			},
			'opendal writer'() {
				const opendal = openOpendal(bench.root);
				const record = Buffer.from(RECORD);
				return fresh('opendal', async () => awaitAll(await opendal.writer('opendal'), OPENDAL_RECORDS, record));
			},
		},
		{ unit: 'records' },
	);
});
