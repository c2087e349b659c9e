// Uses the library while its parent takes something away from this process, and again when it is back. What each call answered goes
// to the parent.
import { closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Operator } from 'holdfast';
import { FAULT_KIND_PANIC } from '#assembly/layout';
import { Request } from '#host/pool/request';
import { openStore } from '#host/services/index';
import { starve } from '../starve.mjs';

const OP_FAULT = 19;
const FILES = 40;
const [kind, root] = process.argv.slice(2);
const POOL = { root, workers: 1, syncWorkers: 1, ringEntries: 64, buffers: 4, maxRestarts: 3, restartWindowMs: 300 };
const modulePath = fileURLToPath(new URL('../../build/engine.fault.wasm', import.meta.url));
const NONE = { durability: 'none' };
/** No call may wait for ever; this is no measure of anything. */
const PATIENCE = { timeoutMs: 30_000 };

const store = openStore('fs', POOL, { modulePath });
const op = Operator.fromStore(store);
const readers = [];
const others = [];

const calls = {
	read: () => op.read('d0/file', PATIENCE),
	stat: () => op.stat('d1/file', PATIENCE),
	list: () => op.list('d2/', PATIENCE),
	write: () => op.write('d3/new', 'new', { ...NONE, ...PATIENCE }),
	'write durably': () => op.write('d4/new', 'new', PATIENCE),
	'many durable writes': () => writeManyDurably(),
	append: () => op.write('d5/file', 'x', { ...NONE, append: true, ...PATIENCE }),
	copy: () => op.copy('d6/file', 'd6/copy', { ...NONE, ...PATIENCE }),
	createDir: () => op.createDir('made/below/', { ...NONE, ...PATIENCE }),
	rename: () =>
		op.rename('d7/file', 'd8/moved', { ...NONE, ...PATIENCE }).then(() => op.rename('d8/moved', 'd7/file', NONE)),
	'read, blocking': async () => op.readSync('d9/file', PATIENCE),
	'open an operator': async () => {
		const other = new Operator('fs', POOL);
		await other.close();
	},
	'open an operator over a pool of its own': async () => {
		const other = new Operator('fs', { ...POOL, ringEntries: 32 });
		try {
			await other.read('d0/file', PATIENCE);
		} finally {
			await other.close();
		}
	},
	'read after a trap': async () => {
		const fault = Object.assign(new Request(OP_FAULT, 'fault'), { root: store.root, offset: FAULT_KIND_PANIC });
		await store.engine.submit(fault).catch(() => undefined);
		await op.read('d0/file', PATIENCE);
	},
};

/** So many that threads are wanted which make their fsyncs. */
async function writeManyDurably() {
	await Promise.all(Array.from({ length: 16 }, (_, index) => op.write(`d10/${index}`, 'new', PATIENCE)));
}

/** Which calls make sense when there is nothing left of something. */
const without = {
	descriptors: Object.keys(calls).filter((name) => name !== 'read after a trap'),
	threads: Object.keys(calls),
	memory: Object.keys(calls),
};

async function callAll() {
	const answers = {};
	for (const name of without[kind]) {
		try {
			await calls[name]();
			answers[name] = 'done';
		} catch (error) {
			answers[name] = error.code ?? String(error);
		}
	}
	return answers;
}

/**
 * Opens readers until there is no descriptor left. An opening takes two for a moment, so that one may be left, and files that were kept open are
 * let go of: others in this process take those.
 */
async function holdDescriptors() {
	for (;;) {
		const reader = await op.reader(`d${readers.length % FILES}/file`);
		try {
			await reader.read(Buffer.alloc(1));
		} catch (error) {
			others.push(...(await starve()));
			return error.code;
		}
		readers.push(reader);
	}
}

process.on('message', async (message) => {
	if (message === 'prepare') {
		for (let index = 0; index < FILES; index++) await op.write(`d${index}/file`, 'content', NONE);
		writeFileSync(join(root, 'plain'), '');
		// Without memory an engine is to be there whose fsyncs want threads.
		if (kind === 'memory') await op.write('durable', 'content');
		process.send({});
	} else if (message === 'squeeze') {
		const held = kind === 'descriptors' ? await holdDescriptors() : undefined;
		process.send({ held, answers: await callAll() });
	} else if (message === 'relax') {
		for (const descriptor of others.splice(0)) closeSync(descriptor);
		process.send({ answers: await callAll() });
	} else {
		await op.close();
		process.disconnect();
	}
});
