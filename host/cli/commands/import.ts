import { join } from 'node:path';
import { HoldfastError } from '../../index.js';
import { eachLimited } from '../each-limited.js';
import { describeError, ReportedFailure } from '../failure.js';
import { formatBytes, formatNumber, formatRate, formatSeconds } from '../format.js';
import { type LocalTree, scanTree } from '../local-tree.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { storeFile } from '../transfer.js';
import { pathBelow, placeOf, skippedWords } from './tree-place.js';

/** So many failures are told one by one; then the import ends, because they are likely to have one reason. */
const FAILURES_MAX = 20;
/** After one of these every further file would fail, too. */
const FATAL_CODES: ReadonlySet<string> = new Set([
	'StorageFull',
	'EngineUnavailable',
	'Closed',
	'Cancelled',
	'Timeout',
]);

export interface ImportOptions {
	readonly concurrency: number;
}

interface Failure {
	readonly path: string;
	readonly message: string;
}

/** Stores every regular file of a directory tree, and its empty directories. A file that fails does not keep the others out. */
export async function importTree(
	session: Session,
	local: string,
	path: string,
	{ concurrency }: ImportOptions,
): Promise<void> {
	const { op, output, signal } = session;
	const place = placeOf(session, local, path);
	const tree = await scanTree(place.local, { exclude: place.exclude, signal });
	const startMs = performance.now();
	const failures: Failure[] = [];
	const progress = new Progress('importing', { files: tree.files.length, bytes: tree.bytes });
	try {
		await eachLimited(
			tree.files,
			concurrency,
			async (file) => {
				try {
					const target = pathBelow(path, file.path);
					await storeFile(op, join(tree.root, file.path), file.size, target, { signal }, (count) =>
						progress.addBytes(count),
					);
				} catch (error) {
					if (signal.aborted || failures.length >= FAILURES_MAX || isFatal(error)) throw error;
					failures.push({ path: file.path, message: describeError(error) });
				}
				progress.addFile();
			},
			signal,
		);
		await eachLimited(
			tree.emptyDirectories,
			concurrency,
			(directory) => op.createDir(`${pathBelow(path, directory)}/`, { signal }),
			signal,
		);
	} finally {
		progress.stop();
	}
	await tell(session, tree, failures, performance.now() - startMs);
	await output.flush();
	for (const { message } of failures) process.stderr.write(`holdfast: ${message}\n`);
	if (failures.length > 0) throw new ReportedFailure();
}

async function tell({ output }: Session, tree: LocalTree, failed: Failure[], milliseconds: number): Promise<void> {
	const files = tree.files.length - failed.length;
	const { bytes, emptyDirectories, symlinks, specialFiles } = tree;
	if (output.isJson) {
		return await output.json({
			files,
			bytes,
			emptyDirectories: emptyDirectories.length,
			skipped: { symlinks, specialFiles },
			failed,
			milliseconds: Math.round(milliseconds),
		});
	}
	const rate = formatRate(bytes, milliseconds);
	const failures = failed.length === 0 ? '' : `, ${failed.length} failed`;
	await output.line(
		`stored ${formatNumber(files, 'file')}, ${formatBytes(bytes)} in ${formatSeconds(milliseconds)} (${rate})` +
			failures +
			skippedWords(tree),
	);
}

function isFatal(error: unknown): boolean {
	return error instanceof HoldfastError && FATAL_CODES.has(error.code);
}
