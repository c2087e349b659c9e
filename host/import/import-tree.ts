import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HoldfastError } from '../errors.js';
import type { Operator } from '../operator/operator.js';
import { parsePath } from '../operator/parse-path.js';
import { eachLimited } from './each-limited.js';
import { type LocalFile, scanTree } from './local-tree.js';
import { CONCURRENCY_DEFAULT, type ImportOptions, type ParsedImportOptions, parseImportOptions } from './options.js';
import { ImportTeller } from './progress.js';
import { storeFile } from './store-file.js';

/** What an import has stored. */
export interface ImportSummary {
	readonly files: number;
	/** Bytes of those files; of one that failed half-way, what came of it. */
	readonly bytes: number;
	/** Directories without content that were made. */
	readonly emptyDirectories: number;
	/** What was left out. */
	readonly skipped: { readonly symlinks: number; readonly specialFiles: number };
	/** Files that could not be stored. */
	readonly failed: readonly ImportFailure[];
}

/** Why a file was not stored. */
export interface ImportFailure {
	/** Its path in the tree. */
	readonly path: string;
	readonly error: unknown;
}

/** So many failures are collected; one more ends the import, because they are likely to have one reason. */
const FAILURES_MAX = 20;
/** After one of these every further file would fail, too. */
const FATAL_CODES: ReadonlySet<string> = new Set([
	'StorageFull',
	'EngineUnavailable',
	'Closed',
	'Cancelled',
	'Timeout',
]);

/**
 * Stores every regular file below a directory of this machine, and its empty directories, under `path`. Each file is replaced as a
 * whole; symlinks and special files are skipped and counted, modes and times are not kept. A file that fails does not keep the others
 * out, unless it is the 21st, or for a reason that the others share. What was stored before a failure or a signal stays.
 *
 * @example
 * const { files, failed } = await importTree(op, './site', 'www/', {
 *   onProgress: ({ bytes, total }) => console.log(`${bytes} of ${total} bytes`),
 * });
 */
export async function importTree(
	op: Operator,
	local: string,
	path = '/',
	given?: ImportOptions | null,
): Promise<ImportSummary> {
	const options = parseImportOptions(given, path);
	const base = parsePath(path, 'importTree').path;
	refuseAllButDirectory(local, path);
	try {
		return await storeTree(op, resolve(local), base, options);
	} catch (error) {
		const { signal } = options;
		if (!signal?.aborted) throw error;
		const message = 'the import was cancelled by its signal; what it had stored until then stays';
		throw new HoldfastError('Cancelled', message, { operation: 'importTree', path, cause: signal.reason });
	}
}

async function storeTree(
	op: Operator,
	root: string,
	base: string,
	{ signal, durability, exclude, onProgress, concurrency = CONCURRENCY_DEFAULT }: ParsedImportOptions,
): Promise<ImportSummary> {
	const tree = await scanTree(root, { exclude: exclude && resolve(exclude), signal });
	const teller = new ImportTeller(tree, onProgress);
	const failed: ImportFailure[] = [];
	const callOptions = { signal, durability };
	const target = (relative: string): string => (base === '' ? relative : `${base}/${relative}`);

	const store = async ({ path, size }: LocalFile): Promise<void> => {
		let bytes = 0;
		const count = (more: number): void => {
			bytes += more;
			teller.addBytes(more);
		};
		try {
			await storeFile(op, join(root, path), size, target(path), callOptions, count);
		} catch (error) {
			if (signal?.aborted || teller.hasThrown || failed.length >= FAILURES_MAX || isFatal(error)) throw error;
			failed.push({ path, error });
		}
		teller.addFile(size - bytes);
	};
	const makeDirectory = (path: string): Promise<void> => op.createDir(`${target(path)}/`, callOptions);
	await eachLimited(tree.files, concurrency, store, signal);
	await eachLimited(tree.emptyDirectories, concurrency, makeDirectory, signal);

	const { symlinks, specialFiles } = tree;
	return {
		files: tree.files.length - failed.length,
		bytes: teller.bytes,
		emptyDirectories: tree.emptyDirectories.length,
		skipped: { symlinks, specialFiles },
		failed,
	};
}

function refuseAllButDirectory(local: string, path: string): void {
	const place = { operation: 'importTree', path };
	if (typeof local !== 'string' || local === '') {
		throw new HoldfastError('ConfigInvalid', 'what is imported is the path of a directory of this machine', place);
	}
	const stat = statSync(local, { throwIfNoEntry: false });
	if (stat === undefined) {
		throw new HoldfastError('NotFound', `there is no directory '${local}' on this machine`, place);
	}
	if (stat.isDirectory()) return;
	throw new HoldfastError('NotADirectory', `'${local}' is no directory; 'write' stores a single file`, place);
}

function isFatal(error: unknown): boolean {
	return error instanceof HoldfastError && FATAL_CODES.has(error.code);
}
