import type * as web from 'node:stream/web';
import { onAbort } from '../pool/abort-watch.js';
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
	let forgetSignal: (() => void) | undefined;
	const finish = async (): Promise<void> => {
		forgetSignal?.();
		await source.close();
	};
	/** What comes next, into the memory of the consumer if that was brought; false at the end. */
	const give = async (controller: web.ReadableByteStreamController): Promise<boolean> => {
		const request = controller.byobRequest;
		const view = request?.view;
		if (request && view) {
			const count = await cursor.fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
			if (count > 0 && !signal?.aborted) request.respond(count);
			return count > 0;
		}
		const chunk = await cursor.next(chunkBytes);
		if (chunk !== undefined && !signal?.aborted) controller.enqueue(wholeMemory(chunk));
		return chunk !== undefined;
	};
	const bytes: web.UnderlyingByteSource = {
		type: 'bytes',
		async start(controller) {
			if (signal === undefined) return;
			const fail = (): void => {
				controller.error(signal.reason);
				finish().catch(() => controller.error(signal.reason));
			};
			if (signal.aborted) fail();
			else forgetSignal = onAbort(signal, fail);
		},
		async pull(controller) {
			try {
				if (await give(controller)) return;
			} catch (error) {
				await finish();
				throw error;
			}
			if (signal?.aborted) return;
			await finish();
			controller.close();
			// Whoever waits with memory of their own gets it back.
			controller.byobRequest?.respond(0);
		},
		cancel: finish,
	};
	return new ReadableStream(bytes) as web.ReadableStream<Uint8Array>;
}

/** A stream takes the memory of a chunk away: nothing else may be in it. */
function wholeMemory(chunk: Buffer): Uint8Array {
	return chunk.buffer.byteLength === chunk.byteLength ? chunk : new Uint8Array(chunk);
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
