import type { ReadableOptions } from 'node:stream';
import type * as web from 'node:stream/web';
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

// Every platform has these, Node's types have them in a module.
const { ReadableStream, WritableStream } = globalThis as unknown as typeof web;

/** As much as the engine gathers: a producer that waits for `ready` fills one of its buffers at a time. */
const WRITE_AHEAD_BYTES = 2 * 1024 * 1024;

/** A byte stream of a file. Nothing is read before somebody asks: whoever stops reading stops the engine. */
export function readableWebStream(
	source: ReadSource,
	{ start, end, chunkBytes = source.chunkBytes, signal }: ReadableWebStreamOptions = {},
): web.ReadableStream<Uint8Array> {
	if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1) {
		throw invalid('chunkBytes', chunkBytes, 'a number of bytes from 1 on', { operation: 'read' });
	}
	const cursor = new FileCursor(source, { start, end });
	let onAbort: (() => void) | undefined;
	const finish = async (): Promise<void> => {
		if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
		await source.close();
	};
	const bytes: web.UnderlyingByteSource = {
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
	return new ReadableStream(bytes) as web.ReadableStream<Uint8Array>;
}

/** A stream into a file; its `close` gives the content its name, its `abort` leaves what was there. */
export function writableWebStream(
	target: WriteTarget,
	{ highWaterMark = WRITE_AHEAD_BYTES }: WritableWebStreamOptions = {},
): web.WritableStream<Uint8Array | string> {
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
