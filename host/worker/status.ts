// What a worker and the host thread tell each other outside every instance's memory: these words survive a trap and a new memory,
// and a host that is blocked in a synchronous call sees them, which no message or event would reach.
//
//   word 0 state        WORKER_ value
//   word 1 incarnation  the host raises it when the next memory waits on the port
//   word 2 revoked      the host stores the incarnation that may no longer change anything
//   word 3 thread       operating-system thread id, 0 where it cannot be known
//   word 4 text bytes   of the trap report behind the words
//   word 5 parcels      the host has taken so many of those that the worker sent
//   bytes 64..          the trap report, JSON

const STATE = 0;
const INCARNATION = 1;
const REVOKED = 2;
const THREAD = 3;
const TEXT_BYTES = 4;
const PARCELS = 5;
const TEXT = 64;
const TEXT_MAX_BYTES = 8192;

export const WorkerState = { starting: 0, running: 1, trapped: 2, stopped: 3, gone: 4 } as const;
export type WorkerState = (typeof WorkerState)[keyof typeof WorkerState];

/** What was thrown out of an instance. */
export interface TrapReport {
	name: string;
	message: string;
	stack: string;
}

export class WorkerStatus {
	readonly #words: Int32Array;

	constructor(readonly buffer: SharedArrayBuffer) {
		this.#words = new Int32Array(buffer, 0, TEXT / 4);
	}

	static create(): WorkerStatus {
		return new WorkerStatus(new SharedArrayBuffer(TEXT + TEXT_MAX_BYTES));
	}

	get state(): WorkerState {
		return Atomics.load(this.#words, STATE) as WorkerState;
	}

	set state(state: WorkerState) {
		Atomics.store(this.#words, STATE, state);
	}

	get thread(): number {
		return Atomics.load(this.#words, THREAD);
	}

	set thread(thread: number) {
		Atomics.store(this.#words, THREAD, thread);
	}

	get incarnation(): number {
		return Atomics.load(this.#words, INCARNATION);
	}

	/** Host: the memory for this incarnation is on the port. */
	assign(incarnation: number): void {
		Atomics.store(this.#words, INCARNATION, incarnation);
		Atomics.notify(this.#words, INCARNATION);
	}

	/** Worker: sleeps until another incarnation than `seen` was assigned. */
	waitForAssignment(seen: number): void {
		while (this.incarnation === seen) Atomics.wait(this.#words, INCARNATION, seen);
	}

	/** Host: that incarnation may no longer change anything; its late calls are refused. */
	revoke(incarnation: number): void {
		Atomics.store(this.#words, REVOKED, incarnation);
	}

	isRevoked(incarnation: number): boolean {
		return Atomics.load(this.#words, REVOKED) >= incarnation;
	}

	/** Parcels that the host has taken; a counter that wraps around. */
	get parcelsTaken(): number {
		return Atomics.load(this.#words, PARCELS);
	}

	/** Host: it has taken one. */
	parcelTaken(): void {
		Atomics.add(this.#words, PARCELS, 1);
	}

	get report(): TrapReport | undefined {
		const length = Math.min(Atomics.load(this.#words, TEXT_BYTES), TEXT_MAX_BYTES);
		if (length <= 0) return undefined;
		// A copy, because TextDecoder refuses shared memory and the worker could still write.
		return JSON.parse(Buffer.from(new Uint8Array(this.buffer, TEXT, length)).toString('utf8')) as TrapReport;
	}

	set report(report: TrapReport) {
		let text = JSON.stringify(report);
		if (Buffer.byteLength(text) > TEXT_MAX_BYTES) text = JSON.stringify({ ...report, stack: '' });
		if (Buffer.byteLength(text) > TEXT_MAX_BYTES) text = JSON.stringify({ name: report.name, message: '', stack: '' });
		const bytes = Buffer.from(text);
		new Uint8Array(this.buffer, TEXT).set(bytes);
		Atomics.store(this.#words, TEXT_BYTES, bytes.length);
	}
}
