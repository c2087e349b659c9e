// The same few calls over each way to give a program one directory. Every method gives what it found, or throws.
import { promises as fs } from 'node:fs';
import { join } from 'node:path';

const content = 'written by the attack';

export const contestants = {
	async holdfast(root) {
		return holdfast(root, 'refuse');
	},
	async 'holdfast within'(root) {
		return holdfast(root, 'within');
	},
	async 'node:wasi'(root) {
		const { WasiContestant } = await import('./wasi-contestant.mjs');
		return new WasiContestant(root);
	},
	async 'fs.promises'(root) {
		const at = (path) => join(root, path);
		return {
			read: async (path) => (await fs.readFile(at(path))).toString('latin1'),
			write: (path) => fs.writeFile(at(path), content),
			append: (path) => fs.appendFile(at(path), content),
			stat: async (path) => (await fs.stat(at(path))).size,
			list: async (path) => (await fs.readdir(at(path))).join(),
			listAll: async (path) => (await fs.readdir(at(path), { recursive: true })).join(),
			createDirectory: (path) => fs.mkdir(at(path), { recursive: true }),
			remove: (path) => fs.rm(at(path)),
			removeAll: (path) => fs.rm(at(path), { recursive: true }),
			rename: (from, to) => fs.rename(at(from), at(to)),
			copy: (from, to) => fs.copyFile(at(from), at(to)),
			close: () => undefined,
		};
	},
	async opendal(root) {
		const { Operator } = await import('opendal');
		return operatorCalls(new Operator('fs', { root }));
	},
};

const POOL = { workers: 1, syncWorkers: 1, ringEntries: 64, buffers: 4 };
/** Operators with equal options share a pool: as long as this one is open, no attack has to wait for threads to start. */
let _keeper;

async function holdfast(root, symlinks) {
	const { Operator } = await import('holdfast');
	_keeper ??= new Operator('fs', { root: join(root, '../../keeper'), ...POOL });
	const op = new Operator('fs', { root, symlinks, ...POOL });
	return { ...operatorCalls(op), close: () => op.close(), watch: (path) => watched(op, path) };
}

/** opendal's calls are ours. */
function operatorCalls(op) {
	const paths = (entries) => entries.map((entry) => entry.path()).join();
	return {
		read: async (path) => (await op.read(path)).toString('latin1'),
		write: (path) => op.write(path, content),
		append: (path) => op.write(path, content, { append: true }),
		stat: async (path) => (await op.stat(path)).contentLength,
		list: async (path) => paths(await op.list(path)),
		listAll: async (path) => paths(await op.list(path, { recursive: true })),
		createDirectory: (path) => op.createDir(path.endsWith('/') ? path : `${path}/`),
		remove: (path) => op.delete(path),
		removeAll: (path) => op.removeAll(path),
		rename: (from, to) => op.rename(from, to),
		copy: (from, to) => op.copy(from, to),
		close: () => undefined,
	};
}

/** Names that a watch of a directory tells within a moment. */
async function watched(op, path) {
	const seen = [];
	const watch = op.watch(path, { signal: AbortSignal.timeout(300) });
	try {
		for await (const change of watch) seen.push(change.path);
	} catch (error) {
		if (error.code !== 'Cancelled') throw error;
	}
	return seen.join();
}
