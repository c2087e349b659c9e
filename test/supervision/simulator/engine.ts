import {
	COMPLETION_CHUNK,
	COMPLETION_DONE,
	CONTROL_ARMED,
	CONTROL_COMPLETION_TAIL,
	CONTROL_CURRENT,
	CONTROL_SLEEPING,
	CONTROL_STOP,
	ERRNO_BADF,
	ERRNO_CANCELED,
	ERRNO_SUCCESS,
	FILETYPE_REGULAR_FILE,
	FLAG_APPEND,
	NONCE_BYTES,
	OP_CLOSE,
	OP_DELETE,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_SLEEP,
	OP_STAT,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
	PHASE_BEFORE,
	PHASE_MAY_HAVE_HAPPENED,
	SLOT_BUFFER,
	SLOT_CANCEL,
	SLOT_DATA,
	SLOT_DATA_BYTES,
	SLOT_FD,
	SLOT_FLAGS,
	SLOT_HANDLE,
	SLOT_NONCE,
	SLOT_OFFSET,
	SLOT_OP,
	SLOT_PATH,
	SLOT_PATH_BYTES,
	SLOT_PHASE,
	SLOT_RESULT_FD,
	SLOT_RESULT_HANDLE,
	SLOT_RESULT_TOTAL,
	SLOT_STATUS,
	SLOT_TAG,
	STATUS_MALFORMED,
	STATUS_REVOKED,
} from '#assembly/layout';
import { hiddenPaths, TEMPORARY_PREFIX } from '#host/pool/temporary';
import type { Plan } from '#host/ring/plan';
import type { DescriptorTable } from '#host/wasi/descriptor-table';
import { EngineSide } from '../../engine-side.ts';
import type { Disk } from './disk.ts';
import type { World } from './world.ts';

/** One request, as the engine works on it: each step is one call of its host, and between two of them anything may happen. */
interface Task {
	readonly slot: number;
	readonly tag: number;
	readonly steps: Generator<'step' | 'wait', number, void>;
	/** When a request that waits may go on. */
	dueMs: number;
	/** Bytes of the result in the slot's data. */
	count: number;
	/** The token that the request carries. */
	readonly token: string;
}

interface Writer {
	readonly path: string;
	readonly temporary: string;
	readonly fd: number;
	readonly tokens: string[];
}

/**
 * An engine in JavaScript that works on the same memory as the real one: it takes submissions, answers, rings. It knows no mercy
 * and no mistakes; what goes wrong in it, its thread decides.
 */
export class SimulatedEngine extends EngineSide {
	readonly #world: World;
	readonly #disk: Disk;
	readonly #table: DescriptorTable;
	readonly #mayChange: () => boolean;
	readonly #tasks: Task[] = [];
	readonly #writers = new Map<number, Writer>();
	#nextWriter = 1;
	/** What was answered last: for answering twice. */
	#last: readonly [number, number, number, number] | undefined;

	constructor(
		memory: { readonly buffer: ArrayBufferLike },
		plan: Plan,
		world: World,
		disk: Disk,
		table: DescriptorTable,
		mayChange: () => boolean,
	) {
		super(memory, plan);
		this.#world = world;
		this.#disk = disk;
		this.#table = table;
		this.#mayChange = mayChange;
	}

	get isStopped(): boolean {
		return Atomics.load(this.words, this.control(CONTROL_STOP)) !== 0;
	}

	set isSleeping(value: boolean) {
		Atomics.store(this.words, this.control(CONTROL_SLEEPING), value ? 1 : 0);
	}

	/** One step of one request, in the order of the seed. False: there is nothing to do; the next one is due then, if ever. */
	turn(): { isIdle: boolean; dueMs: number } {
		this.beat();
		while (this.waiting > 0) this.#takeIn();
		const now = this.#world.nowMs();
		const runnable = this.#tasks.filter((task) => task.dueMs <= now);
		if (runnable.length === 0) {
			return { isIdle: true, dueMs: Math.min(...this.#tasks.map((task) => task.dueMs), Number.POSITIVE_INFINITY) };
		}
		this.#advance(this.#world.random.pick(runnable));
		return { isIdle: false, dueMs: now };
	}

	/** The slot of a request stands in `current` while its step runs; an end in the middle of it leaves it there. */
	beginStep(): void {
		const task = this.#tasks.length === 0 ? undefined : this.#world.random.pick(this.#tasks);
		if (task !== undefined) this.words[this.control(CONTROL_CURRENT)] = task.slot + 1;
	}

	/** Posts what no engine should. */
	postNonsense(): void {
		const { random } = this.#world;
		const { entries, bufferCount, bufferBytes, slotDataBytes } = this.plan;
		const task = this.#tasks.length === 0 ? undefined : random.pick(this.#tasks);
		const slot = task?.slot ?? random.between(0, entries - 1);
		const tag = task?.tag ?? 1;
		const kinds: (() => void)[] = [
			() => this.post(random.between(entries, 2 ** 31), tag, COMPLETION_DONE, 0),
			() => this.post(slot, (tag + random.between(100_000, 2 ** 30)) | 0, COMPLETION_DONE, 0),
			() => this.post(slot, tag, random.between(3, 255), 0),
			() => this.post(slot, tag, COMPLETION_DONE, slotDataBytes + random.between(1, 2 ** 30)),
			() => this.post(slot, tag, COMPLETION_CHUNK | (random.between(bufferCount + 1, 2 ** 20) << 8), 1),
			() => this.post(slot, tag, COMPLETION_CHUNK | (1 << 8), bufferBytes + random.between(1, 2 ** 30)),
			() => Atomics.add(this.words, this.control(CONTROL_COMPLETION_TAIL), random.between(2 ** 20, 2 ** 30)),
			() => this.post(...(this.#last ?? [slot, tag ^ 0x4000_0000, COMPLETION_DONE, 0])),
		];
		random.pick(kinds)();
		this.ring();
	}

	#takeIn(): void {
		const slot = this.take();
		const address = this.slot(slot);
		this.words[(address + SLOT_PHASE) >> 2] = PHASE_BEFORE;
		const task: Task = {
			slot,
			tag: this.words[(address + SLOT_TAG) >> 2],
			steps: undefined as never,
			dueMs: 0,
			count: 0,
			token: this.#payload(address),
		};
		this.#tasks.push(Object.assign(task, { steps: this.#work(task) }));
	}

	#advance(task: Task): void {
		const current = this.control(CONTROL_CURRENT);
		this.words[current] = task.slot + 1;
		const isCancelled = this.words[(this.slot(task.slot) + SLOT_CANCEL) >> 2] === task.tag;
		const isBefore = this.words[(this.slot(task.slot) + SLOT_PHASE) >> 2] === PHASE_BEFORE;
		const step = isCancelled && isBefore ? task.steps.return(ERRNO_CANCELED) : task.steps.next();
		if (step.done) {
			this.#tasks.splice(this.#tasks.indexOf(task), 1);
			this.words[(this.slot(task.slot) + SLOT_STATUS) >> 2] = step.value;
			this.post(task.slot, task.tag, COMPLETION_DONE, step.value === ERRNO_SUCCESS ? task.count : 0);
			this.ring();
		}
		this.words[current] = 0;
	}

	*#work(task: Task): Task['steps'] {
		const address = this.slot(task.slot);
		const number = (offset: number) => this.words[(address + offset) >> 2];
		const op = number(SLOT_OP);
		const path = this.bytes.toString('latin1', address + SLOT_PATH, address + SLOT_PATH + number(SLOT_PATH_BYTES));
		const nonce = Buffer.from(this.bytes.subarray(address + SLOT_NONCE, address + SLOT_NONCE + NONCE_BYTES));
		const { temporary } = hiddenPaths({ beside: path, nonce, prefix: TEMPORARY_PREFIX });
		switch (op) {
			case OP_SLEEP:
				task.dueMs = this.#world.nowMs() + number(SLOT_OFFSET);
				yield 'wait';
				return ERRNO_SUCCESS;
			case OP_STAT:
				yield 'step';
				return this.#disk.text(path) === undefined ? 44 : ERRNO_SUCCESS;
			case OP_READ:
				return yield* this.#read(task, path);
			case OP_OPEN:
				return yield* this.#open(path, address);
			case OP_READ_AT: {
				yield 'step';
				const resource = this.#table.resource(number(SLOT_FD));
				if (resource < 0) return ERRNO_BADF;
				return yield* this.#reply(task, this.#disk.file(resource)?.tokens.join('') ?? 'closed');
			}
			case OP_CLOSE:
				yield 'step';
				return this.#close(number(SLOT_FD));
			case OP_WRITE:
				return yield* (number(SLOT_FLAGS) & FLAG_APPEND) === 0
					? this.#replace(address, path, temporary, task.token)
					: this.#append(address, path, task.token);
			case OP_DELETE: {
				yield 'step';
				this.#mayHaveHappened(address);
				if (!this.#mayChange()) return STATUS_REVOKED;
				yield 'step';
				this.#disk.count(task.token);
				this.#disk.unlink(path);
				return ERRNO_SUCCESS;
			}
			case OP_WRITER_OPEN: {
				const opened = yield* this.#create(temporary);
				if (opened < 0) return -opened;
				const handle = this.#nextWriter++;
				this.#writers.set(handle, { path, temporary, fd: opened, tokens: [] });
				this.words[(address + SLOT_RESULT_HANDLE) >> 2] = handle;
				return ERRNO_SUCCESS;
			}
			case OP_WRITER_WRITE: {
				const writer = this.#writers.get(number(SLOT_HANDLE));
				if (writer === undefined) return STATUS_MALFORMED;
				yield 'step';
				if (!this.#mayChange()) return STATUS_REVOKED;
				yield 'step';
				writer.tokens.push(task.token);
				return -this.#disk.write(this.#table.resource(writer.fd), task.token);
			}
			case OP_WRITER_CLOSE:
			case OP_WRITER_ABORT: {
				const handle = number(SLOT_HANDLE);
				const writer = this.#writers.get(handle);
				if (writer === undefined) return STATUS_MALFORMED;
				this.#writers.delete(handle);
				let isNamed = false;
				try {
					yield 'step';
					this.#close(writer.fd);
					if (op === OP_WRITER_ABORT) return ERRNO_SUCCESS;
					const status = yield* this.#name(address, writer.temporary, writer.path, writer.tokens);
					isNamed = status === ERRNO_SUCCESS;
					return status;
				} finally {
					this.#close(writer.fd);
					if (!isNamed && this.#mayChange()) this.#disk.unlink(writer.temporary);
				}
			}
			default:
				return STATUS_MALFORMED;
		}
	}

	*#read(task: Task, path: string): Task['steps'] {
		yield 'step';
		const resource = this.#disk.openPath(path);
		if (resource < 0) return -resource;
		const fd = this.#enter(resource);
		if (fd < 0) return -fd;
		try {
			yield 'step';
			return yield* this.#reply(task, this.#disk.file(this.#table.resource(fd))?.tokens.join('') ?? 'closed');
		} finally {
			this.#close(fd);
		}
	}

	*#open(path: string, address: number): Task['steps'] {
		yield 'step';
		const resource = this.#disk.openPath(path);
		if (resource < 0) return -resource;
		const fd = this.#enter(resource);
		if (fd < 0) return -fd;
		let isOpened = false;
		try {
			yield 'step';
			this.words[(address + SLOT_RESULT_FD) >> 2] = fd;
			isOpened = true;
			return ERRNO_SUCCESS;
		} finally {
			if (!isOpened) this.#close(fd);
		}
	}

	*#create(temporary: string): Task['steps'] {
		yield 'step';
		if (!this.#mayChange()) return -STATUS_REVOKED;
		yield 'step';
		return this.#enter(this.#disk.create(temporary));
	}

	/** A whole file: temporary file, content, close, rename. */
	*#replace(address: number, path: string, temporary: string, token: string): Task['steps'] {
		const fd = yield* this.#create(temporary);
		if (fd < 0) return -fd;
		let isNamed = false;
		try {
			yield 'step';
			if (!this.#mayChange()) return STATUS_REVOKED;
			yield 'step';
			const errno = this.#disk.write(this.#table.resource(fd), token);
			if (errno < 0) return -errno;
			yield 'step';
			this.#close(fd);
			const status = yield* this.#name(address, temporary, path, [token]);
			isNamed = status === ERRNO_SUCCESS;
			return status;
		} finally {
			this.#close(fd);
			if (!isNamed && this.#mayChange()) this.#disk.unlink(temporary);
		}
	}

	*#name(address: number, temporary: string, path: string, tokens: readonly string[]): Task['steps'] {
		yield 'step';
		this.#mayHaveHappened(address);
		if (!this.#mayChange()) return STATUS_REVOKED;
		// Here a thread can be inside the call itself.
		yield 'step';
		const errno = this.#disk.rename(temporary, path);
		if (errno < 0) return -errno;
		for (const token of tokens) this.#disk.count(token);
		yield 'step';
		return ERRNO_SUCCESS;
	}

	*#append(address: number, path: string, token: string): Task['steps'] {
		yield 'step';
		if (!this.#mayChange()) return STATUS_REVOKED;
		const fd = this.#enter(this.#disk.openOrCreate(path));
		if (fd < 0) return -fd;
		try {
			yield 'step';
			this.#mayHaveHappened(address);
			if (!this.#mayChange()) return STATUS_REVOKED;
			yield 'step';
			const errno = this.#disk.write(this.#table.resource(fd), token);
			if (errno < 0) return -errno;
			this.#disk.count(token);
			yield 'step';
			return ERRNO_SUCCESS;
		} finally {
			this.#close(fd);
		}
	}

	/** The result in the slot, or when the seed says so in chunks of a few bytes. */
	*#reply(task: Task, text: string): Task['steps'] {
		const address = this.slot(task.slot);
		this.bytes.writeBigUInt64LE(BigInt(text.length), address + SLOT_RESULT_TOTAL);
		if (this.#world.random.chance(0.7)) {
			this.bytes.write(text, address + SLOT_DATA, 'latin1');
			task.count = text.length;
			return ERRNO_SUCCESS;
		}
		for (let start = 0; start < text.length; ) {
			const buffer = this.takeBuffer();
			if (buffer === 0) {
				task.dueMs = this.#world.nowMs() + 1;
				yield 'wait';
				continue;
			}
			const part = text.slice(start, start + this.#world.random.between(1, 12));
			this.bytes.write(part, this.bufferAddress(buffer), 'latin1');
			this.handOver(buffer);
			this.post(task.slot, task.tag, COMPLETION_CHUNK | (buffer << 8), part.length);
			start += part.length;
			yield 'step';
		}
		return ERRNO_SUCCESS;
	}

	/** The token that a request carries; a large payload is a token and filling. */
	#payload(address: number): string {
		const bytes = this.words[(address + SLOT_DATA_BYTES) >> 2];
		const buffer = this.words[(address + SLOT_BUFFER) >> 2];
		const start = buffer === 0 ? address + SLOT_DATA : this.bufferAddress(buffer);
		const token = this.bytes.toString('latin1', start, start + Math.min(bytes, 16)).trimEnd();
		if (buffer !== 0) this.freeBuffer(buffer);
		return token;
	}

	#mayHaveHappened(address: number): void {
		this.words[(address + SLOT_PHASE) >> 2] = PHASE_MAY_HAVE_HAPPENED;
	}

	#enter(resource: number): number {
		const fd = this.#table.insert(resource, FILETYPE_REGULAR_FILE);
		if (fd < 0) this.#disk.close(resource);
		return fd;
	}

	#close(fd: number): number {
		const resource = this.#table.remove(fd);
		if (resource < 0) return ERRNO_BADF;
		this.#disk.close(resource);
		return ERRNO_SUCCESS;
	}

	override post(slot: number, tag: number, kind: number, count: number): void {
		this.#last = [slot, tag, kind, count];
		super.post(slot, tag, kind, count);
	}

	override ring(): void {
		if (Atomics.load(this.words, this.control(CONTROL_ARMED)) === 0) return;
		Atomics.store(this.words, this.control(CONTROL_ARMED), 0);
		super.ring();
	}
}
