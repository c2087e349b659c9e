import { Readable, type ReadableOptions, Writable, type WritableOptions } from 'node:stream';
import { ReadableStream, type UnderlyingByteSource, WritableStream } from 'node:stream/web';
import { invalid } from '../config.js';
import { type ByteRange, FileCursor, type ReadSource } from './file-cursor.js';

/** What a stream writes to: a `Writer` or its blocking twin. */
export interface WriteTarget {
	write(content: Uint8Array | string): Promise<void> | void;
	close(): Promise<unknown> | unknown;
	abort(): Promise<void> | void;
}

/** Options of `createReadStream`: those of a Node `Readable`, and the part of the file. */
export interface ReadStreamOptions extends ReadableOptions, ByteRange {}

/** Options of `readableWebStream`. */
export interface ReadableWebStreamOptions extends ByteRange {
	/** Bytes of a chunk, unless the consumer brings a buffer of its own; default: the chunk of the reader. */
	chunkBytes?: number | undefined;
	/** Errors the stream with its reason and closes the reader. */
	signal?: AbortSignal | undefined;
}

/** Options of `writableWebStream`. */
export interface WritableWebStreamOptions {
	/** Bytes that may wait before `writer.ready` makes the producer wait; default 2 MiB. */
	highWaterMark?: number | undefined;
}

type Callback = (error?: Error | null) => void;

/** As much as the engine gathers: a producer that waits for `ready` fills one of its buffers at a time. */
const WRITE_AHEAD_BYTES = 2 * 1024 * 1024;

export class ReadStream extends Readable {
	readonly #source: ReadSource;
	readonly #cursor: FileCursor;

	constructor(source: ReadSource, { start, end, ...options }: ReadStreamOptions = {}) {
		const cursor = new FileCursor(source, { start, end });
		super({ highWaterMark: source.chunkBytes, ...options, objectMode: false });
		this.#source = source;
		this.#cursor = cursor;
	}

	override _read(size: number): void {
		this.#pull(size).catch((error: Error) => this.destroy(error));
	}

	override _destroy(error: Error | null, callback: Callback): void {
		settle(
			async () => await this.#source.close(),
			(failure) => callback(error ?? failure),
		);
	}

	async #pull(size: number): Promise<void> {
		// Without a high-water mark Node asks for nothing at all, which would look like the end.
		const chunk = await this.#cursor.next(size > 0 ? size : this.#source.chunkBytes);
		if (this.destroyed) return;
		this.push(chunk ?? null);
	}
}

export class WriteStream extends Writable {
	readonly #target: WriteTarget;

	constructor(target: WriteTarget, options?: WritableOptions) {
		super({ ...options, objectMode: false, decodeStrings: true });
		this.#target = target;
	}

	override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
		settle(async () => await this.#target.write(chunk), callback);
	}

	override _final(callback: Callback): void {
		settle(async () => await this.#target.close(), callback);
	}

	/** A stream that was destroyed before its end leaves nothing behind; after it there is nothing to abort. */
	override _destroy(error: Error | null, callback: Callback): void {
		settle(
			async () => await this.#target.abort(),
			(failure) => callback(error ?? failure),
		);
	}
}

/** A byte stream of a file. Nothing is read before somebody asks: whoever stops reading stops the engine. */
export function readableWebStream(
	source: ReadSource,
	{ start, end, chunkBytes = source.chunkBytes, signal }: ReadableWebStreamOptions = {},
): ReadableStream<Uint8Array> {
	if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1) {
		throw invalid('chunkBytes', chunkBytes, 'a number of bytes from 1 on', { operation: 'read' });
	}
	const cursor = new FileCursor(source, { start, end });
	let onAbort: (() => void) | undefined;
	const finish = async (): Promise<void> => {
		if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
		await source.close();
	};
	const bytes: UnderlyingByteSource = {
		type: 'bytes',
		autoAllocateChunkSize: chunkBytes,
		async start(controller) {
			if (signal === undefined) return;
			onAbort = () => {
				controller.error(signal.reason);
				finish().catch(() => controller.error(signal.reason));
			};
			if (signal.aborted) onAbort();
			else signal.addEventListener('abort', onAbort, { once: true });
		},
		async pull(controller) {
			const request = controller.byobRequest;
			const view = request?.view;
			// With an allocated chunk size there is a request for every pull.
			if (request === null || view === null || view === undefined) return;
			let count: number;
			try {
				count = await cursor.fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
			} catch (error) {
				await finish();
				throw error;
			}
			if (signal?.aborted) return;
			if (count > 0) {
				request.respond(count);
				return;
			}
			await finish();
			controller.close();
			request.respond(0);
		},
		cancel: finish,
	};
	return new ReadableStream(bytes) as ReadableStream<Uint8Array>;
}

/** A stream into a file; its `close` gives the content its name, its `abort` leaves what was there. */
export function writableWebStream(
	target: WriteTarget,
	{ highWaterMark = WRITE_AHEAD_BYTES }: WritableWebStreamOptions = {},
): WritableStream<Uint8Array | string> {
	return new WritableStream<Uint8Array | string>(
		{
			write: async (chunk) => await target.write(chunk),
			async close() {
				await target.close();
			},
			abort: async () => await target.abort(),
		},
		{ highWaterMark, size: sizeOf },
	);
}

/** What `write` takes; what it does not take it refuses itself. */
function sizeOf(chunk: Uint8Array | string): number {
	return typeof chunk === 'string' ? Buffer.byteLength(chunk) : (chunk?.byteLength ?? 1);
}

/** Runs work and tells a callback how it ended. The callback runs outside of the promise: what it throws is not ours. */
function settle(work: () => Promise<unknown>, callback: Callback): void {
	work().then(
		() => process.nextTick(callback),
		(error: Error) => process.nextTick(callback, error),
	);
}
