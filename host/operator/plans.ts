import { HoldfastError, hasCode } from '../errors.js';
import type { Request } from '../pool/request.js';
import { requireCapability } from '../services/capability.js';
import { bytesOf, type Content } from './content.js';
import type { OperatorContext } from './context.js';
import { Call, mapPlan, type Plan, Sequence, type Steps } from './drivers.js';
import type { Entry } from './entry.js';
import { Invocation } from './invocation.js';
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
import type { ParsedPath } from './path.js';
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
import { sideBySide } from './side-by-side.js';
import { Tree } from './tree.js';
import { Watch } from './watch.js';

// What every method does, written once for both of its forms: check the call, then say which requests it takes.

type Given<Options> = Options | null | undefined;
type Needed = Parameters<typeof requireCapability>[1];
type AnyRules = Readonly<Record<string, Rule>>;

/** A method of a path: the capability that it needs, its name, its options, and what it is after all that was looked at. */
function method<Result, Options, Extra = undefined>(
	needed: Needed,
	operation: string,
	rules: Rules<Options>,
	begin: (call: Invocation, extra: Extra) => Result,
) {
	return (context: OperatorContext, path: string, given: Given<Options>, extra?: Extra): Result => {
		const at = locate(context, needed, operation, path);
		const options = parseOptions(context, rules as AnyRules, given, operation, path);
		return begin(new Invocation(context, operation, at, options), extra as Extra);
	};
}

/** The same for what only a file has. */
function fileMethod<Result, Options, Extra = undefined>(
	needed: Needed,
	operation: string,
	rules: Rules<Options>,
	begin: (call: Invocation, extra: Extra) => Result,
) {
	return method(needed, operation, rules, (call, extra: Extra) => begin(refuseDirectory(call), extra));
}

export const planStat = method<Plan<Metadata>, StatOptions>('stat', 'stat', statRules, (call) => {
	return new Call(call, statRequest(call), metadataOf);
});

export const planExists = method<Plan<boolean>, CallOptions>('stat', 'exists', callRules, (call) => {
	return new Call(call, statRequest(call), () => true, falseIfMissing);
});

export const planCheck = method<Plan<void>, CallOptions>('stat', 'check', callRules, (call) => {
	return new Call(call, statRequest(call), nothingOf);
});

export const planCreateDir = method<Plan<void>, ChangeOptions>('createDir', 'createDir', changeRules, (call) => {
	if (call.at.isDirectory) return new Call(call, createDirectoryRequest(call), nothingOf);
	throw call.error('NotADirectory', "the path of a directory to make ends in '/'; add one");
});

export const planRead = fileMethod<Plan<Buffer>, ReadOptions>('read', 'read', readRules, read);

export const planReadText = fileMethod<Plan<string>, ReadOptions>('read', 'read', readRules, (call) => {
	return mapPlan(read(call), textOf);
});

export const planReadJson = fileMethod<Plan<unknown>, ReadOptions>('read', 'read', readRules, (call) => {
	return mapPlan(read(call), (bytes) => jsonOf(bytes, call.path));
});

export const planBlob = fileMethod<Plan<Blob>, BlobOptions>('read', 'blob', blobRules, (call) => {
	const { type } = call.options;
	return mapPlan(read(call), (bytes) => new Blob([bytes as Buffer<ArrayBuffer>], { type }));
});

function read(call: Invocation): Plan<Buffer> {
	const { suffix, offset, size, concurrent = 1, onProgress } = call.options;
	if (suffix !== undefined && (offset ?? size) !== undefined) {
		const message = "option 'suffix' counts from the end and cannot be combined with 'offset' or 'size'";
		throw call.error('ConfigInvalid', message);
	}
	if (onProgress !== undefined || concurrent > 1) return new Sequence(call, readInPieces(new OpenFile(call)));
	return new Call(call, readRequest(call), bufferOf);
}

/** What fits one buffer of the engine is one request; more goes through a writer. */
export const planWrite = fileMethod<Plan<Metadata>, WriteOptions, Content>('write', 'write', writeRules, write);

function write(call: Invocation, content: Content): Plan<Metadata> {
	const { onProgress } = call.options;
	const bytes = bytesOf(content, 'write', call.path);
	const total = bytes.byteLength;
	if (total > call.context.store.bufferBytes) {
		return new Sequence(
			call,
			repeatOnce(() => writeInPieces(new OpenWriter(call), bytes)),
		);
	}
	const plan = new Call(call, writeRequest(call, bytes), writtenMetadataOf);
	if (onProgress === undefined) return plan;
	return mapPlan(plan, (metadata) => {
		onProgress({ bytes: total, total });
		return metadata;
	});
}

export const planCopy = transferMethod<CopyOptions>('copy', copyRules, (from, to) => {
	if (from.options.onProgress === undefined) return single(copyRequest(from, to.at));
	return copyInPieces(new OpenFile(from), new OpenWriter(to));
});

export const planRename = transferMethod<TransferOptions>('rename', transferRules, (from, to) => {
	return single(renameRequest(from, to.at));
});

export const planDelete = method<Plan<void>, DeleteOptions>('delete', 'delete', deleteRules, (call) => {
	return new Call(call, deleteRequest(call, call.options.recursive), nothingOf);
});

/** `a/` is the directory with all that is below it, `a` whichever of file and directory it is, the root what is below it. */
export const planRemoveAll = method<Plan<void>, ChangeOptions>('delete', 'removeAll', changeRules, (call) => {
	return new Call(call, deleteRequest(call, true), nothingOf);
});

/** So many paths are removed at a time: enough to share an fsync, too few to crowd out other callers. */
const REMOVED_TOGETHER = 64;

/** All paths are looked at before the first one is removed. */
export function planRemove(
	context: OperatorContext,
	root: string,
	given: Given<ChangeOptions>,
	paths: readonly string[],
): Plan<void> {
	if (!Array.isArray(paths)) {
		throw new HoldfastError('ConfigInvalid', 'remove takes an array of paths', { operation: 'remove' });
	}
	const options = parseOptions(context, changeRules, given, 'remove');
	const callOf = (path: string) =>
		new Invocation(context, 'remove', locate(context, 'delete', 'remove', path), options);
	const requests = paths.map((path) => deleteRequest(callOf(path)));
	return new Sequence(
		callOf(root),
		sideBySide(requests, REMOVED_TOGETHER, () => true),
	);
}

export const planList = method<Plan<Entry[]>, ListOptions>('list', 'list', listRules, (call) => {
	return new Sequence(call, collect(new Tree(call, true)));
});

export const openLister = method<Tree, ListOptions>('list', 'lister', listRules, (call) => {
	return new Tree(call, false);
});

/** Asks the engine for nothing: the file is opened by the first read. */
export const openReader = fileMethod<OpenFile, ReaderOptions>('read', 'reader', readerRules, (call) => {
	return new OpenFile(new Invocation(call.context, 'read', call.at, call.options));
});

const watchRules = { signal: callRules.signal };
export const openWatch = method<Watch, Pick<CallOptions, 'signal'>>('list', 'watch', watchRules, (call) => {
	if (call.context.store.isWatchable === true) return new Watch(call);
	throw call.error('Unsupported', 'this service cannot be watched: only this process changes it');
});

export const planWriter = fileMethod<Plan<OpenWriter>, WriterOptions>('write', 'writer', writerRules, (call) => {
	return new Sequence(call, new OpenWriter(call).open());
});

function* single(request: Request): Steps<void> {
	yield request;
}

/** The same for what has a target. */
function transferMethod<Options>(
	operation: 'copy' | 'rename',
	rules: Rules<Options>,
	begin: (from: Invocation, to: Invocation) => Steps<void>,
) {
	return (context: OperatorContext, path: string, given: Given<Options>, target?: string): Plan<void> => {
		const at = locate(context, operation, operation, path);
		const targetAt = parsePath(target, operation);
		const options = parseOptions(context, rules as AnyRules, given, operation, path);
		const callOf = (end: ParsedPath) => refuseDirectory(new Invocation(context, operation, end, options));
		const from = callOf(at);
		return new Sequence(from, transfer(from, begin(from, callOf(targetAt))));
	};
}

/** A file in the middle of a path is absence in the source and a mistake in the target; the engine's answer does not tell. */
function* transfer(from: Invocation, steps: Steps<void>): Steps<void> {
	try {
		yield* steps;
	} catch (error) {
		if (hasCode(error, 'NotADirectory')) yield statRequest(from);
		throw error;
	}
}

function locate(context: OperatorContext, needed: Needed, operation: string, path: string): ParsedPath {
	const at = parsePath(path, operation);
	requireCapability(context.capability, needed, operation, path);
	return at;
}

function refuseDirectory(call: Invocation): Invocation {
	if (!call.at.isDirectory) return call;
	const message = "a path that ends in '/' is a directory, and a file is needed; leave the slash out to name a file";
	throw call.error('IsADirectory', message);
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
	if (hasCode(error, 'NotFound')) return false;
	throw error;
}
