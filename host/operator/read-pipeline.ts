import { ignoreFailure } from './ignore-failure.js';

/** What a pipeline carries, and how a piece is asked for. A failure is a rejection. */
export interface PieceKind<Piece> {
	/** So many pieces are asked for ahead along with the first one. */
	readonly first: number;
	/** So many pieces of that size are asked for ahead at most. */
	most(bytes: number): number;
	/** Asks for a piece that somebody waits for. */
	ask(offset: number, bytes: number): Promise<Piece>;
	/** Asks for one that is probably wanted next; `undefined` when there is no room for it. */
	askAhead(offset: number, bytes: number): Promise<Piece> | undefined;
	/** Less than what was asked for says that the file ends there. */
	bytesOf(piece: Piece): number;
	/** Nobody wants this one any more. */
	drop(piece: Piece): void;
}

interface Asked<Piece> {
	readonly offset: number;
	readonly bytes: number;
	readonly piece: Promise<Piece>;
}

/**
 * Pieces of a file for whoever takes one after the other: while one is used the next ones are on their way. How many grows with
 * every piece that goes on from the last, and begins anew after a jump. Nothing is asked for unless a piece is taken, so that
 * whoever stops taking stops the engine.
 */
export class ReadPipeline<Piece> {
	readonly #kind: PieceKind<Piece>;
	/** In the order of the file, each where the one before it ends. */
	#ahead: Asked<Piece>[] = [];
	#depth: number;
	/** Where the piece that was taken last ends. */
	#next = -1;

	constructor(kind: PieceKind<Piece>) {
		this.#kind = kind;
		this.#depth = kind.first;
	}

	/**
	 * The piece at `offset`. Nothing is asked for from `end` on, nor ahead from `size` on: as far as is known nothing is there. One
	 * call at a time.
	 */
	async take(offset: number, bytes: number, end: number, size: number): Promise<Piece> {
		const head = this.#ahead[0];
		if (offset !== this.#next || (head !== undefined && head.bytes !== bytes)) this.drop();
		this.#next = offset + bytes;
		const asked = this.#ahead.shift() ?? { offset, bytes, piece: this.#kind.ask(offset, bytes) };
		this.#askAhead(asked, bytes, end, size);
		try {
			const piece = await asked.piece;
			const count = this.bytesOf(piece);
			this.#next = offset + count;
			if (count < bytes) this.drop();
			else this.#depth = Math.min(Math.max(1, this.#depth * 2), this.#kind.most(bytes));
			return piece;
		} catch (error) {
			this.drop();
			throw error;
		}
	}

	bytesOf(piece: Piece): number {
		return this.#kind.bytesOf(piece);
	}

	/** Gives up what was asked for ahead. */
	drop(): void {
		for (const { piece } of this.#ahead) piece.then((unwanted) => this.#kind.drop(unwanted), ignoreFailure);
		this.#ahead = [];
		this.#depth = this.#kind.first;
	}

	#askAhead(taken: Asked<Piece>, bytes: number, end: number, size: number): void {
		// Several at once, so that they cost the engine and the caller one wake-up together.
		if (this.#ahead.length * 2 > this.#depth) return;
		let last = this.#ahead.at(-1) ?? taken;
		while (this.#ahead.length < this.#depth) {
			const offset = last.offset + last.bytes;
			if (offset >= Math.min(end, size)) return;
			const wanted = Math.min(bytes, end - offset);
			const piece = this.#kind.askAhead(offset, wanted);
			if (piece === undefined) return;
			// Its failure belongs to whoever takes it, and perhaps nobody does.
			piece.catch(ignoreFailure);
			last = { offset, bytes: wanted, piece };
			this.#ahead.push(last);
		}
	}
}
