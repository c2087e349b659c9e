import { invalid } from '../config.js';
import { parseSize } from './parse-options.js';
import type { ByteRange } from './stream-options.js';

/** What streams and iterations read from: a `Reader`, or what stands for its blocking twin. */
export interface ReadSource {
	/** How much is read at a time unless somebody says otherwise. */
	readonly chunkBytes: number;
	read(buffer: Uint8Array): Promise<bigint> | bigint;
	readAt(buffer: Uint8Array, offset: number): Promise<bigint> | bigint;
	pieces(): PieceSource;
	close(): Promise<void> | void;
}

/**
 * Pieces in memory of their own, some of them on their way before they are asked for. An empty one is the end, a short one may be.
 * One call at a time.
 */
export interface PieceSource {
	/** What has not been read yet. */
	next(bytes: number): Promise<Buffer>;
	/** What begins at `offset`; nobody will ask for anything from `end` on. */
	at(offset: number, bytes: number, end: number): Promise<Buffer>;
}

/**
 * A place in a file that moves on with every read. With a `start` or an `end` it has a position of its own; without them it
 * reads what its reader has not read yet.
 */
export class FileCursor {
	readonly #source: ReadSource;
	readonly #isRange: boolean;
	#pieces: PieceSource | undefined;
	#position: number;
	#left: number;

	/** `ConfigInvalid` for a range that is none. */
	constructor(source: ReadSource, { start, end }: ByteRange) {
		const place = { operation: 'read' };
		const first = start === undefined ? 0 : parseSize('start', start, place);
		const last = end === undefined ? Number.MAX_SAFE_INTEGER - 1 : endOf(end);
		if (end !== undefined && last < first) throw invalid('end', end, `a position from ${first} (start) on`, place);
		this.#source = source;
		this.#isRange = start !== undefined || end !== undefined;
		this.#position = first;
		this.#left = last - first + 1;
	}

	/** Fills the front of `buffer`; gives the count, 0 at the end. */
	async fill(buffer: Uint8Array): Promise<number> {
		if (!this.#isRange) return Number(await this.#source.read(buffer));
		const wanted = Math.min(buffer.byteLength, this.#left);
		if (wanted === 0) return 0;
		const count = Number(await this.#source.readAt(buffer.subarray(0, wanted), this.#position));
		this.#position += count;
		this.#left -= count;
		return count;
	}

	/** At most `size` bytes in memory of their own; `undefined` at the end. */
	async next(size: number): Promise<Buffer | undefined> {
		const bytes = Math.min(size, this.#left);
		if (bytes === 0) return undefined;
		this.#pieces ??= this.#source.pieces();
		const end = this.#position + this.#left;
		const piece = await (this.#isRange ? this.#pieces.at(this.#position, bytes, end) : this.#pieces.next(bytes));
		this.#position += piece.byteLength;
		this.#left -= piece.byteLength;
		return piece.byteLength === 0 ? undefined : piece;
	}
}

/** Node's users write `Infinity` for a range that has no end. */
function endOf(end: number | bigint): number {
	if (end === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER - 1;
	return parseSize('end', end, { operation: 'read' });
}
