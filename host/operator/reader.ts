import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { parseInteger } from '../config.js';
import type { Reply, Request } from '../pool/request.js';
import { targetOf } from './content.js';
import { driveAsync, driveSync, rethrow } from './drivers.js';
import { FileCursor, type PieceSource } from './file-cursor.js';
import { LEASE_MAX_BYTES, Lease, LeaseGate, type LeaseOptions } from './lease.js';
import { ReadStream } from './node-streams.js';
import type { OpenFile } from './open-file.js';
import { parseSize } from './parse-options.js';
import { type PieceKind, ReadPipeline } from './read-pipeline.js';
import { SerialQueue } from './serial-queue.js';
import { type ReadableWebStreamOptions, type ReadStreamOptions, readableWebStream } from './streams.js';

/** The buffer's bytes are filled from the front; what is behind the count stays as it was. */
type Buffered = NodeJS.ArrayBufferView;

/**
 * Reads a file piece by piece, also as an async iterable of its chunks. It keeps the version of the file that its first read found, whatever becomes of the name.
 *
 * @example
 * const reader = await op.reader('large.bin');
 * const buffer = Buffer.alloc(65536);
 * for (let count = await reader.read(buffer); count > 0n; count = await reader.read(buffer)) {
 *   console.log(buffer.subarray(0, Number(count)));
 * }
 * await reader.close();
 */
export class Reader implements AsyncIterable<Buffer> {
	readonly #file: OpenFile;
	readonly #queue = new SerialQueue();
	/** Reads by offset that are on their way: the file is not closed under them. */
	readonly #inFlight = new Set<Promise<unknown>>();

	/** @internal */
	constructor(file: OpenFile) {
		this.#file = file;
	}

	/**
	 * Fills `buffer` from where the last read ended. Gives the count in bytes, which may be less than there is room, and is `0n`
	 * at the end. Calls that were not awaited follow each other in order. `NotFound` when the file is missing.
	 */
	async read(buffer: Buffered): Promise<bigint> {
		const into = targetOf(buffer, 'read', this.#file.path);
		return await this.#queue.add(() => this.#drive(this.#file.readNext(into)));
	}

	/** Fills `buffer` from `offset` (bytes) on, without moving the position; any number of calls may be in flight. */
	async readAt(buffer: Buffered, offset: number | bigint): Promise<bigint> {
		const file = this.#file;
		const into = targetOf(buffer, 'read', file.path);
		const from = parseOffset(offset, file.path);
		if (!file.isOpen) await this.#queue.add(() => this.#drive(file.open()));
		if (into.byteLength === 0) return 0n;
		return countOf(await this.#submit(file.readAtRequest(into, from)));
	}

	/** Waits for the reads that were called before and closes the file. A read after it says `Closed`. */
	async close(): Promise<void> {
		await this.#queue.add(async () => {
			await Promise.allSettled(this.#inFlight);
			await driveAsync(this.#file.context.engine, this.#file.close());
		});
	}

	/** Bytes of a chunk of its streams and iterations, unless they ask for another: the option `chunk`. */
	get chunkBytes(): number {
		return this.#file.chunkBytes;
	}

	/**
	 * A Node stream of what has not been read yet, or with `start` and `end` (the last byte, as in `fs.createReadStream`) of that
	 * part of the file. It closes the reader when it ends or is destroyed. `signal` destroys it with an `AbortError`.
	 */
	createReadStream(options?: ReadStreamOptions): Readable {
		return new ReadStream(this, options);
	}

	/**
	 * The same as a Web stream of bytes, named as `FileHandle` of `node:fs` has it. `getReader({ mode: 'byob' })` reads into
	 * memory of the caller. It closes the reader when it ends, fails or is cancelled.
	 */
	readableWebStream(options?: ReadableWebStreamOptions): ReadableStream<Uint8Array> {
		return readableWebStream(this, options);
	}

	/**
	 * What has not been read yet, piece by piece, without a copy: each `lease.bytes` is a view of the engine's memory until
	 * `lease.release()`. Leases hold at most half of the pool's buffers: who takes more than that without releasing waits. It
	 * closes the reader, also when left early; leases that are held then stay readable.
	 *
	 * @example
	 * for await (const lease of reader.leases()) {
	 *   hash.update(lease.bytes);
	 *   lease.release();
	 * }
	 */
	async *leases(options: LeaseOptions = {}): AsyncGenerator<Lease, void, undefined> {
		const bytes = leaseBytes(options.chunkBytes, this.#file.context.store.bufferBytes, this.#file.path);
		const gate = LeaseGate.of(this.#file.context.store);
		const pipeline = new ReadPipeline(this.#leases(gate, options.poison === true));
		const giveUp = () => pipeline.drop();
		gate.addSpare(giveUp);
		try {
			while (true) {
				const lease = await this.#takeNext(pipeline, bytes, bytesOfLease);
				if (lease === undefined) return;
				yield lease;
			}
		} finally {
			gate.removeSpare(giveUp);
			pipeline.drop();
			await this.close();
		}
	}

	/** @internal What streams and iterations read. */
	pieces(): PieceSource {
		const pipeline = new ReadPipeline(this.#copies());
		return {
			next: (bytes) => this.#takeNext(pipeline, bytes, bytesOfCopy),
			at: async (offset, bytes, end) => {
				if (!this.#file.isOpen) await this.#queue.add(() => this.#drive(this.#file.open()));
				return await pipeline.take(offset, bytes, end, this.#file.size);
			},
		};
	}

	/** What has not been read yet, chunk by chunk, the next ones on their way meanwhile. It closes the reader, also when left early. */
	async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
		const cursor = new FileCursor(this, {});
		try {
			while (true) {
				const chunk = await cursor.next(this.chunkBytes);
				if (chunk === undefined) return;
				yield chunk;
			}
		} finally {
			await this.close();
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	/** What comes at the position, in order with the reads that were called before. */
	#takeNext<Piece>(pipeline: ReadPipeline<Piece>, bytes: number, bytesOf: (piece: Piece) => number): Promise<Piece> {
		return this.#queue.add(async () => {
			const file = this.#file;
			if (!file.isOpen) await this.#drive(file.open());
			const piece = await pipeline.take(file.position, bytes, Number.MAX_SAFE_INTEGER, file.size);
			file.position += bytesOf(piece);
			return piece;
		});
	}

	/** Pieces in memory of their own. */
	#copies(): PieceKind<Buffer> {
		const file = this.#file;
		const ask = async (offset: number, bytes: number): Promise<Buffer> => {
			// As far as the file is known to go; it is asked for more only to find its end.
			const left = Math.max(file.size - offset, END_BYTES);
			const into = Buffer.allocUnsafe(Math.min(bytes, left));
			const reply = await this.#submit(file.pieceRequest(into, offset));
			file.took(reply);
			return into.subarray(0, reply.bytes.byteLength);
		};
		return {
			first: file.concurrent - 1,
			ask,
			askAhead: (offset, bytes) => (this.#mayAskAhead ? ask(offset, bytes) : undefined),
			most: (bytes) =>
				file.concurrent > 1 ? file.concurrent - 1 : clamp(Math.floor(AHEAD_BYTES / bytes), 1, AHEAD_PIECES_MAX),
			bytesOf: bytesOfCopy,
			drop: () => undefined,
		};
	}

	/** Pieces in the engine's memory, each with a place at the gate. */
	#leases(gate: LeaseGate, isPoisoned: boolean): PieceKind<Lease | undefined> {
		const file = this.#file;
		const lease = async (offset: number, bytes: number): Promise<Lease | undefined> => {
			let taken: Lease | undefined;
			try {
				const reply = await this.#submit(file.leaseRequest(offset, bytes));
				file.took(reply);
				const { held } = reply;
				if (held !== undefined && held.bytes.byteLength > 0) taken = new Lease(held, gate, offset, isPoisoned);
				else held?.release();
				return taken;
			} finally {
				if (taken === undefined) gate.giveBack();
			}
		};
		return {
			first: file.concurrent - 1,
			ask: async (offset, bytes) => {
				await gate.take(file.callOptions?.signal);
				return await lease(offset, bytes);
			},
			askAhead: (offset, bytes) => (this.#mayAskAhead && gate.trySpare() ? lease(offset, bytes) : undefined),
			most: () => Math.max(LEASES_AHEAD, file.concurrent - 1),
			bytesOf: bytesOfLease,
			drop: (unwanted) => unwanted?.release(),
		};
	}

	/** With a deadline nothing is asked for early: while the caller does something else, its time would run. */
	get #mayAskAhead(): boolean {
		return this.#file.callOptions?.timeoutMs === undefined;
	}

	/** A request that is finished before the file is closed. */
	async #submit(request: Request): Promise<Reply> {
		const { context, callOptions } = this.#file;
		const reply = context.engine.submit(request, callOptions);
		this.#inFlight.add(reply);
		try {
			return await reply;
		} catch (error) {
			return rethrow(error);
		} finally {
			this.#inFlight.delete(reply);
		}
	}

	#drive<T>(steps: Parameters<typeof driveAsync<T>>[1]): Promise<T> {
		return driveAsync(this.#file.context.engine, steps, this.#file.callOptions);
	}
}

/** A `Reader` whose calls block. */
export class BlockingReader implements Iterable<Buffer> {
	readonly #file: OpenFile;

	/** @internal */
	constructor(file: OpenFile) {
		this.#file = file;
	}

	/** As `Reader.read`. */
	read(buffer: Buffered): bigint {
		const into = targetOf(buffer, 'read', this.#file.path);
		return driveSync(this.#file.context.engine, this.#file.readNext(into), this.#file.callOptions);
	}

	/** As `Reader.readAt`. */
	readAt(buffer: Buffered, offset: number | bigint): bigint {
		const into = targetOf(buffer, 'read', this.#file.path);
		const from = parseOffset(offset, this.#file.path);
		return driveSync(this.#file.context.engine, this.#file.readAt(into, from), this.#file.callOptions);
	}

	/** Closes the file. A read after it says `Closed`. */
	close(): void {
		driveSync(this.#file.context.engine, this.#file.close());
	}

	/** As `Reader.chunkBytes`. */
	get chunkBytes(): number {
		return this.#file.chunkBytes;
	}

	/** As `Reader.createReadStream`; each of its reads blocks. */
	createReadStream(options?: ReadStreamOptions): Readable {
		return new ReadStream(this, options);
	}

	/** What has not been read yet, chunk by chunk. It closes the reader, also when left early. */
	*[Symbol.iterator](): Generator<Buffer, void, undefined> {
		try {
			while (true) {
				const buffer = Buffer.allocUnsafe(this.chunkBytes);
				const count = Number(this.read(buffer));
				if (count === 0) return;
				yield buffer.subarray(0, count);
			}
		} finally {
			this.close();
		}
	}

	[Symbol.dispose](): void {
		this.close();
	}
}

/** So much of a stream is on its way at a time, in at least one piece and at most so many. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const AHEAD_PIECES_MAX = 8;
/** Leases on their way: enough that the engine never waits for who takes them. */
const LEASES_AHEAD = 4;
/** Room to find the end of a file in. */
const END_BYTES = 4096;
/** What fits the slot of a request comes back as a copy, so that a lease is larger than that. */
const LEASE_MIN_BYTES = 32 * 1024;

function leaseBytes(wanted: number | undefined, bufferBytes: number, path: string): number {
	const most = Math.min(LEASE_MAX_BYTES, bufferBytes);
	if (wanted === undefined) return most;
	const place = { operation: 'leases', path };
	return parseInteger('chunkBytes', wanted, Math.min(LEASE_MIN_BYTES, most), most, place);
}

function parseOffset(offset: unknown, path: string): number {
	return parseSize('offset', offset, { operation: 'read', path });
}

function bytesOfCopy(piece: Buffer): number {
	return piece.byteLength;
}

function bytesOfLease(lease: Lease | undefined): number {
	return lease?.bytes.byteLength ?? 0;
}

function clamp(value: number, least: number, most: number): number {
	return Math.max(least, Math.min(value, most));
}

function countOf(reply: Reply): bigint {
	return BigInt(reply.bytes.byteLength);
}
