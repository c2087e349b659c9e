import {
	NONCE_BYTES,
	OP_COPY,
	OP_DELETE,
	OP_RENAME,
	OP_TIDY,
	OP_WRITE,
	OP_WRITER_OPEN,
} from '../../assembly/layout.js';
import type { HoldfastError } from '../errors.js';
import { requestError } from './call-error.js';
import type { HeldBuffer } from './held-buffer.js';
import type { Instance } from './instance.js';
import { isIntact, type Reply, type Request } from './request.js';

const NONCES_PER_FILL = 256;
/** Operations that may make a temporary file, or the lock of a name. */
const HIDING: ReadonlySet<number> = new Set([OP_WRITE, OP_WRITER_OPEN, OP_COPY, OP_RENAME, OP_DELETE, OP_TIDY]);
let nonces = Buffer.allocUnsafeSlow(0);
let nextNonce = 0;

/**
 * A request on its way: it is settled exactly once, by a reply, an error, a cancellation or the end of its pool; whatever comes
 * afterwards changes nothing.
 */
export class Call {
	/** Where it runs; undefined while it is queued. */
	instance: Instance | undefined = undefined;
	isQueued = false;
	slot = -1;
	tag = 0;
	/** Buffer with the payload, 0: none. */
	buffer = 0;
	/** How often an instance came to its end while it worked on this. */
	blames = 0;
	/** Part of the temporary name, for requests that have one; new for every attempt. */
	nonce: Uint8Array | undefined = undefined;
	/** Result in pieces. */
	result: Uint8Array | undefined = undefined;
	received = 0;
	/** Result that stays where it is. */
	held: HeldBuffer | undefined = undefined;
	/** The request cannot be finished any more: what the engine still sends is let go, then this is the answer. */
	failure: HoldfastError | undefined = undefined;
	settled = false;
	/** Takes listeners and timers away. */
	cleanUp: (() => void) | undefined = undefined;

	constructor(
		readonly request: Request,
		readonly onReply: (reply: Reply) => void,
		readonly onError: (error: HoldfastError) => void,
	) {}

	resolve(reply: Reply): void {
		if (this.settled) return;
		this.settled = true;
		this.cleanUp?.();
		this.onReply(reply);
	}

	reject(error: HoldfastError): void {
		if (this.settled) return;
		this.settled = true;
		this.cleanUp?.();
		this.onError(error);
	}

	/** False, and it has failed, when its payload is not any more what was to be written. */
	hasContent(): boolean {
		if (isIntact(this.request)) return true;
		const message = 'the content was transferred or resized before it was written; keep it as it is';
		this.reject(this.error('ConfigInvalid', message));
		return false;
	}

	/** Ready to be written into a slot, for the first time or again. */
	begin(): void {
		this.result = undefined;
		this.received = 0;
		this.held = undefined;
		this.failure = undefined;
		const { op } = this.request;
		this.nonce = HIDING.has(op) ? takeNonce() : undefined;
	}

	error(code: HoldfastError['code'], message: string, retryable = false, cause?: unknown): HoldfastError {
		return requestError(this.request, code, message, retryable, cause);
	}
}

/** Makes a call, which `work` settles before it returns, and gives its reply or throws its error. */
export function callNow(request: Request, work: (call: Call) => void): Reply {
	let reply: Reply | undefined;
	let error: HoldfastError | undefined;
	const call = new Call(
		request,
		(value) => {
			reply = value;
		},
		(reason) => {
			error = reason;
		},
	);
	work(call);
	if (error !== undefined) throw error;
	return reply as Reply;
}

/** Unguessable bytes; the system is asked for many at a time. */
function takeNonce(): Uint8Array {
	if (nextNonce === nonces.length) {
		nonces = Buffer.allocUnsafeSlow(NONCE_BYTES * NONCES_PER_FILL);
		crypto.getRandomValues(nonces);
		nextNonce = 0;
	}
	nextNonce += NONCE_BYTES;
	return nonces.subarray(nextNonce - NONCE_BYTES, nextNonce);
}
