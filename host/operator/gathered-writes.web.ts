/**
 * Small pieces of content on their way to the engine, where that works in the same thread: nothing is gained by sending some while others come,
 * so they are kept until somebody waits for them, and then go together.
 */
export class GatheredWrites {
	readonly #most: number;
	readonly #send: (bytes: Uint8Array) => Promise<void>;
	#pieces: Uint8Array[] = [];
	#bytes = 0;
	#sending: Promise<void> = Promise.resolve();

	constructor(bufferBytes: number, send: (bytes: Uint8Array) => Promise<void>) {
		this.#most = bufferBytes;
		this.#send = send;
	}

	get isEmpty(): boolean {
		return this.#bytes === 0;
	}

	/** Copies the content; false when there is no room for it now, or never. */
	tryAdd(content: Uint8Array | string): boolean {
		const piece = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
		if (this.#bytes + piece.length > this.#most) return false;
		this.#pieces.push(piece);
		this.#bytes += piece.length;
		return true;
	}

	/** Sends what is gathered; settles when all of it, and what was sent before, has arrived. Rejects with what went wrong. */
	async drain(): Promise<void> {
		const [pieces, bytes] = [this.#pieces, this.#bytes];
		this.#forget();
		if (bytes > 0) this.#sending = this.#send(Buffer.concat(pieces, bytes));
		await this.#sending;
	}

	/** Forgets what is gathered and what went wrong. */
	async clear(): Promise<void> {
		this.#forget();
		await this.#sending.catch(() => undefined);
	}

	#forget(): void {
		this.#pieces = [];
		this.#bytes = 0;
	}
}
