import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Reply, Request } from '../pool/request.js';
import { targetOf } from './content.js';
import { rethrow, type Steps } from './drivers.js';
import { FileCursor, type PieceSource } from './file-cursor.js';
import { FilePieces, leaseBytes } from './file-pieces.js';
import type { Lease, LeaseOptions } from './lease.js';
import type { ReadStreamOptions } from './node-stream-options.js';
import { ReadStream } from './node-streams.js';
import type { OpenFile } from './open-file.js';
import { parseSize } from './parse-options.js';
import { ReadPipeline } from './read-pipeline.js';
import { SerialQueue } from './serial-queue.js';
import { parseLeases, type ReadableWebStreamOptions } from './stream-options.js';
import { readableWebStream } from './streams.js';

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
	/** Gives back what its streams and iterations read ahead. */
	readonly #onClose: (() => void)[] = [];
	/** Requests that are on their way: the file is not closed under them. */
	#inFlight = 0;
	#onLanded: (() => void) | undefined = undefined;
	// Made once: a read of a few kilobytes takes not much longer than to make these and the promises of an async function.
	readonly #landed = (reply: Reply): Reply => {
		this.#land();
		return reply;
	};
	readonly #counted = (reply: Reply): bigint => {
		this.#land();
		return countOf(reply);
	};
	readonly #failed = (error: unknown): never => {
		this.#land();
		return rethrow(error);
	};

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
	readAt(buffer: Buffered, offset: number | bigint): Promise<bigint> {
		const file = this.#file;
		try {
			const into = targetOf(buffer, 'read', file.path);
			const from = parseOffset(offset, file.path);
			if (file.isOpen) return this.#readAt(into, from);
			return this.#queue.add(() => this.#drive(file.open())).then(() => this.#readAt(into, from));
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** Waits for the reads that were called before and closes the file. A read after it says `Closed`. */
	async close(): Promise<void> {
		await this.#queue.add(async () => {
			for (const give of this.#onClose.splice(0)) give();
			if (this.#inFlight > 0) {
				await new Promise<void>((resolve) => {
					this.#onLanded = resolve;
				});
			}
			await this.#drive(this.#file.close());
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
	async *leases(given?: LeaseOptions): AsyncGenerator<Lease, void, undefined> {
		const options = parseLeases(given);
		const bytes = leaseBytes(options.chunkBytes, this.#file.invocation.context.store.bufferBytes, this.#file.path);
		const pieces = this.#filePieces();
		const pipeline = new ReadPipeline(pieces.leases(options.poison === true));
		const removeSpare = pieces.gate.addSpare(pipeline);
		try {
			while (true) {
				const lease = await this.#takeNext(pipeline, bytes);
				if (lease === undefined) return;
				yield lease;
			}
		} finally {
			removeSpare();
			pipeline.drop();
			await this.close();
		}
	}

	/** @internal What streams and iterations read. */
	pieces(): PieceSource {
		const file = this.#file;
		const pipeline = new ReadPipeline(this.#filePieces().private());
		this.#onClose.push(() => pipeline.drop());
		return {
			next: (bytes) => this.#takeNext(pipeline, bytes),
			at: async (offset, bytes, end) => {
				if (!file.isOpen) await this.#queue.add(() => this.#drive(file.open()));
				return await pipeline.take(offset, bytes, end, file.size);
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
	#takeNext<Piece>(pipeline: ReadPipeline<Piece>, bytes: number): Promise<Piece> {
		return this.#queue.add(async () => {
			const file = this.#file;
			if (!file.isOpen) await this.#drive(file.open());
			const piece = await pipeline.take(file.position, bytes, Number.MAX_SAFE_INTEGER, file.size);
			file.position += pipeline.bytesOf(piece);
			return piece;
		});
	}

	#filePieces(): FilePieces {
		return new FilePieces(this.#file, (request) => this.#submit(request));
	}

	/** A request that is finished before the file is closed. */
	#readAt(into: Uint8Array, offset: number): Promise<bigint> {
		if (into.byteLength === 0) return Promise.resolve(0n);
		return this.#send(this.#file.readAtRequest(into, offset)).then(this.#counted, this.#failed);
	}

	#submit(request: Request): Promise<Reply> {
		return this.#send(request).then(this.#landed, this.#failed);
	}

	#send(request: Request): Promise<Reply> {
		const reply = this.#file.invocation.submit(request);
		this.#inFlight++;
		return reply;
	}

	#land(): void {
		if (--this.#inFlight === 0) this.#onLanded?.();
	}

	#drive<T>(steps: Steps<T>): Promise<T> {
		return this.#file.invocation.drive(steps);
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
		return this.#file.invocation.driveSync(this.#file.readNext(into));
	}

	/** As `Reader.readAt`. */
	readAt(buffer: Buffered, offset: number | bigint): bigint {
		const into = targetOf(buffer, 'read', this.#file.path);
		const from = parseOffset(offset, this.#file.path);
		return this.#file.invocation.driveSync(this.#file.readAt(into, from));
	}

	/** Closes the file. A read after it says `Closed`. */
	close(): void {
		this.#file.invocation.driveSync(this.#file.close());
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
				const buffer = Buffer.allocUnsafeSlow(this.chunkBytes);
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

function parseOffset(offset: unknown, path: string): number {
	return parseSize('offset', offset, { operation: 'read', path });
}

function countOf(reply: Reply): bigint {
	return BigInt(reply.bytes.byteLength);
}
