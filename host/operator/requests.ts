import {
	FLAG_APPEND,
	FLAG_DIRECTORY,
	FLAG_IF_NOT_EXISTS,
	FLAG_KEEP_TOP,
	FLAG_PARCEL,
	FLAG_RECURSIVE,
	FLAG_SEQUENTIAL,
	FLAG_STAT,
	FLAG_SUFFIX,
	FLAG_SYNC_DIRECTORY,
	FLAG_SYNC_FILE,
	OP_CLOSE,
	OP_COPY,
	OP_CREATE_DIRECTORY,
	OP_DELETE,
	OP_DESCRIBE,
	OP_LIST,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_RENAME,
	OP_STAT,
	OP_WRITE,
	type OP_WRITER_ABORT,
	type OP_WRITER_CLOSE,
	type OP_WRITER_FLUSH,
	OP_WRITER_OPEN,
	type OP_WRITER_WRITE,
} from '../../assembly/layout.js';
import { type Conditions, carry, type Incarnation, type Lane, LENGTH_REST, type Request } from '../pool/request.js';
import { conditionFlags } from './conditions.js';
import type { OperatorContext } from './context.js';
import { contentSyncFlags, nameSyncFlags } from './durability.js';
import { conditionsOf, type ParsedOptions } from './parse-options.js';
import type { ParsedPath } from './path.js';
import { StoreRequest } from './store-engine.js';

// Every request to the engine is made here, and its lane is chosen here: whatever may wait for the disk in an fsync, or because it
// fills the page cache faster than the disk is, goes to `sync`, so that nobody's read stands behind it.

export function statRequest(
	context: OperatorContext,
	operation: string,
	at: ParsedPath,
	options: ParsedOptions,
): Request {
	const request = begin(context, OP_STAT, operation, at);
	setConditions(request, conditionsOf(options));
	return request;
}

/** A whole file, or the range or suffix that the options ask for. */
export function readRequest(context: OperatorContext, at: ParsedPath, options: ParsedOptions): Request {
	const request = begin(context, OP_READ, 'read', at);
	request.flags |= FLAG_PARCEL;
	if (options.suffix !== undefined) {
		request.flags |= FLAG_SUFFIX;
		request.offset = options.suffix;
	} else {
		request.offset = options.offset ?? 0;
		request.length = options.size ?? LENGTH_REST;
	}
	setConditions(request, conditionsOf(options));
	return request;
}

/** A whole file in one request; at most `store.bufferBytes` of data. */
export function writeRequest(
	context: OperatorContext,
	at: ParsedPath,
	options: ParsedOptions,
	data: Uint8Array,
): Request {
	const request = begin(context, OP_WRITE, 'write', at);
	setWriteOptions(request, context, options);
	carry(request, data);
	return request;
}

export function createDirectoryRequest(context: OperatorContext, at: ParsedPath, options: ParsedOptions): Request {
	const request = begin(context, OP_CREATE_DIRECTORY, 'createDir', at);
	return withSync(request, nameSyncFlags(context.durability(options.durability)));
}

export function copyRequest(
	context: OperatorContext,
	source: ParsedPath,
	target: ParsedPath,
	options: ParsedOptions,
): Request {
	const request = beginTransfer(context, OP_COPY, 'copy', source, target, options);
	withSync(request, contentSyncFlags(context.durability(options.durability)));
	// Nobody knows how much there is to copy: each chunk is longer than a read, and the kernel stops whoever writes too much.
	if (context.store.volatile !== true) request.lane = 'sync';
	return request;
}

export function renameRequest(
	context: OperatorContext,
	source: ParsedPath,
	target: ParsedPath,
	options: ParsedOptions,
): Request {
	const request = beginTransfer(context, OP_RENAME, 'rename', source, target, options);
	return withSync(request, nameSyncFlags(context.durability(options.durability)));
}

export function deleteRequest(
	context: OperatorContext,
	operation: string,
	at: ParsedPath,
	options: ParsedOptions,
): Request {
	const request = begin(context, OP_DELETE, operation, at);
	if (options.recursive === true) request.flags |= FLAG_RECURSIVE;
	// The root has no name that could be taken away: emptying it is all that can be meant.
	if (options.recursive === true && at.path === '') request.flags |= FLAG_KEEP_TOP;
	return withSync(request, nameSyncFlags(context.durability(options.durability)));
}

/** Opens a file for a reader; the reply carries a descriptor. */
export function openFileRequest(
	context: OperatorContext,
	operation: string,
	at: ParsedPath,
	conditions: Conditions | undefined,
): Request {
	const request = begin(context, OP_OPEN, operation, at);
	request.flags |= FLAG_STAT;
	setConditions(request, conditions);
	return request;
}

/** Opens a directory for a listing; the reply carries a descriptor and what stat says about the directory. */
export function openDirectoryRequest(context: OperatorContext, operation: string, path: string): Request {
	const request = begin(context, OP_OPEN, operation, { path, isDirectory: true });
	request.flags |= FLAG_STAT;
	return request;
}

/** What an open descriptor belongs to. `incarnation` is where its read-ahead is. */
export interface OpenDescriptor {
	readonly fd: number;
	readonly incarnation: Incarnation;
}

/** Reads at most `into.length` bytes. `isSequential`: right behind the last such read. */
export function readAtRequest(
	context: OperatorContext,
	path: ParsedPath,
	open: OpenDescriptor,
	into: Uint8Array,
	offset: number,
	isSequential: boolean,
): Request {
	const request = beginReadAt(context, 'read', path, open, offset, into.byteLength);
	if (isSequential) request.flags |= FLAG_SEQUENTIAL;
	request.into = into;
	return request;
}

/** Reads at most so many bytes into memory of their own. */
export function readPieceRequest(
	context: OperatorContext,
	path: ParsedPath,
	open: OpenDescriptor,
	offset: number,
	bytes: number,
	isSequential: boolean,
): Request {
	const request = beginReadAt(context, 'read', path, open, offset, bytes);
	request.flags |= isSequential ? FLAG_PARCEL | FLAG_SEQUENTIAL : FLAG_PARCEL;
	return request;
}

/** The same into the engine's own memory, in one piece. Not the engine's window: that is a buffer of its own. */
export function leaseRequest(
	context: OperatorContext,
	path: ParsedPath,
	open: OpenDescriptor,
	offset: number,
	bytes: number,
): Request {
	const request = beginReadAt(context, 'leases', path, open, offset, bytes);
	request.wantsLease = true;
	return request;
}

function beginReadAt(
	context: OperatorContext,
	operation: string,
	path: ParsedPath,
	open: OpenDescriptor,
	offset: number,
	bytes: number,
): Request {
	const request = begin(context, OP_READ_AT, operation, path);
	request.fd = open.fd;
	request.preferred = open.incarnation;
	request.offset = offset;
	request.length = bytes;
	return request;
}

/** A page of an open directory, from a cookie on: with what stat says of its entries, or only their names. */
export function listRequest(
	context: OperatorContext,
	operation: string,
	path: string,
	open: OpenDescriptor,
	cookie: number,
	withStat: boolean,
): Request {
	const request = begin(context, OP_LIST, operation, { path, isDirectory: true });
	if (withStat) request.flags |= FLAG_STAT;
	request.fd = open.fd;
	request.preferred = open.incarnation;
	request.offset = cookie;
	return request;
}

/** What stat says of the entries of such a page without it, as long as the path is that of the directory with this inode. */
export function describeRequest(
	context: OperatorContext,
	operation: string,
	path: string,
	inode: bigint,
	names: Uint8Array,
	lane: Lane,
): Request {
	const request = begin(context, OP_DESCRIBE, operation, { path, isDirectory: true });
	request.offset = Number(inode);
	request.lane = lane;
	carry(request, names);
	return request;
}

/** Where the descriptor was used is where it is closed: there no read of it can be in the middle of a system call. */
export function closeRequest(
	context: OperatorContext,
	operation: string,
	at: ParsedPath,
	open: OpenDescriptor,
): Request {
	const request = begin(context, OP_CLOSE, operation, at);
	request.fd = open.fd;
	request.preferred = open.incarnation;
	return request;
}

export function openWriterRequest(
	context: OperatorContext,
	operation: string,
	at: ParsedPath,
	options: ParsedOptions,
): Request {
	const request = begin(context, OP_WRITER_OPEN, operation, at);
	setWriteOptions(request, context, options);
	return request;
}

/** A writer's handle: it means something only to the incarnation that gave it. */
export interface WriterHandle {
	readonly handle: number;
	readonly incarnation: Incarnation;
	readonly lane: Lane;
}

type WriterOp = typeof OP_WRITER_WRITE | typeof OP_WRITER_FLUSH | typeof OP_WRITER_CLOSE | typeof OP_WRITER_ABORT;

export function writerRequest(
	context: OperatorContext,
	op: WriterOp,
	operation: string,
	at: ParsedPath,
	writer: WriterHandle,
	data?: Uint8Array,
): Request {
	const request = begin(context, op, operation, at);
	request.handle = writer.handle;
	request.pinned = writer.incarnation;
	request.lane = writer.lane;
	carry(request, data);
	return request;
}

function begin(context: OperatorContext, op: number, operation: string, at: ParsedPath): Request {
	const request = new StoreRequest(context.keeper, op, operation, at.path);
	if (at.isDirectory) request.flags |= FLAG_DIRECTORY;
	return request;
}

function beginTransfer(
	context: OperatorContext,
	op: number,
	operation: string,
	source: ParsedPath,
	target: ParsedPath,
	options: ParsedOptions,
): Request {
	const request = begin(context, op, operation, source);
	request.target = target.path;
	if (options.ifNotExists === true) request.flags |= FLAG_IF_NOT_EXISTS;
	return request;
}

function setConditions(request: Request, conditions: Conditions | undefined): void {
	if (conditions === undefined) return;
	request.conditions = conditions;
	request.flags |= conditionFlags(conditions);
}

function setWriteOptions(request: Request, context: OperatorContext, options: ParsedOptions): void {
	if (options.append === true) request.flags |= FLAG_APPEND;
	// "No etag at all" is "does not exist", and that the file system decides atomically.
	const isNew = options.ifNotExists === true || options.ifNoneMatch === '*';
	if (isNew) request.flags |= FLAG_IF_NOT_EXISTS;
	setConditions(request, conditionsOf(options.ifNoneMatch === '*' ? { ...options, ifNoneMatch: undefined } : options));
	if (options.append === true || request.conditions !== undefined) request.affinity = affinityOf(request.path);
	withSync(request, contentSyncFlags(context.durability(options.durability)));
}

/** The same number for the same name. */
function affinityOf(path: string): number {
	let hash = 0;
	for (let at = 0; at < path.length; at++) hash = (Math.imul(hash, 31) + path.charCodeAt(at)) | 0;
	return hash >>> 0;
}

function withSync(request: Request, flags: number): Request {
	request.flags |= flags;
	request.lane = (flags & (FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY)) === 0 ? 'read' : 'sync';
	return request;
}
