import { readOptions } from '../config.js';
import { HoldfastError } from '../errors.js';
import type { Request } from '../pool/request.js';
import { requireCapability } from '../services/capability.js';
import { bytesOf, type Content } from './content.js';
import type { OperatorContext } from './context.js';
import { Batch, Call, mapPlan, type Plan, Sequence, type Steps } from './drivers.js';
import type { Entry } from './entry.js';
import { EntrySource } from './lister.js';
import type { Metadata } from './metadata.js';
import { OpenFile, type PieceOptions } from './open-file.js';
import { OpenWriter } from './open-writer.js';
import type {
	BlobOptions,
	CallOptions,
	ChangeOptions,
	CopyOptions,
	DeleteOptions,
	ListOptions,
	ReaderOptions,
	ReadOptions,
	StatOptions,
	TransferOptions,
	WriteOptions,
	WriterOptions,
} from './options.js';
import {
	blobRules,
	callOptionsOf,
	callRules,
	changeRules,
	conditionsOf,
	copyRules,
	deleteRules,
	listRules,
	type ParsedOptions,
	parseOptions,
	type Rules,
	readerRules,
	readRules,
	statRules,
	transferRules,
	writeRules,
	writerRules,
} from './parse-options.js';
import { formatPath, type ParsedPath, parsePath } from './path.js';
import { copyInPieces, readInPieces, repeatOnce, writeInPieces } from './progress.js';
import { bufferOf, jsonOf, metadataOf, nothingOf, textOf, writtenMetadataOf } from './replies.js';
import {
	copyRequest,
	createDirectoryRequest,
	deleteRequest,
	readRequest,
	renameRequest,
	statRequest,
	writeRequest,
} from './requests.js';
import { Tree } from './tree.js';
import { Watch } from './watch.js';

// What every method does, written once for both of its forms: check the call, then say which requests it takes.

/** Pieces of one file that are on their way at a time, at most: more keep no disk busier. */
const PIECES_MAX = 64;

type Given<Options> = Options | null | undefined;

export function planStat(context: OperatorContext, path: string, given: Given<StatOptions>): Plan<Metadata> {
	const at = begin(context, 'stat', 'stat', path);
	const options = parseOptions(context, statRules, given, 'stat', path);
	return new Call(statRequest(context, 'stat', at, options), callOptionsOf(options), metadataOf);
}

export function planExists(context: OperatorContext, path: string, given: Given<CallOptions>): Plan<boolean> {
	const at = begin(context, 'stat', 'exists', path);
	const options = parseOptions(context, callRules, given, 'exists', path);
	return new Call(statRequest(context, 'exists', at, options), callOptionsOf(options), () => true, falseIfMissing);
}

export function planCheck(context: OperatorContext, path: string, given: Given<CallOptions>): Plan<void> {
	const at = begin(context, 'stat', 'check', path);
	const options = parseOptions(context, callRules, given, 'check', path);
	return new Call(statRequest(context, 'check', at, options), callOptionsOf(options), nothingOf);
}

export function planCreateDir(context: OperatorContext, path: string, given: Given<ChangeOptions>): Plan<void> {
	const at = begin(context, 'createDir', 'createDir', path);
	const options = parseOptions(context, changeRules, given, 'createDir', path);
	if (!at.isDirectory) {
		const message = "the path of a directory to make ends in '/'; add one";
		throw new HoldfastError('NotADirectory', message, { operation: 'createDir', path });
	}
	return new Call(createDirectoryRequest(context, at, options), callOptionsOf(options), nothingOf);
}

export function planRead(
	context: OperatorContext,
	path: string,
	given: Given<ReadOptions>,
	rules: Rules<ReadOptions> = readRules,
): Plan<Buffer> {
	const at = beginFile(context, 'read', 'read', path);
	const options = parseOptions(context, rules, given, 'read', path);
	if (options.suffix !== undefined && (options.offset ?? options.size) !== undefined) {
		const message = "option 'suffix' counts from the end and cannot be combined with 'offset' or 'size'";
		throw new HoldfastError('ConfigInvalid', message, { operation: 'read', path });
	}
	const callOptions = callOptionsOf(options);
	const { concurrent = 1 } = piecesOf(options);
	if (options.onProgress !== undefined || concurrent > 1) {
		const file = new OpenFile(context, at, conditionsOf(options), callOptions, 'read', piecesOf(options));
		return new Sequence(readInPieces(file, options, options.onProgress), callOptions);
	}
	return new Call(readRequest(context, at, options), callOptions, bufferOf);
}

export function planReadText(context: OperatorContext, path: string, given: Given<ReadOptions>): Plan<string> {
	return mapPlan(planRead(context, path, given), textOf);
}

export function planReadJson(context: OperatorContext, path: string, given: Given<ReadOptions>): Plan<unknown> {
	return mapPlan(planRead(context, path, given), (bytes) => jsonOf(bytes, path));
}

export function planBlob(context: OperatorContext, path: string, given: Given<BlobOptions>): Plan<Blob> {
	beginFile(context, 'read', 'blob', path);
	// What is read once cannot change until the bytes are there.
	const options: BlobOptions = readOptions(given, { operation: 'blob', path });
	const plan = planRead(context, path, options, blobRules);
	return mapPlan(plan, (bytes) => new Blob([bytes as Buffer<ArrayBuffer>], { type: options.type ?? undefined }));
}

/** What fits one buffer of the engine is one request; more goes through a writer. */
export function planWrite(
	context: OperatorContext,
	path: string,
	given: Given<WriteOptions>,
	content: Content,
): Plan<Metadata> {
	const at = beginFile(context, 'write', 'write', path);
	const options = parseOptions(context, writeRules, given, 'write', path);
	const bytes = bytesOf(content, 'write', path);
	const callOptions = callOptionsOf(options);
	const { onProgress } = options;
	if (bytes.byteLength <= context.store.bufferBytes) {
		const call = new Call(writeRequest(context, at, options, bytes), callOptions, writtenMetadataOf);
		if (onProgress === undefined) return call;
		const total = bytes.byteLength;
		return mapPlan(call, (metadata) => {
			onProgress({ bytes: total, total });
			return metadata;
		});
	}
	const inPieces = () => writeInPieces(new OpenWriter(context, 'write', at, options, callOptions), bytes, onProgress);
	return new Sequence(repeatOnce(inPieces), callOptions);
}

export function planCopy(
	context: OperatorContext,
	path: string,
	given: Given<CopyOptions>,
	target: string,
): Plan<void> {
	const { from, to, options } = beginTransfer(context, 'copy', path, given, target);
	if (options.onProgress !== undefined) {
		const callOptions = callOptionsOf(options);
		const source = new OpenFile(context, from, undefined, callOptions, 'copy');
		const writer = new OpenWriter(context, 'copy', to, options, callOptions);
		const steps = copyInPieces(context, source, writer, to, options.onProgress);
		return new Sequence(transferSteps(context, steps, 'copy', from), callOptions);
	}
	return new Sequence(transfer(context, copyRequest(context, from, to, options), from), callOptionsOf(options));
}

export function planRename(
	context: OperatorContext,
	path: string,
	given: Given<TransferOptions>,
	target: string,
): Plan<void> {
	const { from, to, options } = beginTransfer(context, 'rename', path, given, target);
	return new Sequence(transfer(context, renameRequest(context, from, to, options), from), callOptionsOf(options));
}

export function planDelete(context: OperatorContext, path: string, given: Given<DeleteOptions>): Plan<void> {
	const at = begin(context, 'delete', 'delete', path);
	const options = parseOptions(context, deleteRules, given, 'delete', path);
	return new Call(deleteRequest(context, 'delete', at, options), callOptionsOf(options), nothingOf);
}

/** `a/` is the directory with all that is below it, `a` whichever of file and directory it is, the root what is below it. */
export function planRemoveAll(context: OperatorContext, path: string, given: Given<ChangeOptions>): Plan<void> {
	const at = begin(context, 'delete', 'removeAll', path);
	const options = { ...parseOptions(context, changeRules, given, 'removeAll', path), recursive: true };
	return new Call(deleteRequest(context, 'removeAll', at, options), callOptionsOf(options), nothingOf);
}

/** All paths are looked at before the first one is removed. */
export function batchRemove(context: OperatorContext, paths: readonly string[], given: Given<ChangeOptions>): Batch {
	if (!Array.isArray(paths)) {
		throw new HoldfastError('ConfigInvalid', 'remove takes an array of paths', { operation: 'remove' });
	}
	const options = parseOptions(context, changeRules, given, 'remove');
	const requests = paths.map((path) =>
		deleteRequest(context, 'remove', begin(context, 'delete', 'remove', path), options),
	);
	return new Batch(requests, callOptionsOf(options));
}

export function planList(context: OperatorContext, path: string, given: Given<ListOptions>): Plan<Entry[]> {
	const tree = treeOf(context, 'list', path, given);
	return new Sequence(collect(tree), tree.callOptions);
}

export function openLister(context: OperatorContext, path: string, given: Given<ListOptions>): EntrySource {
	return new EntrySource(treeOf(context, 'lister', path, given));
}

/** Asks the engine for nothing: the file is opened by the first read. */
export function openReader(context: OperatorContext, path: string, given: Given<ReaderOptions>): OpenFile {
	const at = beginFile(context, 'read', 'reader', path);
	const options = parseOptions(context, readerRules, given, 'reader', path);
	return new OpenFile(context, at, conditionsOf(options), callOptionsOf(options), 'read', piecesOf(options));
}

export function openWatch(context: OperatorContext, path: string, given: Given<Pick<CallOptions, 'signal'>>): Watch {
	const at = begin(context, 'list', 'watch', path);
	const options = parseOptions(context, { signal: callRules.signal }, given, 'watch', path);
	if (context.store.isWatchable !== true) {
		const message = 'this service cannot be watched: only this process changes it';
		throw new HoldfastError('Unsupported', message, { operation: 'watch', path });
	}
	return new Watch(context, at, callOptionsOf(options));
}

export function planWriter(context: OperatorContext, path: string, given: Given<WriterOptions>): Plan<OpenWriter> {
	const at = beginFile(context, 'write', 'writer', path);
	const options = parseOptions(context, writerRules, given, 'writer', path);
	const writer = new OpenWriter(context, 'writer', at, options, callOptionsOf(options));
	return new Sequence(writer.open(), writer.callOptions);
}

/** A file in the middle of a path is absence in the source and a mistake in the target; the engine's answer does not tell. */
function* transfer(context: OperatorContext, request: Request, from: ParsedPath): Steps<void> {
	yield* transferSteps(context, single(request), request.operation, from);
}

function* transferSteps(
	context: OperatorContext,
	steps: Steps<void>,
	operation: string,
	from: ParsedPath,
): Steps<void> {
	try {
		yield* steps;
	} catch (error) {
		const isUnclear = error instanceof HoldfastError && error.code === 'NotADirectory';
		if (isUnclear) yield statRequest(context, operation, from, {});
		throw error;
	}
}

function* single(request: Request): Steps<void> {
	yield request;
}

/** Zero is a hint that says nothing. */
function piecesOf({ chunk, concurrent }: ParsedOptions): PieceOptions {
	return { chunkBytes: chunk || undefined, concurrent: Math.min(concurrent || 1, PIECES_MAX) };
}

type Needed = Parameters<typeof requireCapability>[1];

function begin(context: OperatorContext, needed: Needed, operation: string, path: string): ParsedPath {
	const at = parsePath(path, operation);
	requireCapability(context.capability, needed, operation, path);
	return at;
}

function beginFile(context: OperatorContext, needed: Needed, operation: string, path: string): ParsedPath {
	const at = begin(context, needed, operation, path);
	if (at.isDirectory) throw notAFile(at, operation);
	return at;
}

function beginTransfer(
	context: OperatorContext,
	operation: 'copy' | 'rename',
	path: string,
	given: Given<TransferOptions>,
	target: string,
): { from: ParsedPath; to: ParsedPath; options: ParsedOptions } {
	const from = begin(context, operation, operation, path);
	const to = parsePath(target, operation);
	const options = parseOptions(context, operation === 'copy' ? copyRules : transferRules, given, operation, path);
	for (const at of [from, to]) if (at.isDirectory) throw notAFile(at, operation);
	return { from, to, options };
}

function treeOf(context: OperatorContext, operation: 'list' | 'lister', path: string, given: Given<ListOptions>): Tree {
	const at = begin(context, 'list', operation, path);
	const options = parseOptions(context, listRules, given, operation, path);
	const { startAfter } = options;
	const order = { isByPath: operation === 'list' || startAfter !== undefined, startAfter };
	return new Tree(context, operation, at, options.recursive === true, callOptionsOf(options), order);
}

function* collect(tree: Tree): Steps<Entry[]> {
	const entries: Entry[] = [];
	while (true) {
		// What is there already costs no step.
		const entry = tree.takeReady() ?? (yield* tree.next());
		if (entry === null) return entries;
		entries.push(entry);
	}
}

function notAFile(at: ParsedPath, operation: string): HoldfastError {
	const message = "a path that ends in '/' is a directory, and a file is needed; leave the slash out to name a file";
	return new HoldfastError('IsADirectory', message, { operation, path: formatPath(at.path, true) });
}

function falseIfMissing(error: unknown): boolean {
	if (error instanceof HoldfastError && error.code === 'NotFound') return false;
	throw error;
}
