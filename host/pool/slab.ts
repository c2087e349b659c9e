import { markAsUntransferable } from 'node:worker_threads';

const SLAB_BYTES = 65_536;
/** Larger results get memory of their own: then nobody keeps a whole slab for one of them. */
const PIECE_MAX_BYTES = 8192;
const ALIGN_BYTES = 8;

/**
 * Private memory for small results, cut from larger pieces as Node's own pool does for its small Buffers: to make an `ArrayBuffer` for
 * each takes longer than to fill it. Like that pool it cannot be transferred, because a part of it cannot.
 */
export class Slab {
	#buffer = new ArrayBuffer(0);
	#used = 0;

	/** Memory that is nobody else's, with anything in it. */
	take(length: number): Buffer {
		if (length > PIECE_MAX_BYTES) return Buffer.allocUnsafeSlow(length);
		if (this.#used + length > this.#buffer.byteLength) {
			this.#buffer = Buffer.allocUnsafeSlow(SLAB_BYTES).buffer as ArrayBuffer;
			markAsUntransferable(this.#buffer);
			this.#used = 0;
		}
		const piece = Buffer.from(this.#buffer, this.#used, length);
		this.#used = (this.#used + length + ALIGN_BYTES - 1) & -ALIGN_BYTES;
		return piece;
	}
}
