import { Readable, type ReadableOptions, Writable, type WritableOptions } from 'node:stream';

/** What a stream reads from: a `Reader` or its blocking twin. */
export interface ReadSource {
	read(buffer: Uint8Array): Promise<bigint> | bigint;
	close(): Promise<void> | void;
}

/** What a stream writes to: a `Writer` or its blocking twin. */
export interface WriteTarget {
	write(bytes: Uint8Array): Promise<void> | void;
	close(): Promise<unknown> | unknown;
	abort(): Promise<void> | void;
}

type Callback = (error?: Error | null) => void;

/** Larger than Node's default, because every chunk is one trip to the engine and back. */
const READ_CHUNK_BYTES = 256 * 1024;

export class ReadStream extends Readable {
	readonly #source: ReadSource;

	constructor(source: ReadSource, options?: ReadableOptions) {
		super({ highWaterMark: READ_CHUNK_BYTES, ...options, objectMode: false });
		this.#source = source;
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
		const buffer = Buffer.allocUnsafe(size);
		const count = Number(await this.#source.read(buffer));
		if (this.destroyed) return;
		this.push(count === 0 ? null : buffer.subarray(0, count));
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

/** Runs work and tells a callback how it ended. The callback runs outside of the promise: what it throws is not ours. */
function settle(work: () => Promise<unknown>, callback: Callback): void {
	work().then(
		() => process.nextTick(callback),
		(error: Error) => process.nextTick(callback, error),
	);
}
