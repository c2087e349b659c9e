import { join } from 'node:path';
import { eachLimited } from '../../import/each-limited.js';
import { type LocalFile, type LocalTree, scanTree } from '../../import/local-tree.js';
import { HoldfastError } from '../../index.js';
import { ReportedFailure } from '../failure.js';
import { formatBytes, formatNumber } from '../format.js';
import { directoryPath } from '../paths.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { digestLocal, digestStored } from '../transfer.js';
import { pathBelow, placeOf, skippedWords } from './tree-place.js';

export interface VerifyOptions {
	readonly concurrency: number;
}

/** Paths relative to the tree, in order. */
interface Differences {
	/** In both, with another content. */
	readonly different: string[];
	/** Only in the tree. */
	readonly missing: string[];
	/** Only in the store. */
	readonly extra: string[];
}

/** Compares the SHA-256 of every regular file of a tree with that of its copy in the store, and looks for files that only one has. */
export async function verify(
	session: Session,
	local: string,
	path: string,
	{ concurrency }: VerifyOptions,
): Promise<void> {
	const { signal } = session;
	const place = placeOf(session, local, path);
	const tree = await scanTree(place.local, { exclude: place.exclude, signal });
	const found: Differences = { different: [], missing: [], extra: [] };
	const progress = new Progress('verifying', { files: tree.files.length, bytes: tree.bytes });
	try {
		await eachLimited(
			tree.files,
			concurrency,
			async (file) => {
				await compare(session, tree, file, pathBelow(path, file.path), found);
				progress.addBytes(file.size);
				progress.addFile();
			},
			signal,
		);
		await findExtra(session, tree, path, found.extra);
	} finally {
		progress.stop();
	}
	for (const paths of Object.values(found)) paths.sort();
	await tell(session, tree, found);
	if (countOf(found) > 0) throw new ReportedFailure();
}

async function compare(
	{ op, signal }: Session,
	tree: LocalTree,
	file: LocalFile,
	path: string,
	found: Differences,
): Promise<void> {
	let stored: string;
	try {
		stored = await digestStored(op, path, file.size, signal);
	} catch (error) {
		// A directory in the place of a file means as well that the file is not there.
		if (!(error instanceof HoldfastError) || !['NotFound', 'IsADirectory'].includes(error.code)) throw error;
		found.missing.push(file.path);
		return;
	}
	const local = await digestLocal(join(tree.root, file.path), file.size, signal);
	if (stored !== local) found.different.push(file.path);
}

async function findExtra({ op, signal }: Session, tree: LocalTree, path: string, extra: string[]): Promise<void> {
	const known = new Set(tree.files.map((file) => file.path));
	const directory = directoryPath(path);
	const prefixLength = directory === '/' ? 0 : directory.length;
	for await (const entry of await op.lister(directory, { recursive: true, signal })) {
		const relative = entry.path().slice(prefixLength);
		if (entry.metadata().isFile() && !known.has(relative)) extra.push(relative);
	}
}

async function tell({ output }: Session, tree: LocalTree, found: Differences): Promise<void> {
	const files = tree.files.length;
	const count = countOf(found);
	if (output.isJson) {
		const { symlinks, specialFiles, bytes } = tree;
		return await output.json({ files, bytes, skipped: { symlinks, specialFiles }, ...found, identical: count === 0 });
	}
	for (const [word, paths] of Object.entries(found)) {
		for (const path of paths) await output.line(`${word.padEnd(WORD_COLUMNS)}${output.path(path)}`);
	}
	const verdict = count === 0 ? 'all identical' : formatNumber(count, 'difference');
	await output.line(
		`compared ${formatNumber(files, 'file')}, ${formatBytes(tree.bytes)}: ${verdict}${skippedWords(tree)}`,
	);
}

function countOf({ different, missing, extra }: Differences): number {
	return different.length + missing.length + extra.length;
}

const WORD_COLUMNS = 'different  '.length;
