import { readOptions } from '../config.js';
import { HoldfastError } from '../errors.js';
import type { Request } from '../pool/request.js';
import { requireCapability } from '../services/capability.js';
import { bytesOf, type Content } from './content.js';
import type { OperatorContext } from './context.js';
import { Batch, Call, mapPlan, type Plan, Sequence, type Steps } from './drivers.js';
import type { Entry } from './entry.js';
import { Invocation } from './invocation.js';
import { EntrySource } from './lister.js';
import type { Metadata } from './metadata.js';
import { OpenFile } from './open-file.js';
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
	copyRules,
	deleteRules,
	listRules,
	parseOptions,
	type Rule,
	type Rules,
	readerRules,
	readRules,
	statRules,
	transferRules,
	writeRules,
	writerRules,
} from './parse-options.js';
import { parsePath } from './parse-path.js';
import { formatPath, type ParsedPath } from './path.js';
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

type Given<Options> = Options | null | undefined;

export function planStat(context: OperatorContext, path: string, given: Given<StatOptions>): Plan<Metadata> {
	const invocation = begin(context, 'stat', 'stat', path, statRules, given);
	return new Call(invocation, statRequest(invocation), metadataOf);
}

export function planExists(context: OperatorContext, path: string, given: Given<CallOptions>): Plan<boolean> {
	const invocation = begin(context, 'stat', 'exists', path, callRules, given);
	return new Call(invocation, statRequest(invocation), () => true, falseIfMissing);
}

export function planCheck(context: OperatorContext, path: string, given: Given<CallOptions>): Plan<void> {
	const invocation = begin(context, 'stat', 'check', path, callRules, given);
	return new Call(invocation, statRequest(invocation), nothingOf);
}

export function planCreateDir(context: OperatorContext, path: string, given: Given<ChangeOptions>): Plan<void> {
	const invocation = begin(context, 'createDir', 'createDir', path, changeRules, given);
	if (!invocation.at.isDirectory) {
		const message = "the path of a directory to make ends in '/'; add one";
		throw new HoldfastError('NotADirectory', message, { operation: 'createDir', path });
	}
	return new Call(invocation, createDirectoryRequest(invocation), nothingOf);
}

export function planRead(
	context: OperatorContext,
	path: string,
	given: Given<ReadOptions>,
	rules: Rules<ReadOptions> = readRules,
): Plan<Buffer> {
	const invocation = beginFile(context, 'read', 'read', path, rules, given);
	const { suffix, offset, size, concurrent = 1, onProgress } = invocation.options;
	if (suffix !== undefined && (offset ?? size) !== undefined) {
		const message = "option 'suffix' counts from the end and cannot be combined with 'offset' or 'size'";
		throw new HoldfastError('ConfigInvalid', message, { operation: 'read', path });
	}
	if (onProgress !== undefined || concurrent > 1) {
		return new Sequence(invocation, readInPieces(new OpenFile(invocation)));
	}
	return new Call(invocation, readRequest(invocation), bufferOf);
}

export function planReadText(context: OperatorContext, path: string, given: Given<ReadOptions>): Plan<string> {
	return mapPlan(planRead(context, path, given), textOf);
}

export function planReadJson(context: OperatorContext, path: string, given: Given<ReadOptions>): Plan<unknown> {
	return mapPlan(planRead(context, path, given), (bytes) => jsonOf(bytes, path));
}

export function planBlob(context: OperatorContext, path: string, given: Given<BlobOptions>): Plan<Blob> {
	locateFile(context, 'read', 'blob', path);
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
	const invocation = beginFile(context, 'write', 'write', path, writeRules, given);
	const { onProgress } = invocation.options;
	const bytes = bytesOf(content, 'write', path);
	const total = bytes.byteLength;
	if (total > context.store.bufferBytes) {
		return new Sequence(
			invocation,
			repeatOnce(() => writeInPieces(new OpenWriter(invocation), bytes)),
		);
	}
	const call = new Call(invocation, writeRequest(invocation, bytes), writtenMetadataOf);
	if (onProgress === undefined) return call;
	return mapPlan(call, (metadata) => {
		onProgress({ bytes: total, total });
		return metadata;
	});
}

export function planCopy(
	context: OperatorContext,
	path: string,
	given: Given<CopyOptions>,
	target: string,
): Plan<void> {
	const { from, to } = beginTransfer(context, 'copy', path, copyRules, given, target);
	const steps =
		from.options.onProgress === undefined
			? single(copyRequest(from, to.at))
			: copyInPieces(new OpenFile(from), new OpenWriter(to));
	return new Sequence(from, transfer(from, steps));
}

export function planRename(
	context: OperatorContext,
	path: string,
	given: Given<TransferOptions>,
	target: string,
): Plan<void> {
	const { from, to } = beginTransfer(context, 'rename', path, transferRules, given, target);
	return new Sequence(from, transfer(from, single(renameRequest(from, to.at))));
}

export function planDelete(context: OperatorContext, path: string, given: Given<DeleteOptions>): Plan<void> {
	const invocation = begin(context, 'delete', 'delete', path, deleteRules, given);
	return new Call(invocation, deleteRequest(invocation), nothingOf);
}

/** `a/` is the directory with all that is below it, `a` whichever of file and directory it is, the root what is below it. */
export function planRemoveAll(context: OperatorContext, path: string, given: Given<ChangeOptions>): Plan<void> {
	const { at, operation, options } = begin(context, 'delete', 'removeAll', path, changeRules, given);
	const invocation = new Invocation(context, operation, at, { ...options, recursive: true });
	return new Call(invocation, deleteRequest(invocation), nothingOf);
}

/** All paths are looked at before the first one is removed. */
export function batchRemove(context: OperatorContext, paths: readonly string[], given: Given<ChangeOptions>): Batch {
	if (!Array.isArray(paths)) {
		throw new HoldfastError('ConfigInvalid', 'remove takes an array of paths', { operation: 'remove' });
	}
	const options = parseOptions(context, changeRules, given, 'remove');
	const requests = paths.map((path) =>
		deleteRequest(new Invocation(context, 'remove', locate(context, 'delete', 'remove', path), options)),
	);
	return new Batch(requests, callOptionsOf(options));
}

export function planList(context: OperatorContext, path: string, given: Given<ListOptions>): Plan<Entry[]> {
	const invocation = begin(context, 'list', 'list', path, listRules, given);
	return new Sequence(invocation, collect(new Tree(invocation, true)));
}

export function openLister(context: OperatorContext, path: string, given: Given<ListOptions>): EntrySource {
	return new EntrySource(new Tree(begin(context, 'list', 'lister', path, listRules, given), false));
}

/** Asks the engine for nothing: the file is opened by the first read. */
export function openReader(context: OperatorContext, path: string, given: Given<ReaderOptions>): OpenFile {
	const { at, options } = beginFile(context, 'read', 'reader', path, readerRules, given);
	return new OpenFile(new Invocation(context, 'read', at, options));
}

export function openWatch(context: OperatorContext, path: string, given: Given<Pick<CallOptions, 'signal'>>): Watch {
	const invocation = begin(context, 'list', 'watch', path, { signal: callRules.signal }, given);
	if (context.store.isWatchable !== true) {
		const message = 'this service cannot be watched: only this process changes it';
		throw new HoldfastError('Unsupported', message, { operation: 'watch', path });
	}
	return new Watch(invocation);
}

export function planWriter(context: OperatorContext, path: string, given: Given<WriterOptions>): Plan<OpenWriter> {
	const invocation = beginFile(context, 'write', 'writer', path, writerRules, given);
	return new Sequence(invocation, new OpenWriter(invocation).open());
}

/** A file in the middle of a path is absence in the source and a mistake in the target; the engine's answer does not tell. */
function* transfer(from: Invocation, steps: Steps<void>): Steps<void> {
	try {
		yield* steps;
	} catch (error) {
		const isUnclear = error instanceof HoldfastError && error.code === 'NotADirectory';
		if (isUnclear) yield statRequest(from);
		throw error;
	}
}

function* single(request: Request): Steps<void> {
	yield request;
}

type Needed = Parameters<typeof requireCapability>[1];
type AnyRules = Readonly<Record<string, Rule>>;

const begin = beginAt(locate);
/** The same for what only a file has. */
const beginFile = beginAt(locateFile);

function beginAt(find: typeof locate) {
	return (
		context: OperatorContext,
		needed: Needed,
		operation: string,
		path: string,
		rules: AnyRules,
		given: unknown,
	): Invocation => {
		const at = find(context, needed, operation, path);
		return new Invocation(context, operation, at, parseOptions(context, rules, given, operation, path));
	};
}

function beginTransfer(
	context: OperatorContext,
	operation: 'copy' | 'rename',
	path: string,
	rules: AnyRules,
	given: unknown,
	target: string,
): { from: Invocation; to: Invocation } {
	const at = locate(context, operation, operation, path);
	const targetAt = parsePath(target, operation);
	const options = parseOptions(context, rules, given, operation, path);
	const [from, to] = [at, targetAt].map((end) => {
		return new Invocation(context, operation, refuseDirectory(end, operation), options);
	});
	return { from, to };
}

function locate(context: OperatorContext, needed: Needed, operation: string, path: string): ParsedPath {
	const at = parsePath(path, operation);
	requireCapability(context.capability, needed, operation, path);
	return at;
}

function locateFile(context: OperatorContext, needed: Needed, operation: string, path: string): ParsedPath {
	return refuseDirectory(locate(context, needed, operation, path), operation);
}

function refuseDirectory(at: ParsedPath, operation: string): ParsedPath {
	if (!at.isDirectory) return at;
	const message = "a path that ends in '/' is a directory, and a file is needed; leave the slash out to name a file";
	throw new HoldfastError('IsADirectory', message, { operation, path: formatPath(at.path, true) });
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

function falseIfMissing(error: unknown): boolean {
	if (error instanceof HoldfastError && error.code === 'NotFound') return false;
	throw error;
}
