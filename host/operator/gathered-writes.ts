const FIRST_BYTES = 16 * 1024;
/** Strings that are encoded at once have so many characters at most: they are still in the cache then. */
const TEXT_MAX = 16 * 1024;
/** A character is at most so many bytes of UTF-8. */
const UTF8_MAX = 3;

/**
 * Small pieces of content on their way to the engine: they are copied together, so that a hundred bytes cost no request and no
 * promise of their own. There are two halves: while one is being sent the other fills. Both begin small, and may become half of a buffer of the pool each: the
 * larger a half, the less often the engine is woken for it. Strings are first put together
 * and then encoded, because to encode a short one takes mostly the call that does it.
 */
export class GatheredWrites {
	readonly #halfBytes: number;
	readonly #send: (bytes: Uint8Array) => Promise<void>;
	#filling: Buffer = Buffer.allocUnsafe(0);
	#spare: Buffer | undefined = Buffer.allocUnsafe(0);
	#filled = 0;
	/** Strings behind what is filled; there is room for them, however many bytes they are. */
	#text = '';
	#sending: Promise<void> = Promise.resolve();

	/** `send` takes one half at a time; it is not changed before the promise settles. */
	constructor(bufferBytes: number, send: (bytes: Uint8Array) => Promise<void>) {
		this.#halfBytes = bufferBytes / 2;
		this.#send = send;
	}

	get isEmpty(): boolean {
		return this.#filled === 0 && this.#text === '';
	}

	/** Copies the content; false when there is no room for it now, or never. */
	tryAdd(content: Uint8Array | string): boolean {
		if (typeof content === 'string') return this.#tryAddText(content);
		this.#encode();
		if (!this.#makeRoom(content.byteLength)) return false;
		this.#filling.set(content, this.#filled);
		this.#filled += content.byteLength;
		return true;
	}

	/** Sends what is gathered; settles when all of it, and what was sent before, has arrived. Rejects once with what went wrong. */
	async drain(): Promise<void> {
		this.#encode();
		if (this.#filled > 0 && !this.#swap()) {
			await this.#sending;
			this.#swap();
		}
		await this.#sending;
	}

	/** Forgets what is gathered and what went wrong. */
	async clear(): Promise<void> {
		this.#filled = 0;
		this.#text = '';
		await this.#sending.then(undefined, () => undefined);
	}

	#tryAddText(content: string): boolean {
		const length = this.#text.length + content.length;
		// A lone half of a character at the end must not become a whole one with what comes next.
		const isSplit = (content.charCodeAt(content.length - 1) & 0xfc00) === 0xd800;
		if (length <= TEXT_MAX && this.#filled + length * UTF8_MAX <= this.#halfBytes && !isSplit) {
			this.#text += content;
			return true;
		}
		this.#encode();
		const most = content.length * UTF8_MAX;
		// What may not fit is measured.
		const bytes = most <= this.#halfBytes - this.#filled ? most : Buffer.byteLength(content);
		if (!this.#makeRoom(bytes)) return false;
		this.#filled += this.#filling.write(content, this.#filled);
		return true;
	}

	#encode(): void {
		if (this.#text === '') return;
		this.#makeRoom(this.#text.length * UTF8_MAX);
		this.#filled += this.#filling.write(this.#text, this.#filled);
		this.#text = '';
	}

	/** Room for so many bytes in the half that fills, which may become the other one; false when there is none. */
	#makeRoom(bytes: number): boolean {
		if (bytes > this.#halfBytes) return false;
		if (this.#filled + bytes > this.#halfBytes && !this.#swap()) return false;
		if (this.#filled + bytes > this.#filling.length) this.#grow(this.#filled + bytes);
		return true;
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
		const bytes = Math.min(Math.max(needed, this.#filling.length * 2, FIRST_BYTES), this.#halfBytes);
		const larger = Buffer.allocUnsafeSlow(bytes);
		larger.set(this.#filling.subarray(0, this.#filled));
		this.#filling = larger;
	}
}
