const FIRST_BYTES = 16 * 1024;
const LIMIT_BYTES = 256 * 1024;

/**
 * Small pieces of content on their way to the engine: they are copied together, so that a hundred bytes cost no request and no
 * promise of their own. There are two halves: while one is being sent the other fills. Both begin small.
 */
export class GatheredWrites {
	readonly #send: (bytes: Uint8Array) => Promise<void>;
	#filling: Buffer = Buffer.allocUnsafe(0);
	#spare: Buffer | undefined = Buffer.allocUnsafe(0);
	#filled = 0;
	#sending: Promise<void> = Promise.resolve();

	/** `send` takes one half at a time; it is not changed before the promise settles. */
	constructor(send: (bytes: Uint8Array) => Promise<void>) {
		this.#send = send;
	}

	get isEmpty(): boolean {
		return this.#filled === 0;
	}

	/** Copies the content; false when there is no room for it now, or never. */
	tryAdd(content: Uint8Array | string): boolean {
		// A character is at most three bytes of UTF-8: what may not fit is measured.
		const most = typeof content === 'string' ? content.length * 3 : content.byteLength;
		let bytes = most;
		if (most > LIMIT_BYTES - this.#filled && typeof content === 'string') bytes = Buffer.byteLength(content);
		if (bytes > LIMIT_BYTES) return false;
		if (this.#filled + bytes > LIMIT_BYTES && !this.#swap()) return false;
		if (this.#filled + bytes > this.#filling.length) this.#grow(this.#filled + bytes);
		if (typeof content === 'string') this.#filled += this.#filling.write(content, this.#filled);
		else {
			this.#filling.set(content, this.#filled);
			this.#filled += content.byteLength;
		}
		return true;
	}

	/** Sends what is gathered; settles when all of it, and what was sent before, has arrived. Rejects once with what went wrong. */
	async drain(): Promise<void> {
		if (this.#filled > 0 && !this.#swap()) {
			await this.#sending;
			this.#swap();
		}
		await this.#sending;
	}

	/** Forgets what is gathered and what went wrong. */
	async clear(): Promise<void> {
		this.#filled = 0;
		await this.#sending.then(undefined, () => undefined);
	}

	/** Begins to send the filled half; false while the other one is under way, or after that failed. */
	#swap(): boolean {
		const next = this.#spare;
		if (next === undefined) return false;
		const full = this.#filling;
		this.#spare = undefined;
		this.#sending = this.#send(full.subarray(0, this.#filled)).then(() => {
			this.#spare = full;
		});
		// Whoever asks next hears of it: `drain` does, before anything else is written.
		this.#sending.catch(() => undefined);
		this.#filling = next;
		this.#filled = 0;
		return true;
	}

	#grow(needed: number): void {
		const bytes = Math.min(Math.max(needed, this.#filling.length * 2, FIRST_BYTES), LIMIT_BYTES);
		const larger = Buffer.allocUnsafeSlow(bytes);
		larger.set(this.#filling.subarray(0, this.#filled));
		this.#filling = larger;
	}
}
