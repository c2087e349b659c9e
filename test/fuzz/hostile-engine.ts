import {
	COMPLETION_CHUNK,
	COMPLETION_DONE,
	CONTROL_BYTES,
	CONTROL_COMPLETION_TAIL,
	CONTROL_CURRENT,
	CONTROL_PANIC,
	CONTROL_SUBMISSION_HEAD,
	ERRNO_BADF,
	ERRNO_CANCELED,
	ERRNO_NOENT,
	ERRNO_SUCCESS,
	FILESTAT_BYTES,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FLAG_SUFFIX,
	LINE_BYTES,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	OP_CLOSE,
	OP_DESCRIBE,
	OP_LIST,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	PHASE_BEFORE,
	PHASE_MAY_HAVE_HAPPENED,
	SLOT_BUFFER,
	SLOT_DATA,
	SLOT_FD,
	SLOT_FLAGS,
	SLOT_LENGTH,
	SLOT_OFFSET,
	SLOT_OP,
	SLOT_PHASE,
	SLOT_RESULT_FD,
	SLOT_RESULT_HANDLE,
	SLOT_RESULT_TOTAL,
	SLOT_STAT,
	SLOT_STATUS,
	SLOT_TAG,
} from '#assembly/layout';
import type { Plan } from '#host/ring/plan';
import type { DescriptorTable } from '#host/wasi/descriptor-table';
import { EngineSide } from '../engine-side.ts';
import type { Random } from '../random.ts';

/** What stands where results may come from. */
export const DATA = 0x64;
/** What stands everywhere else in an engine's memory: no caller ever sees it. */
export const SECRET = 0xee;

const DATAS = Buffer.alloc(65536, DATA);
const SECRETS = Buffer.alloc(65536, SECRET);
/** None of them has a byte in it that is a secret. */
const WORDS = [0, 1, 2, 3, 15, 16, 255, 256, 4096, 16_384, 16_385, 65_536, 65_537, 0x7fffffff, -0x80000000, -1, -2];
const STATUSES = [ERRNO_SUCCESS, ERRNO_NOENT, ERRNO_CANCELED, ERRNO_BADF, 1, 127, 1000, 70_000, -1, -0x80000000];
const FILES_MAX = 1000;
const FILE_BYTES = 40_000;

/** A request that was taken and not answered. */
interface Task {
	readonly slot: number;
	readonly tag: number;
	readonly op: number;
}

/**
 * The engine's side of a memory in the hands of somebody who wants to harm the host. It knows all that an engine knows, and every
 * word of its memory is its own to write; descriptors it has from the table, as an engine has them from its imports.
 */
export class HostileEngine extends EngineSide {
	readonly #random: Random;
	readonly #table: DescriptorTable;
	/** Descriptors of others: of the host, of readers, of engines before this one. */
	readonly #foreign: readonly number[];
	readonly #tasks: Task[] = [];
	/** What it has opened, whatever became of it. */
	readonly #opened: number[] = [];

	constructor(
		memory: { readonly buffer: ArrayBufferLike },
		plan: Plan,
		random: Random,
		table: DescriptorTable,
		foreign: readonly number[],
	) {
		super(memory, plan);
		this.#random = random;
		this.#table = table;
		this.#foreign = foreign;
		this.#paint();
	}

	get isIdle(): boolean {
		return this.#tasks.length === 0;
	}

	/** Takes what was submitted, and turns once. */
	turn(): void {
		this.beat();
		for (let most = this.plan.entries; most > 0 && this.waiting > 0; most--) this.#takeIn();
	}

	/** Answers a request as an honest engine would, with what it finds in its data. */
	answer(): void {
		const task = this.#takeTask();
		if (task === undefined) return;
		const address = this.slot(task.slot);
		let count = 0;
		this.#set(address + SLOT_PHASE, PHASE_MAY_HAVE_HAPPENED);
		this.#set(address + SLOT_STATUS, ERRNO_SUCCESS);
		this.#set(address + SLOT_RESULT_TOTAL, 0, 0);
		this.#set(address + SLOT_RESULT_HANDLE, 1);
		this.#stat(address, () => 1);
		if (task.op === OP_OPEN) this.#set(address + SLOT_RESULT_FD, this.#openFile());
		if (task.op === OP_CLOSE) this.#table.remove(this.words[(address + SLOT_FD) >> 2]);
		if (task.op === OP_READ || task.op === OP_READ_AT) {
			// No parcel: the result stands in the slot, or comes in one piece.
			this.#set(address + SLOT_RESULT_HANDLE, 0);
			const size = Math.min(this.#sizeOf(address), this.#random.pick([10, this.plan.bufferBytes]));
			const buffer = size > 10 ? this.takeBuffer() : 0;
			if (buffer === 0) count = Math.min(size, 10);
			this.#set(address + SLOT_RESULT_TOTAL, buffer === 0 ? count : size, 0);
			if (buffer === 0) {
				this.bytes.fill(DATA, address + SLOT_DATA, address + SLOT_DATA + count);
			} else {
				this.handOver(buffer);
				this.post(task.slot, task.tag, COMPLETION_CHUNK | (buffer << 8), size);
			}
		}
		this.post(task.slot, task.tag, COMPLETION_DONE, count);
		this.ring();
	}

	/** What a read gives of a file that is long enough; files are not longer than this. */
	#sizeOf(address: number): number {
		const field = (offset: number) => this.words[(address + offset) >> 2];
		const asked = (field(SLOT_FLAGS) & FLAG_SUFFIX) === 0 ? field(SLOT_LENGTH) : field(SLOT_OFFSET);
		return asked < 0 ? FILE_BYTES : Math.min(asked, FILE_BYTES);
	}

	/** Something that no honest engine does, or what one does with something wrong in it. */
	attack(): void {
		const random = this.#random;
		const kinds: readonly (() => void)[] = [
			() => this.#answerWrongly(),
			() => this.#answerWrongly(),
			() => this.#postChunk(),
			() => this.#postChunk(),
			() => this.#postAnything(),
			() => this.#scribble(),
			() => this.#scribble(),
			() => this.#flip(),
			() =>
				Atomics.add(this.words, this.control(CONTROL_COMPLETION_TAIL), random.pick([-1, 1, 2, 1000, -1000, 2 ** 30])),
			() => void this.#openFile(),
		];
		random.pick(kinds)();
		if (random.chance(0.8)) this.ring();
	}

	/** An answer whose values are any. */
	#answerWrongly(): void {
		const random = this.#random;
		const task = random.chance(0.8) ? this.#takeTask() : random.pick(this.#tasks);
		if (task === undefined) return;
		const address = this.slot(task.slot);
		this.#set(address + SLOT_STATUS, random.chance(0.7) ? ERRNO_SUCCESS : random.pick(STATUSES));
		this.#set(address + SLOT_PHASE, random.pick([PHASE_BEFORE, PHASE_MAY_HAVE_HAPPENED, 2, -1]));
		this.#set(address + SLOT_RESULT_HANDLE, this.#value());
		this.#set(address + SLOT_RESULT_TOTAL, this.#value(), random.chance(0.8) ? 0 : this.#value());
		this.#set(address + SLOT_RESULT_FD, random.chance(0.6) ? this.#openFile() : this.#foreignFile());
		this.#stat(address, () => this.#value());
		if (task.op === OP_LIST || task.op === OP_DESCRIBE) this.#page(address + SLOT_DATA);
		const { slotDataBytes } = this.plan;
		const count = random.pick([0, 0, 1, 10, 100, slotDataBytes, slotDataBytes + 1, this.#value()]);
		this.post(task.slot, task.tag, COMPLETION_DONE, count);
	}

	/** A piece of a result: of a buffer that is handed over, or is not, of a size that fits, or does not, for whatever request. */
	#postChunk(): void {
		const random = this.#random;
		const task = random.pick(this.#tasks);
		if (task === undefined) return;
		const { bufferCount, bufferBytes } = this.plan;
		const free = this.takeBuffer();
		const buffer = free !== 0 && random.chance(0.8) ? free : random.between(0, bufferCount + 1);
		if (buffer >= 1 && buffer <= bufferCount && random.chance(0.9)) this.handOver(buffer);
		const address = this.slot(task.slot);
		const asked = this.#sizeOf(address);
		const count = random.pick([1, 10, 1000, asked, asked + 1, bufferBytes, bufferBytes + 1, this.#value()]);
		if (random.chance(0.7)) this.#set(address + SLOT_RESULT_TOTAL, random.pick([count, count * 2, this.#value()]), 0);
		this.post(task.slot, task.tag, COMPLETION_CHUNK | (buffer << 8), count);
		if (random.chance(0.5)) return;
		this.#tasks.splice(this.#tasks.indexOf(task), 1);
		this.#set(address + SLOT_STATUS, random.pick([ERRNO_SUCCESS, ERRNO_NOENT, ERRNO_CANCELED]));
		this.#set(address + SLOT_RESULT_HANDLE, 0);
		this.post(task.slot, task.tag, COMPLETION_DONE, 0);
	}

	#postAnything(): void {
		const random = this.#random;
		const slot = random.pick([0, 1, this.plan.entries - 1, this.plan.entries, this.#value()]);
		this.post(slot, random.pick([0, 1, this.#value()]), this.#value(), this.#value());
	}

	/** Any words over a part of the memory. */
	#scribble(): void {
		const random = this.#random;
		const plan = this.plan;
		const [first, limit] = random.pick([
			[plan.completions, plan.slots],
			[plan.slots, plan.slots + plan.entries * plan.slotBytes],
			[plan.control, plan.control + CONTROL_BYTES],
			[plan.bufferOwners, plan.bufferOwners + plan.bufferCount * LINE_BYTES],
			[plan.submissions, plan.completions],
			[plan.control + CONTROL_PANIC, plan.submissions],
			[plan.config, plan.control],
		]);
		const at = random.between(first >> 2, (limit >> 2) - 1);
		const end = Math.min(at + random.between(1, 12), limit >> 2);
		for (let word = at; word < end; word++) this.words[word] = this.#value();
	}

	/** One bit of something that counts. */
	#flip(): void {
		const random = this.#random;
		const plan = this.plan;
		const slot = this.slot(random.between(0, plan.entries - 1));
		const word = random.pick([
			(slot + 4 * random.between(0, 63)) >> 2,
			(plan.completions + 4 * random.between(0, plan.completionEntries * 4 - 1)) >> 2,
			this.control(CONTROL_COMPLETION_TAIL),
			this.control(CONTROL_SUBMISSION_HEAD),
			this.control(CONTROL_CURRENT),
			this.ownerWord(random.between(1, plan.bufferCount)),
		]);
		this.words[word] ^= 1 << random.between(0, 30);
	}

	/** Entries of a listing, or something that looks like some. */
	#page(address: number): void {
		const random = this.#random;
		const names = random.between(1, 4);
		for (let entry = address; entry < address + names * 128; entry += 128) {
			this.words[entry >> 2] = random.pick([FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE, this.#value()]);
			this.words[(entry + LIST_ENTRY_NAME_BYTES) >> 2] = random.pick([0, 1, 128 - LIST_ENTRY_NAME, this.#value()]);
		}
	}

	#takeIn(): void {
		const slot = this.take();
		// It may have written there itself.
		if (slot < 0 || slot >= this.plan.entries) return;
		const address = this.slot(slot);
		const buffer = this.words[(address + SLOT_BUFFER) >> 2];
		if (buffer >= 1 && buffer <= this.plan.bufferCount) this.freeBuffer(buffer);
		this.#tasks.push({ slot, tag: this.words[(address + SLOT_TAG) >> 2], op: this.words[(address + SLOT_OP) >> 2] });
	}

	#takeTask(): Task | undefined {
		if (this.#tasks.length === 0) return undefined;
		return this.#tasks.splice(this.#random.between(0, this.#tasks.length - 1), 1)[0];
	}

	#openFile(): number {
		const fd = this.#table.insert(this.#random.between(0, FILES_MAX), FILETYPE_REGULAR_FILE);
		this.#opened.push(fd);
		return fd;
	}

	/** One that it does not own, or that it has given away before. */
	#foreignFile(): number {
		if (this.#opened.length > 0 && this.#random.chance(0.4)) return this.#random.pick(this.#opened);
		return this.#foreign.length > 0 && this.#random.chance(0.8) ? this.#random.pick(this.#foreign) : this.#value();
	}

	#stat(address: number, value: () => number): void {
		for (let at = 0; at < FILESTAT_BYTES; at += 4) this.words[(address + SLOT_STAT + at) >> 2] = value();
	}

	#value(): number {
		const random = this.#random;
		return random.chance(0.7) ? random.pick(WORDS) : random.between(0, 0x7fffffff) & 0x7f7f7f7f;
	}

	#set(address: number, ...values: number[]): void {
		for (const [index, value] of values.entries()) this.words[(address >> 2) + index] = value;
	}

	/** Data where results may come from, secrets in what is left: each slot's own values, the records behind them, the end. */
	#paint(): void {
		const { slots, entries, slotBytes, slotDataBytes, records, writers, buffers, end } = this.plan;
		for (let slot = 0; slot < entries; slot++) {
			const address = slots + slot * slotBytes;
			this.#cover(SECRETS, address + SLOT_STATUS, address + SLOT_DATA);
			this.#cover(DATAS, address + SLOT_DATA, address + SLOT_DATA + slotDataBytes);
			this.#cover(SECRETS, address + SLOT_DATA + slotDataBytes, address + slotBytes);
		}
		this.#cover(DATAS, buffers, end);
		// Nobody writes there.
		if (this.bytes[records] === SECRET) return;
		this.#cover(SECRETS, records, writers);
		this.#cover(SECRETS, end, this.bytes.length);
	}

	/** Faster than `fill`, which takes shared memory byte by byte. */
	#cover(paint: Buffer, first: number, limit: number): void {
		for (let at = first; at < limit; at += paint.length) this.bytes.set(paint.subarray(0, limit - at), at);
	}
}
