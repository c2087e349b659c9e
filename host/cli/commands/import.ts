import { type ImportSummary, importTree } from '../../index.js';
import { describeError, ReportedFailure } from '../failure.js';
import { formatBytes, formatNumber, formatRate, formatSeconds } from '../format.js';
import { plainPath } from '../paths.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { placeOf, skippedWords } from './tree-place.js';

export interface ImportOptions {
	readonly concurrency: number;
}

/** Stores every regular file of a directory tree, and its empty directories. A file that fails does not keep the others out. */
export async function importLocal(
	session: Session,
	local: string,
	path: string,
	{ concurrency }: ImportOptions,
): Promise<void> {
	const { op, output, signal } = session;
	const place = placeOf(session, local, path);
	const startMs = performance.now();
	let progress: Progress | undefined;
	let summary: ImportSummary;
	try {
		summary = await importTree(op, place.local, plainPath(path), {
			concurrency,
			exclude: place.exclude,
			signal,
			onProgress: ({ bytes, total, files, totalFiles }) => {
				progress ??= new Progress('importing', { files: totalFiles, bytes: total });
				progress.moveTo({ files, bytes });
			},
		});
	} finally {
		progress?.stop();
	}
	await tell(session, summary, performance.now() - startMs);
	await output.flush();
	for (const { error } of summary.failed) process.stderr.write(`holdfast: ${describeError(error)}\n`);
	if (summary.failed.length > 0) throw new ReportedFailure();
}

async function tell({ output }: Session, summary: ImportSummary, milliseconds: number): Promise<void> {
	const { files, bytes, skipped } = summary;
	const failed = summary.failed.map(({ path, error }) => ({ path, message: describeError(error) }));
	if (output.isJson) return await output.json({ ...summary, failed, milliseconds: Math.round(milliseconds) });
	const rate = formatRate(bytes, milliseconds);
	const failures = failed.length === 0 ? '' : `, ${failed.length} failed`;
	await output.line(
		`stored ${formatNumber(files, 'file')}, ${formatBytes(bytes)} in ${formatSeconds(milliseconds)} (${rate})` +
			failures +
			skippedWords(skipped),
	);
}
