import { parseInteger } from '../config.js';
import { HoldfastError } from '../errors.js';
import type { Reply, Request } from '../pool/request.js';
import { LEASE_MAX_BYTES, Lease, LeaseGate } from './lease.js';
import type { OpenFile } from './open-file.js';
import type { PieceKind } from './read-pipeline.js';
import { bufferOf } from './replies.js';

/** So much of a stream is on its way at a time, in at least one piece and at most so many. */
const AHEAD_BYTES = 4 * 1024 * 1024;
const AHEAD_PIECES_MAX = 8;
/** Leases on their way: enough that the engine never waits for who takes them. */
const LEASES_AHEAD = 4;
/** Room to find the end of a file in. */
const END_BYTES = 4096;
/** What fits the slot of a request comes back as a copy, so that a lease is larger than that. */
const LEASE_MIN_BYTES = 32 * 1024;

/** The two kinds of pieces that an open file is read in: those in memory of their own, and those in the engine's. */
export class FilePieces {
	readonly gate: LeaseGate;
	readonly #file: OpenFile;
	readonly #submit: (request: Request) => Promise<Reply>;

	constructor(file: OpenFile, submit: (request: Request) => Promise<Reply>) {
		this.gate = LeaseGate.of(file.invocation.context.store);
		this.#file = file;
		this.#submit = submit;
	}

	/** What streams give: pieces in memory of their own. */
	private(): PieceKind<Buffer> {
		const file = this.#file;
		const read = async (offset: number, bytes: number): Promise<Buffer> => {
			// As far as the file is known to go; it is asked for more only to find its end.
			const left = Math.max(file.size - offset, END_BYTES);
			const reply = await this.#submit(file.privatePieceRequest(offset, Math.min(bytes, left)));
			file.took(reply);
			return bufferOf(reply);
		};
		return {
			first: file.concurrent - 1,
			ask: read,
			askAhead: (offset, bytes) => (file.invocation.mayAskAhead ? read(offset, bytes) : undefined),
			most: (bytes) =>
				file.concurrent > 1 ? file.concurrent - 1 : clamp(Math.floor(AHEAD_BYTES / bytes), 1, AHEAD_PIECES_MAX),
			bytesOf: (piece) => piece.byteLength,
			drop: () => undefined,
		};
	}

	/** Pieces in the engine's memory, each with a place at the gate. */
	leases(isPoisoned: boolean): PieceKind<Lease | undefined> {
		const file = this.#file;
		const { gate } = this;
		return {
			first: file.concurrent - 1,
			ask: async (offset, bytes) => {
				await gate.take(file.invocation.callOptions?.signal);
				return await this.#lend(offset, bytes, isPoisoned);
			},
			askAhead: (offset, bytes) =>
				file.invocation.mayAskAhead && gate.trySpare() ? this.#lend(offset, bytes, isPoisoned) : undefined,
			most: () => Math.max(LEASES_AHEAD, file.concurrent - 1),
			bytesOf: (lease) => lease?.bytes.byteLength ?? 0,
			drop: (lease) => lease?.release(),
		};
	}

	/** For whoever has taken a place at the gate. */
	async #lend(offset: number, bytes: number, isPoisoned: boolean): Promise<Lease | undefined> {
		let lease: Lease | undefined;
		try {
			const reply = await this.#submit(this.#file.leaseRequest(offset, bytes));
			this.#file.took(reply);
			const { held } = reply;
			if (held !== undefined && held.bytes.byteLength > 0) lease = new Lease(held, this.gate, offset, isPoisoned);
			else held?.release();
			if (lease !== undefined || reply.bytes.byteLength === 0) return lease;
			const message = 'this engine lends nothing of its memory; read into a buffer, or through a stream';
			throw new HoldfastError('Unsupported', message, { operation: 'leases', path: this.#file.path });
		} finally {
			if (lease === undefined) this.gate.giveBack();
		}
	}
}

/** Bytes of a lease, as they were asked for or else as many as there can be. */
export function leaseBytes(wanted: number | undefined, bufferBytes: number, path: string): number {
	const most = Math.min(LEASE_MAX_BYTES, bufferBytes);
	if (wanted === undefined) return most;
	const place = { operation: 'leases', path };
	return parseInteger('chunkBytes', wanted, Math.min(LEASE_MIN_BYTES, most), most, place);
}

function clamp(value: number, least: number, most: number): number {
	return Math.max(least, Math.min(value, most));
}
