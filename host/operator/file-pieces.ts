import { parseInteger } from '../config.js';
import { HoldfastError } from '../errors.js';
import type { Reply, Request } from '../pool/request.js';
import { LEASE_MAX_BYTES, Lease, LeaseGate } from './lease.js';
import type { OpenFile } from './open-file.js';
import type { PieceKind, ReadPipeline } from './read-pipeline.js';

/** A piece in memory of its own, or in the engine's; nothing at the end of a file. */
export type Piece = Buffer | Lease | undefined;

/** So much of a stream is on its way at a time, in at least one piece and at most so many. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const AHEAD_PIECES_MAX = 8;
/** Leases on their way: enough that the engine never waits for who takes them. */
const LEASES_AHEAD = 4;
/** Room to find the end of a file in. */
const END_BYTES = 4096;
/** What fits the slot of a request comes back as a copy, so that a lease is larger than that. */
const LEASE_MIN_BYTES = 32 * 1024;

/** The two kinds of pieces that an open file is read in: those in the engine's memory, and those that streams copy from. */
export class FilePieces {
	readonly gate: LeaseGate;
	readonly #file: OpenFile;
	readonly #submit: (request: Request) => Promise<Reply>;

	constructor(file: OpenFile, submit: (request: Request) => Promise<Reply>) {
		this.gate = LeaseGate.of(file.context.store);
		this.#file = file;
		this.#submit = submit;
	}

	/**
	 * What streams copy from. It waits in the engine's memory, as far as there are places to spare: private memory that waited here
	 * would outlive its first garbage collections, and pile up.
	 */
	copies(): PieceKind<Piece> {
		const file = this.#file;
		const read = async (offset: number, bytes: number): Promise<Buffer> => {
			// As far as the file is known to go; it is asked for more only to find its end.
			const left = Math.max(file.size - offset, END_BYTES);
			const into = Buffer.allocUnsafe(Math.min(bytes, left));
			const reply = await this.#submit(file.pieceRequest(into, offset));
			file.took(reply);
			return into.subarray(0, reply.bytes.byteLength);
		};
		const askAhead = (offset: number, bytes: number): Promise<Piece> | undefined => {
			if (!this.#mayAskAhead) return undefined;
			// What fits the slot of a request comes back as a copy anyway.
			const isSmall = bytes < LEASE_MIN_BYTES;
			if (!isSmall && this.gate.trySpare()) return this.#lend(offset, bytes, false);
			return isSmall || file.concurrent > 1 ? read(offset, bytes) : undefined;
		};
		return {
			first: file.concurrent - 1,
			ask: (offset, bytes) => askAhead(offset, bytes) ?? read(offset, bytes),
			askAhead,
			most: (bytes) =>
				file.concurrent > 1 ? file.concurrent - 1 : clamp(Math.floor(AHEAD_BYTES / bytes), 1, AHEAD_PIECES_MAX),
			bytesOf,
			drop: release,
		};
	}

	/** Pieces in the engine's memory, each with a place at the gate. */
	leases(isPoisoned: boolean): PieceKind<Lease | undefined> {
		const file = this.#file;
		const { gate } = this;
		const lease = async (offset: number, bytes: number): Promise<Lease | undefined> => {
			const piece = await this.#lend(offset, bytes, isPoisoned);
			if (piece === undefined || piece instanceof Lease) return piece;
			const message = 'this engine lends nothing of its memory; read into a buffer, or through a stream';
			throw new HoldfastError('Unsupported', message, { operation: 'leases', path: file.path });
		};
		return {
			first: file.concurrent - 1,
			ask: async (offset, bytes) => {
				await gate.take(file.callOptions?.signal);
				return await lease(offset, bytes);
			},
			askAhead: (offset, bytes) => (this.#mayAskAhead && gate.trySpare() ? lease(offset, bytes) : undefined),
			most: () => Math.max(LEASES_AHEAD, file.concurrent - 1),
			bytesOf,
			drop: release,
		};
	}

	/** For whoever has taken a place at the gate. A copy comes from an engine that lends nothing. */
	async #lend(offset: number, bytes: number, isPoisoned: boolean): Promise<Piece> {
		let piece: Piece;
		try {
			const reply = await this.#submit(this.#file.leaseRequest(offset, bytes));
			this.#file.took(reply);
			const { held } = reply;
			if (held !== undefined && held.bytes.byteLength > 0) piece = new Lease(held, this.gate, offset, isPoisoned);
			else held?.release();
			return piece ?? (reply.bytes.byteLength > 0 ? Buffer.from(reply.bytes) : undefined);
		} finally {
			if (piece === undefined) this.gate.giveBack();
		}
	}

	/** With a deadline nothing is asked for early: while the caller does something else, its time would run. */
	get #mayAskAhead(): boolean {
		return this.#file.callOptions?.timeoutMs === undefined;
	}
}

/** Bytes of a lease, as they were asked for or else as many as there can be. */
export function leaseBytes(wanted: number | undefined, bufferBytes: number, path: string): number {
	const most = Math.min(LEASE_MAX_BYTES, bufferBytes);
	if (wanted === undefined) return most;
	const place = { operation: 'leases', path };
	return parseInteger('chunkBytes', wanted, Math.min(LEASE_MIN_BYTES, most), most, place);
}

/** What begins at `offset`, in memory of its own; in parts of the same size when it is more than the engine sends at once. */
export async function copyPiece(
	pipeline: ReadPipeline<Piece>,
	offset: number,
	bytes: number,
	end: number,
	size: number,
	most: number,
): Promise<Buffer> {
	const partBytes = Math.ceil(bytes / Math.ceil(bytes / most));
	const first = await pipeline.take(offset, partBytes, end, size);
	if (partBytes === bytes && !(first instanceof Lease)) return first ?? Buffer.alloc(0);
	const into = Buffer.allocUnsafe(Math.min(bytes, Math.max(size - offset, bytesOf(first))));
	let filled = put(first, into, 0);
	for (let last = filled; last === partBytes && filled < into.byteLength; ) {
		const wanted = Math.min(partBytes, into.byteLength - filled);
		last = put(await pipeline.take(offset + filled, wanted, end, size), into, filled);
		filled += last;
	}
	return into.subarray(0, filled);
}

/** Copies a piece and gives it back; its bytes. */
function put(piece: Piece, into: Buffer, at: number): number {
	const bytes = bytesOf(piece);
	if (piece !== undefined) into.set(piece instanceof Lease ? piece.bytes : piece, at);
	release(piece);
	return bytes;
}

export function bytesOf(piece: Piece): number {
	return (piece instanceof Lease ? piece.bytes : piece)?.byteLength ?? 0;
}

function release(piece: Piece): void {
	if (piece instanceof Lease) piece.release();
}

function clamp(value: number, least: number, most: number): number {
	return Math.max(least, Math.min(value, most));
}
