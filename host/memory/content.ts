import type { Heap } from './heap.js';
import { type Journal, long } from './journal.js';
import {
	INODE_BLOCKS,
	INODE_CONTENT,
	INODE_SHAPE,
	INODE_SIZE,
	PAGE_BYTES,
	PAGE_MASK,
	PAGE_SHIFT,
	PAGE_WORDS,
} from './layout.js';
import { type Pages, STORE_FULL, ZEROS } from './pages.js';
import { roundedBytes, type Slots } from './slots.js';

// The bytes of a file, by its shape:
//
//   0           nothing: every byte below the size is zero
//   64 to 4096  one block of that size
//   1           a page of 1024 addresses of pages: 4 MiB
//   2           a page of 1024 addresses of such pages: 4 GiB
//
// An address of 0 is a hole and reads as zeros. What lies behind the size, in the last page or in pages that a truncation
// has not given back yet, may hold anything: whoever makes the file longer first gives those pages back (`trim`) and
// clears the rest of the last one.
const HEIGHT_MAX = 2;

/** The largest size of a file in bytes. */
export const FILE_MAX_BYTES = PAGE_BYTES * PAGE_WORDS ** HEIGHT_MAX;
/** The most bytes that one step of a write may take: it bounds the journal. */
export const WRITE_STEP_BYTES = 64 * PAGE_BYTES;
const TRIM_STEP_BLOCKS = 256;

/** Reads and writes the bytes of files. Throws STORE_FULL. */
export class Content {
	readonly #heap: Heap;
	readonly #journal: Journal;
	readonly #pages: Pages;
	readonly #slots: Slots;

	constructor(heap: Heap, journal: Journal, pages: Pages, slots: Slots) {
		this.#heap = heap;
		this.#journal = journal;
		this.#pages = pages;
		this.#slots = slots;
	}

	/** Fills `bytes` from `position` and gives the count, which is short only at the end of the file. */
	read(inode: number, bytes: Uint8Array, position: number): number {
		const words = this.#heap.words;
		const count = Math.min(bytes.length, long(words, inode + INODE_SIZE) - position);
		if (count <= 0) return 0;
		if (!this.#isIndexed(inode)) {
			const there = Math.max(Math.min(count, words[inode + INODE_SHAPE] - position), 0);
			if (there > 0) this.#copyOut(words[inode + INODE_CONTENT] * 4 + position, bytes, 0, there);
			clear(bytes, there, count);
			return count;
		}
		let done = 0;
		while (done < count) {
			const block = Math.floor((position + done) / PAGE_BYTES);
			const offset = (position + done) % PAGE_BYTES;
			const page = this.#find(inode, block);
			let run = Math.min(PAGE_BYTES - offset, count - done);
			if (page === 0) {
				clear(bytes, done, done + run);
			} else {
				// Pages that lie side by side are copied at once.
				for (let next = 1; done + run < count && this.#find(inode, block + next) === page + next * PAGE_WORDS; next++) {
					run = Math.min(run + PAGE_BYTES, count - done);
				}
				this.#copyOut(page * 4 + offset, bytes, done, run);
			}
			done += run;
		}
		return count;
	}

	/**
	 * Writes at most WRITE_STEP_BYTES; the count is short when the store gets full. Throws STORE_FULL when not a single
	 * byte fits. `position` plus their number must not exceed FILE_MAX_BYTES.
	 */
	write(inode: number, bytes: Uint8Array, position: number): number {
		const size = this.#settledSize(inode);
		const end = position + bytes.length;
		if (end <= PAGE_BYTES && !this.#isIndexed(inode)) this.#reserveBlock(inode, position, end);
		else this.#reserveIndex(inode, Math.ceil(end / PAGE_BYTES));
		if (position > size) this.#clearTail(inode, size, position);
		const written = this.#isIndexed(inode)
			? this.#writePages(inode, bytes, position, size)
			: this.#copyIn(this.#heap.words[inode + INODE_CONTENT] * 4 + position, bytes, 0, bytes.length);
		if (position + written > size) this.#journal.setLong(inode + INODE_SIZE, position + written);
		return written;
	}

	/**
	 * Writes everything at the end or nothing: the size changes last, so that neither a reader nor a thread that ends in
	 * between ever leaves a part. Throws STORE_FULL; what was taken then lies behind the size, for `trim`.
	 */
	append(inode: number, bytes: Uint8Array): number {
		const position = this.#settledSize(inode);
		const end = position + bytes.length;
		if (end <= PAGE_BYTES && !this.#isIndexed(inode)) return this.write(inode, bytes, position);
		this.#reserveIndex(inode, Math.ceil(end / PAGE_BYTES));
		for (let done = 0; done < bytes.length; done += WRITE_STEP_BYTES) {
			const part = bytes.subarray(done, done + WRITE_STEP_BYTES);
			if (this.#writePages(inode, part, position + done, position) < part.length) throw STORE_FULL;
			this.#journal.commit();
		}
		this.#journal.setLong(inode + INODE_SIZE, end);
		return bytes.length;
	}

	/** Sets the size; what is added reads as zeros. Pages beyond it go back by `trim`. */
	resize(inode: number, size: number): void {
		const before = this.#settledSize(inode);
		if (size > before) this.#clearTail(inode, before, size);
		this.#journal.setLong(inode + INODE_SIZE, size);
	}

	/**
	 * Gives back what lies behind the size: at most so many blocks; false when there may be more. It begins at the end and
	 * can be interrupted after every step.
	 */
	trim(inode: number, blocksMax: number): boolean {
		const words = this.#heap.words;
		const keep = Math.ceil(long(words, inode + INODE_SIZE) / PAGE_BYTES);
		const content = words[inode + INODE_CONTENT];
		const shape = words[inode + INODE_SHAPE];
		if (content === 0) return true;
		if (!this.#isIndexed(inode)) {
			if (keep === 0) this.#drop(inode, content, shape);
			return true;
		}
		let blocks = words[inode + INODE_BLOCKS];
		let steps = 0;
		for (; blocks > keep && steps < blocksMax; steps++) blocks = this.#giveBlock(content, shape, blocks - 1, keep);
		this.#journal.set(inode + INODE_BLOCKS, blocks);
		if (blocks === 0) this.#drop(inode, content, PAGE_BYTES);
		return blocks <= keep;
	}

	#drop(inode: number, content: number, bytes: number): void {
		this.#journal.set(inode + INODE_CONTENT, 0);
		this.#journal.set(inode + INODE_SHAPE, 0);
		this.#slots.give(content, bytes);
	}

	/** Gives the last block back and says how many remain; jumps over a hole of 4 MiB. */
	#giveBlock(content: number, height: number, block: number, keep: number): number {
		const words = this.#heap.words;
		let node = content;
		if (height === HEIGHT_MAX) {
			node = words[content + (block >> PAGE_SHIFT)];
			if (node === 0) return Math.max(block & ~PAGE_MASK, keep);
		}
		const slot = node + (block & PAGE_MASK);
		const page = words[slot];
		if (page !== 0) {
			this.#journal.set(slot, 0);
			this.#pages.give(page);
		}
		if (height === HEIGHT_MAX && (block & PAGE_MASK) === 0) {
			this.#journal.set(content + (block >> PAGE_SHIFT), 0);
			this.#pages.give(node);
		}
		return block;
	}

	/** The size, after what an unfinished truncation left behind it is gone. */
	#settledSize(inode: number): number {
		const size = long(this.#heap.words, inode + INODE_SIZE);
		if (this.#isIndexed(inode) && this.#heap.words[inode + INODE_BLOCKS] > Math.ceil(size / PAGE_BYTES)) {
			for (let done = false; !done; this.#journal.commit()) done = this.trim(inode, TRIM_STEP_BLOCKS);
		}
		return size;
	}

	#isIndexed(inode: number): boolean {
		const shape = this.#heap.words[inode + INODE_SHAPE];
		return shape > 0 && shape <= HEIGHT_MAX;
	}

	/** Page of a block of an indexed file, or 0. */
	#find(inode: number, block: number): number {
		const words = this.#heap.words;
		const content = words[inode + INODE_CONTENT];
		if (words[inode + INODE_SHAPE] < HEIGHT_MAX) return block < PAGE_WORDS ? words[content + block] : 0;
		const node = block >> PAGE_SHIFT < PAGE_WORDS ? words[content + (block >> PAGE_SHIFT)] : 0;
		return node === 0 ? 0 : words[node + (block & PAGE_MASK)];
	}

	/** Page of a block, made when it is missing; 0 when the store is full. The index is high enough. */
	#findOrMake(inode: number, block: number): number {
		let node = this.#heap.words[inode + INODE_CONTENT];
		if (this.#heap.words[inode + INODE_SHAPE] === HEIGHT_MAX) {
			const slot = node + (block >> PAGE_SHIFT);
			node = this.#heap.words[slot];
			if (node === 0) {
				node = this.#pages.takeZeroed();
				if (node === 0) return 0;
				this.#journal.set(slot, node);
			}
		}
		const page = this.#pages.take();
		if (page !== 0) this.#journal.set(node + (block & PAGE_MASK), page);
		return page;
	}

	/** Makes the only block of a file large enough for a write from `start` to `end`, and clears what is new around that. */
	#reserveBlock(inode: number, start: number, end: number): void {
		const oldBytes = this.#heap.words[inode + INODE_SHAPE];
		if (end <= oldBytes) return;
		const newBytes = roundedBytes(end);
		const target = this.#slots.take(newBytes);
		const source = this.#heap.words[inode + INODE_CONTENT];
		const view = this.#heap.bytes;
		if (source !== 0) view.copyWithin(target * 4, source * 4, source * 4 + oldBytes);
		if (start > oldBytes) view.set(ZEROS.subarray(0, start - oldBytes), target * 4 + oldBytes);
		if (newBytes > end) view.set(ZEROS.subarray(0, newBytes - end), target * 4 + end);
		this.#journal.set(inode + INODE_CONTENT, target);
		this.#journal.set(inode + INODE_SHAPE, newBytes);
		if (source === 0) return;
		this.#slots.give(source, oldBytes);
		// A whole operation of its own, because more will be taken after this was given back.
		this.#journal.commit();
	}

	/** Makes the index of a file high enough for so many blocks. */
	#reserveIndex(inode: number, blocks: number): void {
		if (!this.#isIndexed(inode)) {
			if (this.#heap.words[inode + INODE_CONTENT] !== 0) this.#reserveBlock(inode, PAGE_BYTES, PAGE_BYTES);
			this.#raise(inode, 1);
			this.#journal.set(inode + INODE_BLOCKS, 1);
		}
		if (blocks > PAGE_WORDS && this.#heap.words[inode + INODE_SHAPE] < HEIGHT_MAX) this.#raise(inode, HEIGHT_MAX);
		if (blocks > this.#heap.words[inode + INODE_BLOCKS]) this.#journal.set(inode + INODE_BLOCKS, blocks);
	}

	#raise(inode: number, height: number): void {
		const node = this.#pages.takeZeroed();
		if (node === 0) throw STORE_FULL;
		this.#heap.words[node] = this.#heap.words[inode + INODE_CONTENT];
		this.#journal.set(inode + INODE_CONTENT, node);
		this.#journal.set(inode + INODE_SHAPE, height);
	}

	#writePages(inode: number, bytes: Uint8Array, position: number, size: number): number {
		let done = 0;
		let target = 0;
		let from = 0;
		while (done < bytes.length) {
			const offset = (position + done) % PAGE_BYTES;
			const part = Math.min(PAGE_BYTES - offset, bytes.length - done);
			const page = this.#pageToWrite(inode, position + done, part, size);
			if (page === 0) break;
			// Pages that lie side by side are written at once.
			if (page * 4 + offset !== target + done - from || done === 0) {
				this.#copyIn(target, bytes, from, done);
				target = page * 4 + offset;
				from = done;
			}
			done += part;
		}
		if (done === 0) throw STORE_FULL;
		this.#copyIn(target, bytes, from, done);
		return done;
	}

	/** The page for a part of a block; what the part does not cover of a new page is cleared. */
	#pageToWrite(inode: number, position: number, part: number, size: number): number {
		const block = Math.floor(position / PAGE_BYTES);
		const found = this.#find(inode, block);
		if (found !== 0) return found;
		const page = this.#findOrMake(inode, block);
		if (page === 0) return 0;
		const offset = position % PAGE_BYTES;
		if (offset > 0) this.#heap.bytes.set(ZEROS.subarray(0, offset), page * 4);
		const rest = PAGE_BYTES - offset - part;
		// Behind the size anything may lie.
		if (rest > 0 && position + part < size) this.#heap.bytes.set(ZEROS.subarray(0, rest), page * 4 + offset + part);
		return page;
	}

	/** Clears from the end of a file up to `end` within the block that holds its last bytes. */
	#clearTail(inode: number, size: number, end: number): void {
		const words = this.#heap.words;
		const content = words[inode + INODE_CONTENT];
		if (content === 0) return;
		let start = size;
		let limit = Math.min(end, words[inode + INODE_SHAPE]);
		let page = content;
		if (this.#isIndexed(inode)) {
			start = size % PAGE_BYTES;
			if (start === 0) return;
			limit = Math.min(start + end - size, PAGE_BYTES);
			page = this.#find(inode, Math.floor(size / PAGE_BYTES));
		}
		if (page !== 0 && limit > start) this.#heap.bytes.set(ZEROS.subarray(0, limit - start), page * 4 + start);
	}

	#copyOut(address: number, bytes: Uint8Array, at: number, count: number): void {
		bytes.set(this.#heap.bytes.subarray(address, address + count), at);
	}

	#copyIn(address: number, bytes: Uint8Array, from: number, to: number): number {
		const whole = from === 0 && to === bytes.length;
		if (to > from) this.#heap.bytes.set(whole ? bytes : bytes.subarray(from, to), address);
		return to - from;
	}
}

function clear(bytes: Uint8Array, from: number, to: number): void {
	for (let at = from; at < to; at += PAGE_BYTES) bytes.set(ZEROS.subarray(0, Math.min(PAGE_BYTES, to - at)), at);
}
