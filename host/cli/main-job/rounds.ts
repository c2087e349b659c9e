import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eachLimited } from '../../import/each-limited.js';
import type { LocalTree } from '../../import/local-tree.js';
import { Progress } from '../progress.js';
import { digestLocal } from '../transfer.js';
import type { Contestant } from './contestant.js';

type File = LocalTree['files'][number];

/** Files in flight, for whoever does the work. */
export const CONCURRENCY = 64;

/** What the files of the tree have to come back as, by path. */
export type Digests = ReadonlyMap<string, string>;

/** How long each half of the work took. */
export interface Times {
	readonly storeMs: number;
	readonly readMs: number;
}

/** What became of the files that are not as they were, by path. */
export interface Findings {
	/** They did not come back as they were, and why that is said. */
	readonly lost: Map<string, string>;
	/** Somebody else changed or removed them in the tree meanwhile: nothing can be said about them. */
	readonly changed: Set<string>;
}

/** Digests of the tree itself. It also brings the tree into the page cache, so that whoever comes first has no disadvantage. */
export async function digestTree(tree: LocalTree, signal: AbortSignal): Promise<Digests> {
	const digests = new Map<string, string>();
	await forEachFile('looking at the tree', tree, signal, async (file, progress) => {
		digests.set(file.path, await digestLocal(join(tree.root, file.path), file.size, signal));
		progress.addBytes(file.size);
	});
	return digests;
}

/** Stores the whole tree; `onHalf` is called, and waited for, when half of the files are stored. Gives milliseconds. */
export async function storeTree(
	contestant: Contestant,
	tree: LocalTree,
	findings: Findings,
	signal: AbortSignal,
	onHalf: () => Promise<void>,
): Promise<number> {
	const half = Math.ceil(tree.files.length / 2);
	let stored = 0;
	const startMs = performance.now();
	await forEachFile(`${contestant.name}: storing`, tree, signal, async (file, progress) => {
		const local = join(tree.root, file.path);
		try {
			await contestant.store(file, local, (count) => progress.addBytes(count));
		} catch (error) {
			if (existsSync(local)) throw error;
			findings.changed.add(file.path);
		}
		if (++stored === half) await onHalf();
	});
	return performance.now() - startMs;
}

/** Reads the whole tree back and compares. Gives milliseconds. */
export async function readTree(
	contestant: Contestant,
	tree: LocalTree,
	digests: Digests,
	findings: Findings,
	signal: AbortSignal,
): Promise<number> {
	const suspects = new Map<File, string>();
	const startMs = performance.now();
	await forEachFile(`${contestant.name}: reading`, tree, signal, async (file, progress) => {
		try {
			const digest = await contestant.digest(file);
			if (digest !== digests.get(file.path)) suspects.set(file, 'its content is another one');
		} catch (error) {
			if (signal.aborted) throw error;
			suspects.set(file, error instanceof Error ? error.message : String(error));
		}
		progress.addBytes(file.size);
	});
	const readMs = performance.now() - startMs;
	for (const [file, reason] of suspects) {
		if (await isUnchanged(tree, file, digests)) findings.lost.set(file.path, reason);
		else findings.changed.add(file.path);
	}
	return readMs;
}

/** Whether a file in the tree itself still is what it was. */
async function isUnchanged(tree: LocalTree, file: File, digests: Digests): Promise<boolean> {
	const local = join(tree.root, file.path);
	return existsSync(local) && (await digestLocal(local, file.size)) === digests.get(file.path);
}

async function forEachFile(
	title: string,
	tree: LocalTree,
	signal: AbortSignal,
	work: (file: File, progress: Progress) => Promise<void>,
): Promise<void> {
	const progress = new Progress(title.padEnd(TITLE_COLUMNS), { files: tree.files.length, bytes: tree.bytes });
	try {
		await eachLimited(
			tree.files,
			CONCURRENCY,
			async (file) => {
				await work(file, progress);
				progress.addFile();
			},
			signal,
		);
	} finally {
		progress.stop();
	}
}

const TITLE_COLUMNS = 'fs.promises: storing '.length;
