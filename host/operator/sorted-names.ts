import { HoldfastError } from '../errors.js';
import type { ListedName } from './list-page.js';
import { byOrder, costOf, SORT_MEMORY_BYTES } from './name-order.js';
import { sortNames } from './sort-names.js';
import { SpillFile } from './spill-file.js';

/** What is read of each run at a time while the runs are merged. */
const WINDOW_BYTES = 64 * 1024;
const RUN_PIECE_BYTES = 1024 * 1024;

// A name in the temporary file: bytes of the name, its kind, 1 for a directory and 2 for a symlink, then inode, size and times as u64, the name in UTF-8.
const HEAD_BYTES = 56;
const KIND_AT = 4;
const BITS_AT = 8;
const INODE_AT = 16;
const SIZE_AT = 24;
const ACCESSED_AT = 32;
const MODIFIED_AT = 40;
const CHANGED_AT = 48;
const IS_DIRECTORY = 1;
const IS_LINK = 2;

/**
 * Puts names in the order in which their paths come: a directory counts with its slash, so that what is below it comes right
 * behind it. Sorted runs that do not fit go to a temporary file that has no name any more, and are merged from there.
 */
export class SortedNames {
	readonly #memoryBytes: number;
	/** Not in order yet. */
	#latest: ListedName[] = [];
	/** All that is in memory, the last one first. */
	#names: ListedName[] = [];
	#usedBytes = 0;
	readonly #runs: Run[] = [];
	#spill: SpillFile | undefined;

	constructor(memoryBytes: number = SORT_MEMORY_BYTES) {
		this.#memoryBytes = memoryBytes;
	}

	/** How many sorted runs went to the temporary file. */
	get runCount(): number {
		return this.#runs.length;
	}

	add(name: ListedName): void {
		this.#latest.push(name);
		this.#usedBytes += costOf(name);
		if (this.#usedBytes > this.#memoryBytes) this.#writeRun();
	}

	/** After the last name: from here on they can be taken. */
	finish(): void {
		this.#names = this.#takeSorted().reverse();
	}

	/** The next name in order, or `undefined` at the end. */
	take(): ListedName | undefined {
		let best: Run | undefined;
		for (const run of this.#runs) {
			if (run.head !== undefined && (best?.head === undefined || byOrder(run.head, best.head) < 0)) best = run;
		}
		const inMemory = this.#names.at(-1);
		if (best?.head === undefined || (inMemory !== undefined && byOrder(inMemory, best.head) < 0))
			return this.#names.pop();
		const found = best.head;
		best.advance();
		return found;
	}

	close(): void {
		this.#latest = [];
		this.#names = [];
		this.#runs.length = 0;
		this.#spill?.close();
		this.#spill = undefined;
	}

	#writeRun(): void {
		this.#spill ??= new SpillFile();
		const { start } = this.#spill;
		let piece: Buffer[] = [];
		let bytes = 0;
		for (const name of this.#takeSorted()) {
			const encoded = encodeName(name);
			bytes += encoded.length;
			piece.push(encoded);
			if (bytes < RUN_PIECE_BYTES) continue;
			this.#spill.append(Buffer.concat(piece));
			piece = [];
			bytes = 0;
		}
		this.#spill.append(Buffer.concat(piece));
		this.#runs.push(new Run(this.#spill, start, this.#spill.start));
		this.#usedBytes = 0;
	}

	/** All that is in memory, in order. */
	#takeSorted(): ListedName[] {
		const names = sortNames(this.#latest);
		this.#latest = [];
		return names;
	}
}

/** A sorted part of the temporary file, read through a small window. */
class Run {
	head: ListedName | undefined;
	readonly #file: SpillFile;
	readonly #end: number;
	#position: number;
	#window: Buffer = Buffer.alloc(0);

	constructor(file: SpillFile, start: number, end: number) {
		this.#file = file;
		this.#position = start;
		this.#end = end;
		this.advance();
	}

	advance(): void {
		const head = this.#peek(HEAD_BYTES);
		if (head === undefined) {
			this.head = undefined;
			return;
		}
		const bytes = HEAD_BYTES + head.readUInt32LE(0);
		const whole = this.#peek(bytes);
		if (whole === undefined) throw new HoldfastError('Unexpected', 'the temporary file of a listing was cut off');
		this.head = decodeName(whole.subarray(0, bytes));
		this.#window = this.#window.subarray(bytes);
	}

	/** At least so many of the bytes that come next, without taking them. */
	#peek(bytes: number): Buffer | undefined {
		if (this.#window.length >= bytes) return this.#window;
		const more = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, this.#end - this.#position));
		this.#file.read(more, this.#position);
		this.#position += more.length;
		this.#window = Buffer.concat([this.#window, more]);
		return this.#window.length >= bytes ? this.#window : undefined;
	}
}

function encodeName({ name, isDirectory, isLink, stat }: ListedName): Buffer {
	const bytes = Buffer.alloc(HEAD_BYTES + Buffer.byteLength(name));
	bytes.writeUInt32LE(bytes.length - HEAD_BYTES, 0);
	bytes.writeUInt32LE(stat.kind, KIND_AT);
	bytes.writeUInt32LE((isDirectory ? IS_DIRECTORY : 0) | (isLink ? IS_LINK : 0), BITS_AT);
	bytes.writeBigUInt64LE(stat.inode, INODE_AT);
	bytes.writeBigUInt64LE(stat.size, SIZE_AT);
	bytes.writeBigUInt64LE(stat.accessedNs, ACCESSED_AT);
	bytes.writeBigUInt64LE(stat.modifiedNs, MODIFIED_AT);
	bytes.writeBigUInt64LE(stat.changedNs, CHANGED_AT);
	bytes.write(name, HEAD_BYTES);
	return bytes;
}

function decodeName(bytes: Buffer): ListedName {
	const stat = {
		kind: bytes.readUInt32LE(KIND_AT),
		inode: bytes.readBigUInt64LE(INODE_AT),
		size: bytes.readBigUInt64LE(SIZE_AT),
		accessedNs: bytes.readBigUInt64LE(ACCESSED_AT),
		modifiedNs: bytes.readBigUInt64LE(MODIFIED_AT),
		changedNs: bytes.readBigUInt64LE(CHANGED_AT),
	};
	const bits = bytes.readUInt32LE(BITS_AT);
	const name = bytes.toString('utf8', HEAD_BYTES);
	return { name, isDirectory: (bits & IS_DIRECTORY) !== 0, isLink: (bits & IS_LINK) !== 0, stat };
}
