// Reads of 4 KiB at random places of a file that is open.
import { openSync, read } from 'node:fs';
import { open } from 'node:fs/promises';
import { benchmark, inFlight, inFlightCallbacks, WIDTH } from './harness.mjs';
import { makeLargeFile, scatter } from './lib/fixtures.mjs';
import { openOpendal, openPiscina } from './lib/peers.mjs';

const BYTES = 4096;
const FILE_MIB = 256;
const BLOCKS = (FILE_MIB * 1024 * 1024) / BYTES;

await benchmark('open-readers', async (bench) => {
	const path = makeLargeFile(bench.root, 'large', FILE_MIB);
	const buffers = Array.from({ length: WIDTH }, () => Buffer.alloc(BYTES));
	const offset = (index) => scatter(index, BLOCKS) * BYTES;

	for (const width of [WIDTH, 1]) {
		await bench.compareApart(`pread-${width}`, `random 4 KiB reads on an open reader, ${width} in flight`, {
			async Holdfast() {
				const reader = await bench.open().reader('large');
				return (count) => inFlight(count, width, (index, lane) => reader.readAt(buffers[lane], offset(index)));
			},
			async 'FileHandle.read'() {
				const handle = await open(path);
				return (count) => inFlight(count, width, (index, lane) => handle.read(buffers[lane], 0, BYTES, offset(index)));
			},
			'fs.read'() {
				const fd = openSync(path);
				return (count) =>
					inFlightCallbacks(count, width, (index, done) =>
						read(fd, buffers[index % width], 0, BYTES, offset(index), done),
					);
			},
			'opendal.read of a range'() {
				const opendal = openOpendal(bench.root);
				const range = (index) => ({ offset: BigInt(offset(index)), size: BigInt(BYTES) });
				return (count) => inFlight(count, width, (index) => opendal.read('large', range(index)));
			},
			'piscina, fs.readSync'() {
				const piscina = openPiscina();
				const fd = openSync(path);
				return (count) =>
					inFlight(count, width, (index) => piscina.run({ fd, bytes: BYTES, offset: offset(index) }, { name: 'read' }));
			},
			...bench.ceiling('pread', path, BLOCKS),
		});
	}
});
