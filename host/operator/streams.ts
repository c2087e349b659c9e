import type * as web from 'node:stream/web';
import { FileCursor, type ReadSource } from './file-cursor.js';
import {
	parseReadableWeb,
	parseWritableWeb,
	type ReadableWebStreamOptions,
	type WritableWebStreamOptions,
} from './stream-options.js';

/** What a stream writes to: a `Writer` or its blocking twin. */
export interface WriteTarget {
	write(content: Uint8Array | string): Promise<void> | void;
	close(): Promise<unknown> | unknown;
	abort(): Promise<void> | void;
}

// Every platform has these, Node's types have them in a module.
const { ReadableStream, WritableStream } = globalThis as unknown as typeof web;

/** As much as the engine gathers: a producer that waits for `ready` fills one of its buffers at a time. */
const WRITE_AHEAD_BYTES = 2 * 1024 * 1024;

/** A byte stream of a file. Nothing is read before somebody asks: whoever stops reading stops the engine. */
export function readableWebStream(
	source: ReadSource,
	options?: ReadableWebStreamOptions,
): web.ReadableStream<Uint8Array> {
	const { start, end, chunkBytes = source.chunkBytes, signal } = parseReadableWeb(options);
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
	options?: WritableWebStreamOptions,
): web.WritableStream<Uint8Array | string> {
	const { highWaterMark = WRITE_AHEAD_BYTES } = parseWritableWeb(options);
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
