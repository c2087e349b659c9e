import { decoder, encoder } from '../text.js';
import type { AccessHandle } from './private-storage.js';
import type { TreeRecord } from './records.js';

// Names and attributes as a log in one of two files; when it gets long, what still counts is written into the other one.
//
//   header  16 bytes: magic, generation, their checksum, 0     the file with the higher generation counts
//   frame   length of the text, its checksum, then the text: records of one change, as JSON in UTF-8
//
// A frame that was cut off, or is not what its checksum says, is the end: what comes after it was never confirmed.

const MAGIC = 0x31_66_64_68;
const HEADER_BYTES = 16;
const FRAME_BYTES = 8;
/** A log is rewritten when it is so long, and so many times longer than it was after the last time. */
const LONG_BYTES = 1024 * 1024;
const LONG_FACTOR = 4;
/** Records that a frame of a rewritten log holds. */
const SNAPSHOT_RECORDS = 1024;

/** Two files, of which one counts. Throws what the platform throws when it cannot write. */
export class TreeLog {
	readonly #files: readonly [AccessHandle, AccessHandle];
	#current = 0;
	#generation = 0;
	#end = 0;
	#longBytes = LONG_BYTES;
	#isDirty = false;

	constructor(files: readonly [AccessHandle, AccessHandle]) {
		this.#files = files;
	}

	/** Whether it is worth rewriting. */
	get isLong(): boolean {
		return this.#end >= this.#longBytes;
	}

	/** All records, in their order; afterwards new ones can be appended. */
	load(): TreeRecord[] {
		const generations = this.#files.map(generationOf);
		this.#current = (generations[1] ?? 0) > (generations[0] ?? 0) ? 1 : 0;
		this.#generation = generations[this.#current] ?? 0;
		if (this.#generation === 0) {
			this.#file.truncate(0);
			this.#end = HEADER_BYTES;
			this.#generation = 1;
			this.#writeHeader();
			return [];
		}
		const records: TreeRecord[] = [];
		this.#end = HEADER_BYTES;
		for (let frame = this.#readFrame(); frame !== undefined; frame = this.#readFrame()) records.push(...frame);
		// What follows a broken frame must not come back to life behind a new one.
		this.#file.truncate(this.#end);
		this.#longBytes = Math.max(LONG_BYTES, this.#end * 2);
		return records;
	}

	append(records: readonly TreeRecord[]): void {
		const text = encoder.encode(JSON.stringify(records));
		const frame = new Uint8Array(FRAME_BYTES + text.length);
		frame.set(text, FRAME_BYTES);
		words(frame).setUint32(0, text.length, true);
		words(frame).setUint32(4, checksum(text), true);
		writeAll(this.#file, frame, this.#end);
		this.#end += frame.length;
		this.#isDirty = true;
	}

	/** Writes these into the other file, which counts from then on. */
	rewrite(records: Iterable<TreeRecord>): void {
		const old = this.#file;
		this.#current = 1 - this.#current;
		this.#file.truncate(0);
		this.#end = HEADER_BYTES;
		this.#generation++;
		let part: TreeRecord[] = [];
		for (const record of records) {
			part.push(record);
			if (part.length < SNAPSHOT_RECORDS) continue;
			this.append(part);
			part = [];
		}
		if (part.length > 0) this.append(part);
		// The header comes last: until it is there, the old file counts.
		this.#file.flush();
		this.#writeHeader();
		this.#file.flush();
		old.truncate(0);
		this.#longBytes = Math.max(LONG_BYTES, this.#end * LONG_FACTOR);
	}

	/** What was appended is on the disk after this. */
	flush(): void {
		if (this.#isDirty) this.#file.flush();
		this.#isDirty = false;
	}

	close(): void {
		for (const file of this.#files) file.close();
	}

	get #file(): AccessHandle {
		return this.#files[this.#current] as AccessHandle;
	}

	#writeHeader(): void {
		const header = new Uint8Array(HEADER_BYTES);
		words(header).setUint32(0, MAGIC, true);
		words(header).setUint32(4, this.#generation, true);
		words(header).setUint32(8, checksum(header.subarray(0, 8)), true);
		writeAll(this.#file, header, 0);
	}

	#readFrame(): TreeRecord[] | undefined {
		const head = new Uint8Array(FRAME_BYTES);
		if (this.#file.read(head, { at: this.#end }) < FRAME_BYTES) return undefined;
		const length = words(head).getUint32(0, true);
		if (length > this.#file.getSize() - this.#end - FRAME_BYTES) return undefined;
		const text = new Uint8Array(length);
		this.#file.read(text, { at: this.#end + FRAME_BYTES });
		if (checksum(text) !== words(head).getUint32(4, true)) return undefined;
		this.#end += FRAME_BYTES + length;
		return JSON.parse(decoder.decode(text)) as TreeRecord[];
	}
}

/** 0 when the file is no log. */
function generationOf(file: AccessHandle): number {
	const header = new Uint8Array(HEADER_BYTES);
	if (file.read(header, { at: 0 }) < HEADER_BYTES) return 0;
	const isLog = words(header).getUint32(0, true) === MAGIC;
	const isWhole = words(header).getUint32(8, true) === checksum(header.subarray(0, 8));
	return isLog && isWhole ? words(header).getUint32(4, true) : 0;
}

function writeAll(file: AccessHandle, bytes: Uint8Array, at: number): void {
	for (let done = 0; done < bytes.length; ) {
		const count = file.write(bytes.subarray(done), { at: at + done });
		if (count === 0) throw new DOMException('nothing was written', 'QuotaExceededError');
		done += count;
	}
}

function words(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** FNV-1a. */
function checksum(bytes: Uint8Array): number {
	let hash = 0x811c9dc5;
	for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
	return hash >>> 0;
}
