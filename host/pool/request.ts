import {
	FLAG_APPEND,
	FLAG_IF_MATCH,
	FLAG_IF_MODIFIED_SINCE,
	FLAG_IF_NONE_MATCH,
	FLAG_IF_UNMODIFIED_SINCE,
	FLAG_MATCH_ANY,
	FLAG_NONE_MATCH_ANY,
	FLAG_STAT,
	FLAG_SYNC_FILE,
	OP_CLOSE,
	OP_OPEN,
	OP_STAT,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	PHASE_BEFORE,
} from '../../assembly/layout.js';
import type { FileStat } from '../wasi/files.js';
import type { HeldBuffer } from './held-buffer.js';

/**
 * Which threads may run a request: those for reads, those for whatever may wait for the disk in an `fsync`, or the one that helps with large
 * listings.
 */
export type Lane = 'read' | 'sync' | 'listing';

/** `length` of a request that wants everything up to the end. */
export const LENGTH_REST = -1;

/** To write so much takes no longer than to make the file. */
const SMALL_MAX_BYTES = 65536;

/** The operation of what the library does for itself: what it has open counts for no limit. */
export const SWEEP = 'sweep';

/** The parts of an etag; see `operator/metadata.ts`. */
export interface EtagParts {
	inode: bigint;
	size: bigint;
	modifiedNs: bigint;
}

/** Conditions of a request. `'*'` stands for any existing file; an etag that cannot be ours matches nothing. */
export interface Conditions {
	ifMatch?: EtagParts | '*';
	ifNoneMatch?: EtagParts | '*';
	/** Nanoseconds since 1970. */
	ifModifiedSinceNs?: bigint;
	ifUnmodifiedSinceNs?: bigint;
}

/** Names one incarnation of one instance: a writer's handle means something only there. */
export interface Incarnation {
	readonly number: number;
}

/**
 * One request to the engine, as the caller made it. It is kept until it is settled, so that it can be written into another
 * instance's slot when the first one traps: nothing is ever recovered from a broken memory.
 */
export class Request {
	/** `FLAG_` bits; see `assembly/layout.ts`. */
	flags = 0;
	/** Descriptor of the root; given by the store. */
	root = 0;
	/** Second path of copy and rename, normalised like `path`. */
	target = '';
	/** Payload; the caller leaves it alone until the request is settled. */
	data: Uint8Array | undefined = undefined;
	/** The payload is where an engine finds it: whoever has no need to send it again may change it. */
	isCopied = false;
	/** Bytes of the payload when the call was made; -1 where nobody noted it. */
	dataBytes = -1;
	/** Byte offset, listing cookie, or milliseconds for a sleep. */
	offset = 0;
	/** Bytes wanted, or LENGTH_REST. */
	length = LENGTH_REST;
	/** Writer handle. */
	handle = 0;
	/** Descriptor of an open reader or listing. */
	fd = 0;
	conditions: Conditions | undefined = undefined;
	/** Where the result goes, if not into a new buffer: at most its length is read. */
	into: Uint8Array | undefined = undefined;
	/** The result stays in the engine's memory, in one buffer, and the reply says where. */
	wantsLease = false;
	/** Only this incarnation can serve the request (writer handles). */
	pinned: Incarnation | undefined = undefined;
	/** Preferred, not required (read-ahead). */
	preferred: Incarnation | undefined = undefined;
	lane: Lane = 'read';

	constructor(
		/** `OP_` number. */
		readonly op: number,
		/** What the user called (`read`, `stat`, ...): for errors and events. */
		readonly operation: string,
		/** Normalised path: no leading, trailing or doubled slash; `''` is the root. FLAG_DIRECTORY says that a slash was there. */
		readonly path = '',
	) {}
}

/** What came back. Only the fields that the operation fills mean anything. */
export interface Reply {
	/** Private memory; for a request with `into`, the filled front part of it; for a lease a view of what is held. */
	bytes: Uint8Array;
	stat: FileStat | undefined;
	/** Size of the whole result, or next cookie of a listing (0: no more). */
	total: number;
	handle: number;
	fd: number;
	incarnation: Incarnation;
	/** For a request that wants a lease: whoever gets it releases it. Absent when there was nothing to read. */
	held?: HeldBuffer | undefined;
}

export interface CallOptions {
	/** Cancels this call: it rejects with `Cancelled` at once. */
	signal?: AbortSignal | undefined;
	/** Milliseconds after which the call rejects with `Timeout`. */
	timeoutMs?: number | undefined;
}

/** Runs requests. A pool is one; a layer wraps one. Both calls fail with a `HoldfastError`. */
export interface Engine {
	submit(request: Request, options?: CallOptions): Promise<Reply>;
	/** Blocks the calling thread, without running its event loop, until the request has ended. */
	submitSync(request: Request, options?: CallOptions): Reply;
}

/** Whether a request in this phase can still be repeated without its effect happening twice. */
export function isUntouched(phase: number): boolean {
	return phase === PHASE_BEFORE;
}

/** The `FLAG_` bits that go with conditions. */
export function conditionFlags(conditions: Conditions): number {
	let flags = 0;
	if (conditions.ifMatch !== undefined) flags |= FLAG_IF_MATCH | (conditions.ifMatch === '*' ? FLAG_MATCH_ANY : 0);
	if (conditions.ifNoneMatch !== undefined) {
		flags |= FLAG_IF_NONE_MATCH | (conditions.ifNoneMatch === '*' ? FLAG_NONE_MATCH_ANY : 0);
	}
	if (conditions.ifModifiedSinceNs !== undefined) flags |= FLAG_IF_MODIFIED_SINCE;
	if (conditions.ifUnmodifiedSinceNs !== undefined) flags |= FLAG_IF_UNMODIFIED_SINCE;
	return flags;
}

/** Gives a request its payload. */
export function carry(request: Request, data: Uint8Array | undefined): Request {
	request.data = data;
	request.dataBytes = data === undefined ? -1 : data.length;
	return request;
}

/** False when the payload was transferred or resized while the call waited: what is there now is not what was to be written. */
export function isIntact({ data, dataBytes }: Request): boolean {
	return dataBytes < 0 || data?.length === dataBytes;
}

/**
 * Whether a request gives something back that was opened. No limit holds it up: there are only so many of them as things are
 * open, and one that is refused is a leak.
 */
export function givesBack({ op }: Request): boolean {
	return op === OP_CLOSE || op === OP_WRITER_ABORT;
}

/** Whether a request is over in a moment but for its fsync, and that costs less in the company of others. */
export function sharesFsync({ op, flags, dataBytes }: Request): boolean {
	return op === OP_WRITE && (flags & FLAG_SYNC_FILE) !== 0 && dataBytes <= SMALL_MAX_BYTES;
}

/** Whether a write is decided under the lock of its name. */
export function locksName({ op, flags, conditions }: Request): boolean {
	return (op === OP_WRITE || op === OP_WRITER_OPEN) && ((flags & FLAG_APPEND) !== 0 || conditions !== undefined);
}

/** Whether the reply to a request carries a stat. */
export function fillsStat({ op, flags }: Request): boolean {
	return op === OP_STAT || op === OP_WRITE || op === OP_WRITER_CLOSE || (op === OP_OPEN && (flags & FLAG_STAT) !== 0);
}
