import { ERRNO_NOSPC } from '../../assembly/layout.js';
import type { TreeNode } from './node.js';
import type { TreeStorage } from './storage.js';

const PIECE_BYTES = 65536;
const FIRST_PIECE_BYTES = 64;

/** Bytes in the memory of this thread, in pieces, so that a file that grows is not copied again and again. */
export class MemoryStorage implements TreeStorage {
	readonly #files = new Map<TreeNode, Uint8Array[]>();
	readonly #maximumBytes: number;
	#usedBytes = 0;

	constructor(maximumBytes: number) {
		this.#maximumBytes = maximumBytes;
	}

	/** Bytes of all pieces. */
	get usedBytes(): number {
		return this.#usedBytes;
	}

	read(node: TreeNode, bytes: Uint8Array, position: number): number {
		const pieces = this.#files.get(node) ?? [];
		for (let done = 0; done < bytes.length; ) {
			const [index, offset, count] = partAt(position + done, bytes.length - done);
			const found = pieces[index]?.subarray(offset, offset + count) ?? new Uint8Array(0);
			bytes.set(found, done);
			bytes.fill(0, done + found.length, done + count);
			done += count;
		}
		return bytes.length;
	}

	write(node: TreeNode, bytes: Uint8Array, position: number): number {
		let pieces = this.#files.get(node);
		if (pieces === undefined) {
			pieces = [];
			this.#files.set(node, pieces);
		}
		for (let done = 0; done < bytes.length; ) {
			const [index, offset, count] = partAt(position + done, bytes.length - done);
			const piece = this.#reserve(pieces, index, offset + count);
			if (piece === undefined) return done === 0 ? -ERRNO_NOSPC : done;
			piece.set(bytes.subarray(done, done + count), offset);
			done += count;
		}
		return bytes.length;
	}

	resize(node: TreeNode, size: number): number {
		const pieces = this.#files.get(node);
		if (pieces === undefined || size >= node.size) return 0;
		const [index, offset] = partAt(size, 0);
		for (const piece of pieces.splice(offset === 0 ? index : index + 1)) this.#usedBytes -= piece?.length ?? 0;
		// What is added later reads as zeros.
		pieces[index]?.fill(0, offset);
		return 0;
	}

	drop(node: TreeNode): void {
		for (const piece of this.#files.get(node) ?? []) this.#usedBytes -= piece?.length ?? 0;
		this.#files.delete(node);
	}

	record(): void {
		// Nothing outlives this thread.
	}

	sync(): number {
		return 0;
	}

	/** The piece, made or made larger when it is too small; undefined when there is no room. */
	#reserve(pieces: Uint8Array[], index: number, bytes: number): Uint8Array | undefined {
		const piece = pieces[index];
		if (piece !== undefined && piece.length >= bytes) return piece;
		const length = Math.min(PIECE_BYTES, Math.max(FIRST_PIECE_BYTES, 2 ** Math.ceil(Math.log2(bytes))));
		const more = length - (piece?.length ?? 0);
		if (this.#usedBytes + more > this.#maximumBytes) return undefined;
		this.#usedBytes += more;
		const larger = new Uint8Array(length);
		if (piece !== undefined) larger.set(piece);
		// A hole is filled too: an array with gaps is slow.
		while (pieces.length < index) pieces.push(new Uint8Array(0));
		pieces[index] = larger;
		return larger;
	}
}

/** Index of the piece at a position, the offset in it, and how many of `bytes` lie there. */
function partAt(position: number, bytes: number): [index: number, offset: number, count: number] {
	const index = Math.floor(position / PIECE_BYTES);
	const offset = position - index * PIECE_BYTES;
	return [index, offset, Math.min(PIECE_BYTES - offset, bytes)];
}
