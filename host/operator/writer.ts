import type { Writable } from 'node:stream';
import type { WritableStream } from 'node:stream/web';
import { bytesOf, type Content } from './content.js';
import type { Steps } from './drivers.js';
import { GatheredWrites } from './gathered-writes.js';
import type { Metadata } from './metadata.js';
import type { WriteStreamOptions } from './node-stream-options.js';
import { WriteStream } from './node-streams.js';
import type { OpenWriter } from './open-writer.js';
import { SerialQueue } from './serial-queue.js';
import type { WritableWebStreamOptions } from './stream-options.js';
import { writableWebStream } from './streams.js';

/**
 * Writes a file piece by piece. Nobody sees any of it before `close`, which puts it in place at once and as a whole.
 *
 * @example
 * const writer = await op.writer('report.csv');
 * await writer.write('name,size\n');
 * await writer.write(Buffer.from('a,1\n'));
 * const metadata = await writer.close();
 */
export class Writer {
	readonly #file: OpenWriter;
	readonly #queue = new SerialQueue();
	readonly #gathered: GatheredWrites;
	/** Calls that wait for what was gathered before them. */
	#waiting = 0;

	/** @internal */
	constructor(file: OpenWriter) {
		this.#file = file;
		this.#gathered = new GatheredWrites(file.invocation.context.store.bufferBytes, (bytes) =>
			this.#queue.add(() => this.#drive(file.write(bytes))),
		);
	}

	/**
	 * Adds bytes, or a string as UTF-8. Bytes must not be changed before the promise settles, which is when they are copied and what was
	 * written before them has been taken; what goes wrong with them after that is told by the next call, at the latest by `close`.
	 * Calls that were not awaited are written in the order of the calls. After a failure the writer has ended and the old content
	 * stands as it did.
	 */
	async write(content: Content): Promise<void> {
		const bytes = bytesOf(content, 'write', this.#file.invocation.path);
		await this.#inOrder(() => this.#drive(this.#file.write(bytes)));
	}

	/**
	 * Adds bytes, or a string as UTF-8, if there is room for a copy of them: for many small records, without a promise for each.
	 * `false`: nothing was added, and `await writer.write(content)` does it, and waits until there is room again. What goes wrong
	 * with what was added is told by the next call that has a promise. Throws `Closed` after the writer has ended.
	 *
	 * @example
	 * for (const record of records) if (!writer.tryWrite(record)) await writer.write(record);
	 */
	tryWrite(content: Content): boolean {
		this.#file.requireOpen();
		// What is added now would overtake those.
		if (this.#waiting > 0) return false;
		const bytes = typeof content === 'string' ? content : bytesOf(content, 'write', this.#file.invocation.path);
		return this.#gathered.tryAdd(bytes);
	}

	/**
	 * Hands over everything that was written before, and puts it on the disk as durably as this writer stores. A writer that appends
	 * has appended it then, at once and for everybody to see. The content of a whole file is safe but has no name: that comes with
	 * `close`.
	 */
	flush(): Promise<void> {
		return this.#inOrder(() => this.#drive(this.#file.flush()));
	}

	/** Stores what was written, after all writes that were called before, and tells what stat would. */
	close(): Promise<Metadata> {
		return this.#inOrder(() => this.#drive(this.#file.close()));
	}

	/**
	 * Forgets what was written and leaves alone what was there; what a writer that appends has flushed stays. Fine for a writer that
	 * has ended.
	 */
	async abort(): Promise<void> {
		await this.#gathered.clear();
		await this.#queue.add(() => this.#drive(this.#file.abort()));
	}

	/** A stream into this writer. Its end closes the writer; a stream that is destroyed before aborts it. */
	createWriteStream(options?: WriteStreamOptions): Writable {
		return new WriteStream(this, options);
	}

	/** The same as a Web stream of bytes and strings, for `pipeTo`. */
	writableWebStream(options?: WritableWebStreamOptions): WritableStream<Uint8Array | string> {
		return writableWebStream(this, options);
	}

	/** Aborts a writer that was not closed. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.abort();
	}

	/** Behind what was gathered, and behind the calls that wait for it. */
	#inOrder<T>(work: () => Promise<T>): Promise<T> {
		if (this.#gathered.isEmpty && this.#waiting === 0) return this.#queue.add(work);
		this.#waiting++;
		const settled = (): void => {
			this.#waiting--;
		};
		const result = this.#gathered.drain().then(() => this.#queue.add(work));
		result.then(settled, settled);
		return result;
	}

	#drive<T>(steps: Steps<T>): Promise<T> {
		return this.#file.invocation.drive(steps);
	}
}

/** A `Writer` whose calls block. */
export class BlockingWriter {
	readonly #file: OpenWriter;

	/** @internal */
	constructor(file: OpenWriter) {
		this.#file = file;
	}

	/** As `Writer.write`. */
	write(content: Content): void {
		this.#drive(this.#file.write(bytesOf(content, 'write', this.#file.invocation.path)));
	}

	/** As `Writer.flush`. */
	flush(): void {
		this.#drive(this.#file.flush());
	}

	/** As `Writer.close`. */
	close(): Metadata {
		return this.#drive(this.#file.close());
	}

	/** As `Writer.abort`. */
	abort(): void {
		this.#drive(this.#file.abort());
	}

	/** A stream into this writer; each of its writes blocks. */
	createWriteStream(options?: WriteStreamOptions): Writable {
		return new WriteStream(this, options);
	}

	/** Aborts a writer that was not closed. */
	[Symbol.dispose](): void {
		this.abort();
	}

	#drive<T>(steps: Steps<T>): T {
		return this.#file.invocation.driveSync(steps);
	}
}
