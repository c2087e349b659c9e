import { ERRNO_MFILE } from '../../assembly/layout.js';

// Open descriptors live here, outside every instance's memory, shared by all threads of a pool: an instance may trap, a
// worker may die, and an open reader goes on elsewhere. Each thread takes entries from a partition of its own, so
// opening needs no lock; closing may happen on any thread.
//
//   word 0: state     serial * 2, plus 1 while open; the serial counts the uses of this entry and is part of the
//                     descriptor number, so that a stale number finds nothing, and a late close closes nothing else
//   word 1: resource  an operating-system descriptor, or whatever number the implementation keeps there
//   word 2: kind      a FILETYPE_
//   word 3: owner     incarnation of the instance that opened it
const ENTRY_WORDS = 4;
const SERIAL_MASK = 0x7fff;
const INDEX_MASK = 0xffff;

/** The most entries a table can have: an index takes 16 bits of a descriptor number. */
export const DESCRIPTORS_MAX = 65536;

/** A table of open descriptors in shared memory. A descriptor number is `serial << 16 | index`. */
export class DescriptorTable {
	readonly #words: Int32Array;
	readonly #share: number;
	readonly #first: number;
	readonly #limit: number;
	#next: number;
	/** Written into every entry that is opened here; tells afterwards whose it was. */
	owner = 0;

	/** `partition` of `partitions` equal ones is this thread's own. */
	constructor(
		readonly buffer: SharedArrayBuffer | ArrayBuffer,
		partition: number,
		partitions: number,
	) {
		this.#words = new Int32Array(buffer);
		const entries = Math.floor(this.#words.length / ENTRY_WORDS);
		this.#share = Math.floor(entries / partitions);
		this.#first = partition * this.#share;
		this.#limit = this.#first + this.#share;
		this.#next = this.#first;
	}

	static bytes(entries: number): number {
		return Math.min(entries, DESCRIPTORS_MAX) * ENTRY_WORDS * 4;
	}

	/** Takes an entry of this thread's partition; `-ERRNO_MFILE` when all are open. */
	insert(resource: number, kind: number): number {
		for (let tries = this.#limit - this.#first; tries > 0; tries--) {
			const index = this.#next;
			this.#next = index + 1 === this.#limit ? this.#first : index + 1;
			const word = index * ENTRY_WORDS;
			const state = Atomics.load(this.#words, word);
			if (isOpen(state)) continue;
			const serial = ((state >> 1) + 1) & SERIAL_MASK;
			this.#words[word + 1] = resource;
			this.#words[word + 2] = kind;
			this.#words[word + 3] = this.owner;
			// The state is stored last: whoever sees the entry open sees the rest.
			Atomics.store(this.#words, word, serial * 2 + 1);
			return serial * (INDEX_MASK + 1) + index;
		}
		return -ERRNO_MFILE;
	}

	/** The resource behind a descriptor, or -1 when it is not open. */
	resource(fd: number): number {
		const word = this.#word(fd);
		return word < 0 ? -1 : this.#words[word + 1];
	}

	/** The kind of an open descriptor, or -1. */
	kind(fd: number): number {
		const word = this.#word(fd);
		return word < 0 ? -1 : this.#words[word + 2];
	}

	/** Frees the entry and gives its resource to exactly one caller; -1 for everybody else. */
	remove(fd: number): number {
		const word = this.#word(fd);
		if (word < 0) return -1;
		const resource = this.#words[word + 1];
		const open = serialOf(fd) * 2 + 1;
		return Atomics.compareExchange(this.#words, word, open, open - 1) === open ? resource : -1;
	}

	/** Who opened a descriptor, or -1 when it is not open. */
	ownerOf(fd: number): number {
		const word = this.#word(fd);
		return word < 0 ? -1 : this.#words[word + 3];
	}

	/** Descriptors that an owner opened and nobody closed: in one partition, or in all of them. */
	ownedBy(owner: number, partition?: number): number[] {
		const found: number[] = [];
		const share = this.#share * ENTRY_WORDS;
		const first = partition === undefined ? 0 : partition * share;
		const limit = partition === undefined ? this.#words.length : first + share;
		for (let word = first; word < limit; word += ENTRY_WORDS) {
			const state = Atomics.load(this.#words, word);
			if (!isOpen(state) || this.#words[word + 3] !== owner) continue;
			found.push((state >> 1) * (INDEX_MASK + 1) + word / ENTRY_WORDS);
		}
		return found;
	}

	/** How many entries are open, over all partitions; those of one kind may be left out. */
	open(except?: number): number {
		let count = 0;
		for (let word = 0; word < this.#words.length; word += ENTRY_WORDS) {
			if (isOpen(Atomics.load(this.#words, word)) && this.#words[word + 2] !== except) count++;
		}
		return count;
	}

	#word(fd: number): number {
		const word = (fd & INDEX_MASK) * ENTRY_WORDS;
		if (word >= this.#words.length) return -1;
		return Atomics.load(this.#words, word) === serialOf(fd) * 2 + 1 ? word : -1;
	}
}

function isOpen(state: number): boolean {
	return (state & 1) === 1;
}

function serialOf(fd: number): number {
	return (fd >>> 16) & SERIAL_MASK;
}
