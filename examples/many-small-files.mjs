// Thousands of small files: many requests in flight at a time are what keeps the engine busy.
//
//   node examples/many-small-files.mjs [files]

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';

const FILES = Number(process.argv[2] ?? 5000);
const IN_FLIGHT = 64;

const root = await mkdtemp(join(tmpdir(), 'holdfast-example-'));
// They can be made again, so that the disk need not be waited for.
const op = new Operator('fs', { root, durability: 'none' });
try {
	await timed('stored', () => forEach((number) => op.write(pathOf(number), contentOf(number))));
	let intact = 0;
	await timed('read', () =>
		forEach(async (number) => {
			if ((await op.read(pathOf(number))).toString() === contentOf(number)) intact++;
		}),
	);
	console.log(`intact: ${intact} of ${FILES}`);
	await timed('removed', () => op.removeAll('/'));
} finally {
	await op.close();
	await rm(root, { recursive: true });
}

function pathOf(number) {
	return `${number % 100}/${number}.txt`;
}

function contentOf(number) {
	return `This is file ${number}.\n`;
}

/** Some at a time: a lane takes the next number when it is done with one. */
async function forEach(work) {
	let next = 0;
	const lane = async () => {
		while (next < FILES) await work(next++);
	};
	await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function timed(what, work) {
	const startMs = performance.now();
	await work();
	const seconds = (performance.now() - startMs) / 1000;
	console.log(`${what} ${FILES} files in ${seconds.toFixed(2)} s (${Math.round(FILES / seconds)}/s)`);
}
