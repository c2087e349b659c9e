// What the stages of a small read cost by themselves: the blocking calls of Node that a worker makes, the hand-over, and the result. One
// read takes about their sum, of which calling thread and worker each do their part at the same time.
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Operator } from 'holdfast';
import { benchmark, inFlight, inTurn, WIDTH } from './harness.mjs';
import { CONTENT, makeTree } from './lib/fixtures.mjs';

const FILES = 1000;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

await benchmark('stages', async (bench) => {
	const { fullPaths, fullAt } = makeTree(bench.root, FILES);
	const directories = new Map();
	for (const path of fullPaths) {
		const directory = dirname(path);
		if (!directories.has(directory)) directories.set(directory, openSync(directory));
	}
	bench.atEnd(() => [...directories.values()].forEach(closeSync));
	const links = [...directories.values()].map((fd) => `/proc/self/fd/${fd}`);
	const below = new Map(
		fullPaths.map((path) => [path, `/proc/self/fd/${directories.get(dirname(path))}/${basename(path)}`]),
	);
	const fd = openSync(fullPaths[0]);
	bench.atEnd(() => closeSync(fd));
	const shared = new Uint8Array(new SharedArrayBuffer(CONTENT.length));
	const sync = (work) => () => (count) => inTurn(count, work);
	const memory = (side) => async () => {
		const op = new Operator('memory', { workers: 1 });
		await op.write('file', CONTENT);
		return side(op);
	};
	await bench.compareApart('stages', 'stages of a small read, each by itself', {
		'open and close, below a descriptor': sync((index) => closeSync(openSync(below.get(fullAt(index)), FLAGS))),
		'open and close, full path': sync((index) => closeSync(openSync(fullAt(index), FLAGS))),
		'where a descriptor is now': sync((index) => readlinkSync(links[index % links.length])),
		'kind and size of a descriptor': sync(() => fstatSync(fd)),
		'read of 4 KiB into shared memory': sync(() => readSync(fd, shared, 0, CONTENT.length, 0)),
		'buffer of 4 KiB, allocated and copied': sync(() => Buffer.allocUnsafe(CONTENT.length).set(shared)),
		[`hand-over: stat of the memory service, ${WIDTH} in flight`]: memory(
			(op) => (count) => inFlight(count, WIDTH, () => op.stat('file')),
		),
		[`hand-over and result: read of the memory service, ${WIDTH} in flight`]: memory(
			(op) => (count) => inFlight(count, WIDTH, () => op.read('file')),
		),
		'hand-over and result, one in flight': memory((op) => (count) => inFlight(count, 1, () => op.read('file'))),
		'hand-over and result, blocking': memory((op) => (count) => inTurn(count, () => op.readSync('file'))),
	});
});
