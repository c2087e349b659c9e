// Whole 4 KiB files, three levels deep: reads, stats, creations and replacements, beside what Node and opendal do.

import { mkdirSync, mkdtempSync, readFile, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, readFile as readFilePromise, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Operator } from 'holdfast';
import { Operator as OpendalOperator } from 'opendal';
import { compare, inFlight, machine, print, save } from './harness.mjs';

const FILES = 1000;
const OPERATIONS = 20_000;
const WRITES = 3000;
const WIDTH = 64;
const CONTENT = Buffer.alloc(4096, 'x');
const readCallback = promisify(readFile);

const opendalVersion = createRequire(import.meta.url)('opendal/package.json').version;
const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const files = [];
for (let index = 0; index < FILES; index++) {
	const folder = `a${index % 10}/b${Math.floor(index / 10) % 10}`;
	mkdirSync(join(root, folder), { recursive: true });
	files.push(`${folder}/c${index}`);
	writeFileSync(join(root, files[index]), CONTENT);
}
for (const name of ['created', 'replaced']) mkdirSync(join(root, name));
const at = (index) => files[(index * 7919) % FILES];

const op = new Operator('fs', { root, durability: 'none' });
const opendal = new OpendalOperator('fs', { root });
const results = [];
let created = 0;
const measure = async (title, sides) => {
	const result = await compare(
		title,
		Object.entries(sides).map(([name, run]) => ({ name, run })),
	);
	print(result);
	results.push(result);
};

console.log(machine({ opendal: opendalVersion }));
try {
	for (const width of [WIDTH, 1]) {
		const count = width === 1 ? OPERATIONS / 4 : OPERATIONS;
		await measure(`read whole 4 KiB files, ${width} in flight`, {
			Holdfast: () => inFlight(count, width, (index) => op.read(at(index))),
			'fs.promises.readFile': () => inFlight(count, width, (index) => readFilePromise(join(root, at(index)))),
			'fs.readFile': () => inFlight(count, width, (index) => readCallback(join(root, at(index)))),
			opendal: () => inFlight(count, width, (index) => opendal.read(at(index))),
		});
	}
	await measure('readSync of 4 KiB files', {
		Holdfast: async () => sync(OPERATIONS / 4, (index) => op.readSync(at(index))),
		'fs.readFileSync': async () => sync(OPERATIONS / 4, (index) => readFileSync(join(root, at(index)))),
		opendal: async () => sync(OPERATIONS / 4, (index) => opendal.readSync(at(index))),
	});
	await measure(`stat, ${WIDTH} in flight`, {
		Holdfast: () => inFlight(OPERATIONS, WIDTH, (index) => op.stat(at(index))),
		'fs.promises.stat': () => inFlight(OPERATIONS, WIDTH, (index) => stat(join(root, at(index)))),
		opendal: () => inFlight(OPERATIONS, WIDTH, (index) => opendal.stat(at(index))),
	});
	await measure(`create 4 KiB files, ${WIDTH} in flight, not synced`, {
		'Holdfast (atomic)': () => inFlight(WRITES, WIDTH, () => op.write(`created/h${created++}`, CONTENT)),
		'fs.promises.writeFile (not atomic)': () =>
			inFlight(WRITES, WIDTH, () => writeFile(join(root, 'created', `p${created++}`), CONTENT)),
	});
	await measure(`replace 4 KiB files, ${WIDTH} in flight, not synced`, {
		Holdfast: () => inFlight(WRITES, WIDTH, (index) => op.write(`replaced/h${index % 200}`, CONTENT)),
		'fs.promises, temporary file and rename': () => inFlight(WRITES, WIDTH, (index) => replace(`p${index % 200}`)),
	});
	save('small-files', results, { opendal: opendalVersion });
} finally {
	await op.close();
	rmSync(root, { recursive: true, force: true });
}

async function replace(name) {
	const temporary = join(root, 'replaced', `.${name}-${created++}`);
	const handle = await open(temporary, 'wx');
	try {
		await handle.writeFile(CONTENT);
	} finally {
		await handle.close();
	}
	await rename(temporary, join(root, 'replaced', name));
}

function sync(operations, work) {
	for (let index = 0; index < operations; index++) work(index);
	return operations;
}
