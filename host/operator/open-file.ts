import type { HoldfastError } from '../errors.js';
import type { Incarnation, Reply, Request } from '../pool/request.js';
import { Cleanup } from './cleanup.js';
import type { Steps } from './drivers.js';
import type { Invocation } from './invocation.js';
import {
	closeRequest,
	leaseRequest,
	type OpenDescriptor,
	openRequest,
	readAtRequest,
	readPieceRequest,
} from './requests.js';

/** How much streams and iterations read at a time: larger than Node's default, because every chunk is one trip to the engine. */
export const CHUNK_BYTES = 256 * 1024;

/** Pieces of one file that are on their way at a time, at most: more keep no disk busier. */
const PIECES_MAX = 64;

/** A file that is read piece by piece: what a reader and its blocking twin have in common. It is opened by its first read. */
export class OpenFile {
	readonly invocation: Invocation;
	readonly chunkBytes: number;
	/** Pieces that are read at a time, by as many instances as there are. */
	readonly concurrent: number;
	readonly #cleanup: Cleanup;
	/** The answer to opening it: its descriptor, and what stat said. */
	#opened: Reply | undefined;
	#close: Request | undefined;
	#isClosed = false;
	/** Where the next sequential read begins. */
	position = 0;

	constructor(invocation: Invocation) {
		// Zero is a hint that says nothing.
		const { chunk, concurrent } = invocation.options;
		this.invocation = invocation;
		this.chunkBytes = chunk || CHUNK_BYTES;
		this.concurrent = Math.min(concurrent || 1, PIECES_MAX);
		this.#cleanup = new Cleanup(this, invocation.context.engine);
	}

	/** The path as a person writes it, for errors. */
	get path(): string {
		return this.invocation.path;
	}

	get isOpen(): boolean {
		return this.#opened !== undefined && !this.#isClosed;
	}

	/** Opens the file unless it is open: a missing one is found missing here. */
	*open(): Steps<Reply> {
		if (this.#isClosed) throw this.#closedError();
		if (this.#opened !== undefined) return this.#opened;
		const opened = yield openRequest(this.invocation);
		this.#opened = opened;
		this.#close = this.#cleanup.add(closeRequest(this.invocation, opened));
		return opened;
	}

	/** Bytes that the file had when it was opened. */
	get size(): number {
		return Number(this.#opened?.stat?.size ?? 0n);
	}

	/** Fills `into` from the position on, as far as there is something; gives the count, 0n at the end. */
	*readNext(into: Uint8Array): Steps<bigint> {
		yield* this.open();
		if (into.byteLength === 0) return 0n;
		const reply = yield this.#request(into, this.position, true);
		this.#moveTo(reply.incarnation);
		this.position += reply.bytes.byteLength;
		return BigInt(reply.bytes.byteLength);
	}

	/** Fills `into` from an offset on; the position stays where it is. */
	*readAt(into: Uint8Array, offset: number): Steps<bigint> {
		yield* this.open();
		if (into.byteLength === 0) return 0n;
		const reply = yield this.#request(into, offset, false);
		return BigInt(reply.bytes.byteLength);
	}

	/** The one request of `readAt` on a file that is open. */
	readAtRequest(into: Uint8Array, offset: number): Request {
		return this.#request(into, offset, false);
	}

	/** The request for a piece, one of several that may be on their way. */
	pieceRequest(into: Uint8Array, offset: number): Request {
		return this.#spread(this.#request(into, offset, this.concurrent === 1));
	}

	/** The same for a piece in memory of its own. */
	privatePieceRequest(offset: number, bytes: number): Request {
		const isSequential = this.concurrent === 1;
		return this.#spread(readPieceRequest(this.invocation, this.#descriptor, offset, bytes, isSequential));
	}

	/** The same for a piece that stays in the engine's memory. */
	leaseRequest(offset: number, bytes: number): Request {
		return this.#spread(leaseRequest(this.invocation, this.#descriptor, offset, bytes));
	}

	/** A reply to a request for a piece has come. */
	took({ incarnation }: Reply): void {
		if (this.concurrent === 1) this.#moveTo(incarnation);
	}

	/** Gives the descriptor back. May be called again. */
	*close(): Steps<void> {
		this.#isClosed = true;
		yield* this.#cleanup.send(this.#close);
	}

	/** Whoever served one read has the read-ahead for the next, and is who should close. */
	#moveTo(incarnation: Incarnation): void {
		if (this.#opened !== undefined) this.#opened.incarnation = incarnation;
		if (this.#close !== undefined) this.#close.preferred = incarnation;
	}

	/** Several at a time go to whichever instance has the least to do; else to the one that has the read-ahead. */
	#spread(request: Request): Request {
		if (this.concurrent > 1) request.preferred = undefined;
		return request;
	}

	#request(into: Uint8Array, offset: number, isSequential: boolean): Request {
		return readAtRequest(this.invocation, this.#descriptor, into, offset, isSequential);
	}

	get #descriptor(): OpenDescriptor {
		if (this.#opened === undefined || this.#isClosed) throw this.#closedError();
		return this.#opened;
	}

	#closedError(): HoldfastError {
		return this.invocation.error('Closed', 'this reader was closed; open another one');
	}
}
