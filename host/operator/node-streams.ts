import { Readable, Writable } from 'node:stream';
import { FileCursor, type PieceSource, type ReadSource } from './file-cursor.js';
import {
	parseReadStream,
	parseWriteStream,
	type ReadStreamOptions,
	type WriteStreamOptions,
} from './node-stream-options.js';
import type { WriteTarget } from './streams.js';

type Callback = (error?: Error | null) => void;

/** A `Reader`, or its blocking twin, which has no pieces. */
type StreamSource = Omit<ReadSource, 'pieces'> & Partial<Pick<ReadSource, 'pieces'>>;

export class ReadStream extends Readable {
	readonly #source: StreamSource;
	readonly #cursor: FileCursor;

	constructor(source: StreamSource, given?: ReadStreamOptions) {
		const { start, end, ...options } = parseReadStream(given);
		const pieces = source.pieces ?? blockingPieces;
		const cursor = new FileCursor(
			{
				chunkBytes: source.chunkBytes,
				read: (buffer) => source.read(buffer),
				readAt: (buffer, offset) => source.readAt(buffer, offset),
				pieces: () => pieces.call(source),
				close: () => source.close(),
			},
			{ start, end },
		);
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

	constructor(target: WriteTarget, options?: WriteStreamOptions) {
		super({ ...parseWriteStream(options), objectMode: false, decodeStrings: true });
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

/** Pieces of a reader whose calls block: each is read when it is asked for. */
function blockingPieces(this: StreamSource): PieceSource {
	const filled = async (bytes: number, read: (buffer: Buffer) => Promise<bigint> | bigint): Promise<Buffer> => {
		const buffer = Buffer.allocUnsafeSlow(bytes);
		return buffer.subarray(0, Number(await read(buffer)));
	};
	return {
		next: (bytes) => filled(bytes, (buffer) => this.read(buffer)),
		at: (offset, bytes) => filled(bytes, (buffer) => this.readAt(buffer, offset)),
	};
}

/** Runs work and tells a callback how it ended. The callback runs outside of the promise: what it throws is not ours. */
function settle(work: () => Promise<unknown>, callback: Callback): void {
	work().then(
		() => process.nextTick(callback),
		(error: Error) => process.nextTick(callback, error),
	);
}
