// The ways to read a large file from front to back. Each is given the folder and gives a function that reads the file of that name and tells the MiB; it
// runs in a process of its own (`apart.mjs`): how soon the memory of chunks comes back is decided by the process's collector and allocator, which one side changes for all.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { openOpendal } from './peers.mjs';

const MIB = 1024 * 1024;
const CHUNK_BYTES = 2 * MIB;

export const SIDES = {
	'Holdfast, leases': holdfast(async (op, name) => {
		let bytes = 0;
		for await (const lease of (await op.reader(name)).leases()) {
			bytes += lease.bytes.length;
			lease.release();
		}
		return bytes / MIB;
	}),
	'Holdfast, Node stream': holdfast(async (op, name) =>
		drain((await op.reader(name)).createReadStream({ highWaterMark: CHUNK_BYTES })),
	),
	'fs.createReadStream, 2 MiB': (root) => (name) =>
		drain(createReadStream(join(root, name), { highWaterMark: CHUNK_BYTES })),
	'fs.createReadStream, 64 KiB': (root) => (name) => drain(createReadStream(join(root, name))),
	'Holdfast, for await of 2 MiB': holdfast(async (op, name) => drain(await op.reader(name, { chunk: CHUNK_BYTES }))),
	'Holdfast, into one buffer': holdfast(async (op, name) => {
		const reader = await op.reader(name);
		const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
		let bytes = 0;
		for (let count = await reader.read(buffer); count > 0n; count = await reader.read(buffer)) bytes += Number(count);
		await reader.close();
		return bytes / MIB;
	}),
	'opendal createReadStream': (root) => {
		const opendal = openOpendal(root);
		return async (name) => drain((await opendal.reader(name)).createReadStream());
	},
};

function holdfast(read) {
	return (root) => {
		const op = new Operator('fs', { root });
		return (name) => read(op, name);
	};
}

async function drain(source) {
	let bytes = 0;
	for await (const chunk of source) bytes += chunk.length;
	return bytes / MIB;
}
