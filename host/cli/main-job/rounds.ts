import { join } from 'node:path';
import { eachLimited } from '../each-limited.js';
import type { LocalTree } from '../local-tree.js';
import { Progress } from '../progress.js';
import { digestLocal } from '../transfer.js';
import type { Contestant } from './contestant.js';

/** Files in flight, for whoever does the work. */
export const CONCURRENCY = 64;

/** What the files of the tree have to come back as, by path. */
export type Digests = ReadonlyMap<string, string>;

/** How long each half of the work took. */
export interface Times {
	readonly storeMs: number;
	readonly readMs: number;
}

/** Files that did not come back as they were, each with what was seen instead. */
export type Losses = ReadonlyMap<string, string>;

/** Digests of the tree itself. It also brings the tree into the page cache, so that whoever comes first has no disadvantage. */
export async function digestTree(tree: LocalTree, signal: AbortSignal): Promise<Digests> {
	const digests = new Map<string, string>();
	await forEachFile('looking at the tree  ', tree, signal, async (file, progress) => {
		digests.set(file.path, await digestLocal(join(tree.root, file.path), file.size, signal));
		progress.addBytes(file.size);
	});
	return digests;
}

/** Stores the whole tree; `onHalf` is called, and waited for, when half of the files are stored. Gives milliseconds. */
export async function storeTree(
	contestant: Contestant,
	tree: LocalTree,
	signal: AbortSignal,
	onHalf: () => Promise<void>,
): Promise<number> {
	const half = Math.ceil(tree.files.length / 2);
	let stored = 0;
	const startMs = performance.now();
	await forEachFile(`${contestant.name}: storing`, tree, signal, async (file, progress) => {
		await contestant.store(file, join(tree.root, file.path), (count) => progress.addBytes(count));
		if (++stored === half) await onHalf();
	});
	return performance.now() - startMs;
}

/** Reads the whole tree back and compares. */
export async function readTree(
	contestant: Contestant,
	tree: LocalTree,
	digests: Digests,
	signal: AbortSignal,
): Promise<{ readMs: number; losses: Losses }> {
	const losses = new Map<string, string>();
	const startMs = performance.now();
	await forEachFile(`${contestant.name}: reading`, tree, signal, async (file, progress) => {
		try {
			const digest = await contestant.digest(file);
			if (digest !== digests.get(file.path)) losses.set(file.path, 'its content is another one');
		} catch (error) {
			if (signal.aborted) throw error;
			losses.set(file.path, error instanceof Error ? error.message : String(error));
		}
		progress.addBytes(file.size);
	});
	return { readMs: performance.now() - startMs, losses };
}

async function forEachFile(
	title: string,
	tree: LocalTree,
	signal: AbortSignal,
	work: (file: LocalTree['files'][number], progress: Progress) => Promise<void>,
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
