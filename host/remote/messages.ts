import type { ErrorCode } from '../errors.js';
import type { InlineLimits } from '../inline/options.js';
import type { PoolHealth } from '../pool/health.js';
import type { PoolEvents } from '../pool/pool.js';
import type { Conditions, Reply, Request } from '../pool/request.js';
import type { Temporary } from '../pool/temporary.js';
import type { Plan } from '../ring/plan.js';
import type { TrapReport } from '../worker/status.js';

// What a page and the worker that holds its store tell each other: plain data, which messages can carry.

/** What a worker is to open. */
export interface OpenMessage {
	readonly open: {
		readonly name: string;
		readonly module: WebAssembly.Module;
		/** Of an engine that the worker has to itself. */
		readonly limits: InlineLimits;
		/** Open descriptors, when the page and the worker share memory; undefined when requests are messages. */
		readonly table: SharedArrayBuffer | undefined;
	};
}

/** With shared memory: an incarnation begins, over a memory that the page has prepared. */
export interface BeginMessage {
	readonly begin: { readonly memory: WebAssembly.Memory; readonly plan: Plan; readonly incarnation: number };
}

/** With shared memory: what nobody needs any more. */
export interface SweepMessage {
	readonly sweep: { readonly descriptors: readonly number[]; readonly temporaries: readonly Temporary[] };
}

/** A request, without what only means something on its side. */
export interface RequestMessage {
	readonly id: number;
	readonly request: {
		readonly op: number;
		readonly operation: string;
		readonly path: string;
		readonly flags: number;
		readonly root: number;
		readonly target: string;
		readonly data: Uint8Array | undefined;
		readonly offset: number;
		readonly length: number;
		readonly handle: number;
		readonly fd: number;
		readonly conditions: Conditions | undefined;
		readonly pinned: number | undefined;
		readonly preferred: number | undefined;
		/** How much room there is for the result, where the caller brought the memory. */
		readonly room: number | undefined;
	};
}

export type ToWorker =
	| OpenMessage
	| RequestMessage
	| BeginMessage
	| SweepMessage
	| { readonly cancel: number }
	| { readonly close: true };

/** An error on its way between threads. */
export interface ErrorMessage {
	readonly code: ErrorCode;
	readonly message: string;
	readonly operation: string;
	readonly path: string | undefined;
	readonly retryable: boolean;
}

export type ReplyMessage = Omit<Reply, 'incarnation' | 'held'> & { readonly incarnation: number };

export type ToPage =
	| { readonly opened: { readonly root: number } }
	| { readonly trapped: TrapReport; readonly incarnation: number }
	| { readonly refused: ErrorMessage }
	| { readonly id: number; readonly reply: ReplyMessage }
	| { readonly id: number; readonly error: ErrorMessage }
	| { readonly event: keyof PoolEvents; readonly message: unknown; readonly health: PoolHealth }
	| { readonly closed: true };

/** What a request says of itself in a message. */
export function messageOf(id: number, request: Request): RequestMessage {
	const { op, operation, path, flags, root, target, data, offset, length, handle, fd, conditions } = request;
	const pinned = request.pinned?.number;
	const preferred = request.preferred?.number;
	const room = request.into?.length;
	return {
		id,
		request: {
			op,
			operation,
			path,
			flags,
			root,
			target,
			data,
			offset,
			length,
			handle,
			fd,
			conditions,
			pinned,
			preferred,
			room,
		},
	};
}
