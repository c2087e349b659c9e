// Reads of 4 KiB at random places of a file that is open.
import { closeSync, openSync, read } from 'node:fs';
import { open } from 'node:fs/promises';
import { benchmark, inFlight, inFlightCallbacks, WIDTH } from './harness.mjs';
import { makeLargeFile, scatter } from './lib/fixtures.mjs';
import { openOpendal, openPiscina } from './lib/peers.mjs';

const BYTES = 4096;
const FILE_MIB = 256;
const BLOCKS = (FILE_MIB * 1024 * 1024) / BYTES;

await benchmark('open-readers', async (bench) => {
	const path = makeLargeFile(bench.root, 'large', FILE_MIB);
	const op = bench.open();
	const reader = await op.reader('large');
	const opendal = openOpendal(bench.root);
	const piscina = openPiscina();
	bench.atEnd(() => piscina.destroy());
	const handle = await open(path);
	bench.atEnd(() => handle.close());
	const fd = openSync(path);
	bench.atEnd(() => closeSync(fd));
	const buffers = Array.from({ length: WIDTH }, () => Buffer.alloc(BYTES));
	const offset = (index) => scatter(index, BLOCKS) * BYTES;

	for (const width of [WIDTH, 1]) {
		await bench.compare(`pread-${width}`, `random 4 KiB reads on an open reader, ${width} in flight`, {
			Holdfast: (count) => inFlight(count, width, (index, lane) => reader.readAt(buffers[lane], offset(index))),
			'FileHandle.read': (count) =>
				inFlight(count, width, (index, lane) => handle.read(buffers[lane], 0, BYTES, offset(index))),
			'fs.read': (count) =>
				inFlightCallbacks(count, width, (index, done) =>
					read(fd, buffers[index % width], 0, BYTES, offset(index), done),
				),
			'opendal.read of a range': (count) =>
				inFlight(count, width, (index) =>
					opendal.read('large', { offset: BigInt(offset(index)), size: BigInt(BYTES) }),
				),
			'piscina, fs.readSync': (count) =>
				inFlight(count, width, (index) => piscina.run({ fd, bytes: BYTES, offset: offset(index) }, { name: 'read' })),
			...bench.ceiling('pread', path, BLOCKS),
		});
	}
});
