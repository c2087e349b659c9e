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
import { carry, conditionFlags, type Incarnation, type Lane, LENGTH_REST, type Request } from '../pool/request.js';
import { SYNC_FLAGS } from './durability.js';
import type { Invocation } from './invocation.js';
import { conditionsOf, type ParsedOptions } from './parse-options.js';
import type { ParsedPath } from './path.js';
import { StoreRequest } from './store-engine.js';

// Every request to the engine is made here, and its lane is chosen here: whatever may wait for the disk in an fsync, or because it
// fills the page cache faster than the disk is, goes to `sync`, so that nobody's read stands behind it.

export function statRequest(invocation: Invocation): Request {
	return setConditions(begin(invocation, OP_STAT), invocation.options);
}

/** A whole file, or the range or suffix that the options ask for. */
export function readRequest(invocation: Invocation): Request {
	const { suffix, offset = 0, size = LENGTH_REST } = invocation.options;
	const request = begin(invocation, OP_READ);
	request.flags |= FLAG_PARCEL;
	if (suffix !== undefined) {
		request.flags |= FLAG_SUFFIX;
		request.offset = suffix;
	} else {
		request.offset = offset;
		request.length = size;
	}
	return setConditions(request, invocation.options);
}

/** A whole file in one request; at most `store.bufferBytes` of data. */
export function writeRequest(invocation: Invocation, data: Uint8Array): Request {
	return carry(setWriteOptions(begin(invocation, OP_WRITE), invocation), data);
}

export function createDirectoryRequest(invocation: Invocation): Request {
	return syncName(begin(invocation, OP_CREATE_DIRECTORY), invocation);
}

export function copyRequest(invocation: Invocation, target: ParsedPath): Request {
	const request = syncContent(beginTransfer(invocation, OP_COPY, target), invocation);
	// Nobody knows how much there is to copy: each chunk is longer than a read, and the kernel stops whoever writes too much.
	if (invocation.context.store.volatile !== true) request.lane = 'sync';
	return request;
}

export function renameRequest(invocation: Invocation, target: ParsedPath): Request {
	return syncName(beginTransfer(invocation, OP_RENAME, target), invocation);
}

export function deleteRequest(invocation: Invocation, isRecursive = false): Request {
	const request = begin(invocation, OP_DELETE);
	if (isRecursive) {
		// The root has no name that could be taken away: emptying it is all that can be meant.
		request.flags |= request.path === '' ? FLAG_RECURSIVE | FLAG_KEEP_TOP : FLAG_RECURSIVE;
	}
	return syncName(request, invocation);
}

/** Opens a file for a reader, or a directory for a listing; the reply carries a descriptor and what stat says. */
export function openRequest(invocation: Invocation, at = invocation.at): Request {
	const request = begin(invocation, OP_OPEN, at);
	request.flags |= FLAG_STAT;
	return setConditions(request, invocation.options);
}

/** What an open descriptor belongs to. `incarnation` is where its read-ahead is. */
export interface OpenDescriptor {
	readonly fd: number;
	readonly incarnation: Incarnation;
}

/** Reads at most `into.length` bytes. `isSequential`: right behind the last such read. */
export function readAtRequest(
	invocation: Invocation,
	open: OpenDescriptor,
	into: Uint8Array,
	offset: number,
	isSequential: boolean,
): Request {
	const request = beginReadAt(invocation, open, offset, into.byteLength);
	if (isSequential) request.flags |= FLAG_SEQUENTIAL;
	request.into = into;
	return request;
}

/** Reads at most so many bytes into memory of their own. */
export function readPieceRequest(
	invocation: Invocation,
	open: OpenDescriptor,
	offset: number,
	bytes: number,
	isSequential: boolean,
): Request {
	const request = beginReadAt(invocation, open, offset, bytes);
	request.flags |= isSequential ? FLAG_PARCEL | FLAG_SEQUENTIAL : FLAG_PARCEL;
	return request;
}

/** The same into the engine's own memory, in one piece. Not the engine's window: that is a buffer of its own. */
export function leaseRequest(invocation: Invocation, open: OpenDescriptor, offset: number, bytes: number): Request {
	const request = beginReadAt(invocation, open, offset, bytes, 'leases');
	request.wantsLease = true;
	return request;
}

function beginReadAt(
	invocation: Invocation,
	open: OpenDescriptor,
	offset: number,
	bytes: number,
	operation = 'read',
): Request {
	const request = beginOpen(invocation, OP_READ_AT, open, invocation.at, operation);
	request.offset = offset;
	request.length = bytes;
	return request;
}

/** A page of an open directory, from a cookie on: with what stat says of its entries, or only their names. */
export function listRequest(
	invocation: Invocation,
	path: string,
	open: OpenDescriptor,
	cookie: number,
	withStat: boolean,
): Request {
	const request = beginOpen(invocation, OP_LIST, open, directoryAt(path));
	if (withStat) request.flags |= FLAG_STAT;
	request.offset = cookie;
	return request;
}

/** What stat says of the entries of such a page without it, as long as the path is that of the directory with this inode. */
export function describeRequest(
	invocation: Invocation,
	path: string,
	inode: bigint,
	names: Uint8Array,
	lane: Lane,
): Request {
	const request = begin(invocation, OP_DESCRIBE, directoryAt(path));
	request.offset = Number(inode);
	request.lane = lane;
	return carry(request, names);
}

/** Where the descriptor was used is where it is closed: there no read of it can be in the middle of a system call. */
export function closeRequest(invocation: Invocation, open: OpenDescriptor, at?: ParsedPath): Request {
	return beginOpen(invocation, OP_CLOSE, open, at);
}

export function openWriterRequest(invocation: Invocation): Request {
	return setWriteOptions(begin(invocation, OP_WRITER_OPEN), invocation);
}

/** A writer's handle: it means something only to the incarnation that gave it. */
export interface WriterHandle {
	readonly handle: number;
	readonly incarnation: Incarnation;
	readonly lane: Lane;
}

type WriterOp = typeof OP_WRITER_WRITE | typeof OP_WRITER_FLUSH | typeof OP_WRITER_CLOSE | typeof OP_WRITER_ABORT;

export function writerRequest(invocation: Invocation, op: WriterOp, writer: WriterHandle, data?: Uint8Array): Request {
	const request = begin(invocation, op);
	request.handle = writer.handle;
	request.pinned = writer.incarnation;
	request.lane = writer.lane;
	return carry(request, data);
}

export function directoryAt(path: string): ParsedPath {
	return { path, isDirectory: true };
}

function begin({ context, operation, at }: Invocation, op: number, place = at, shown = operation): Request {
	const request = new StoreRequest(context.keeper, op, shown, place.path);
	if (place.isDirectory) request.flags |= FLAG_DIRECTORY;
	return request;
}

/** A request for what a descriptor is open at. */
function beginOpen(
	invocation: Invocation,
	op: number,
	{ fd, incarnation }: OpenDescriptor,
	place?: ParsedPath,
	shown?: string,
): Request {
	const request = begin(invocation, op, place, shown);
	request.fd = fd;
	request.preferred = incarnation;
	return request;
}

function beginTransfer(invocation: Invocation, op: number, target: ParsedPath): Request {
	const request = begin(invocation, op);
	request.target = target.path;
	if (invocation.options.ifNotExists === true) request.flags |= FLAG_IF_NOT_EXISTS;
	return request;
}

function setConditions(request: Request, options: ParsedOptions): Request {
	const conditions = conditionsOf(options);
	if (conditions === undefined) return request;
	request.conditions = conditions;
	request.flags |= conditionFlags(conditions);
	return request;
}

function setWriteOptions(request: Request, invocation: Invocation): Request {
	const { options } = invocation;
	const { append, ifNotExists, ifNoneMatch } = options;
	if (append === true) request.flags |= FLAG_APPEND;
	// "No etag at all" is "does not exist", and that the file system decides atomically.
	if (ifNotExists === true || ifNoneMatch === '*') request.flags |= FLAG_IF_NOT_EXISTS;
	setConditions(request, ifNoneMatch === '*' ? { ...options, ifNoneMatch: undefined } : options);
	return syncContent(request, invocation);
}

function syncName(request: Request, invocation: Invocation): Request {
	return syncContent(request, invocation, FLAG_SYNC_DIRECTORY);
}

function syncContent(
	request: Request,
	{ context, options }: Invocation,
	most = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY,
): Request {
	const flags = SYNC_FLAGS[context.durability(options.durability)] & most;
	request.flags |= flags;
	request.lane = flags === 0 ? 'read' : 'sync';
	return request;
}
