import type { EngineHome, HomedEngine } from '../inline/engine-home.js';
import type { Temporary } from '../pool/temporary.js';
import type { Ring } from '../ring/ring.js';
import { armBell, bellWord, ringBell } from '../ring/thread-signals.js';
import { DescriptorTable } from '../wasi/descriptor-table.js';
import type { TrapReport } from '../worker/status.js';
import type { ToPage, ToWorker } from './messages.js';

/**
 * The engine in a worker whose memory this thread shares: requests go into the ring and results come out of it, and messages are
 * for its beginning and its end only.
 */
export class SharedHome implements EngineHome {
	readonly isShared = true;
	readonly mayPark = true;
	readonly table: DescriptorTable;
	readonly #worker: Worker;
	readonly #wake: () => void;
	#engine: SharedEngine | undefined;
	#onClosed: (() => void) | undefined;

	/** The worker has opened its store over this table. */
	constructor(worker: Worker, table: SharedArrayBuffer, wake: () => void) {
		this.#worker = worker;
		this.#wake = wake;
		this.table = new DescriptorTable(table, 0, 1);
		worker.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
			if ('trapped' in data) this.#engine?.trap(data.trapped, data.incarnation);
			if ('closed' in data) this.#onClosed?.();
		});
		worker.addEventListener('error', (event) => this.#engine?.trap(reportOf(event), undefined));
	}

	begin(ring: Ring, incarnation: number): HomedEngine {
		this.#engine = new SharedEngine(ring, incarnation, this.#wake);
		this.#send({ begin: { memory: ring.memory, plan: ring.plan, incarnation } });
		return this.#engine;
	}

	sweep(descriptors: readonly number[], temporaries: readonly Temporary[]): void {
		if (descriptors.length + temporaries.length > 0) this.#send({ sweep: { descriptors, temporaries } });
	}

	async end(): Promise<void> {
		const closed = new Promise<void>((resolve) => {
			this.#onClosed = resolve;
		});
		this.#send({ close: true });
		await closed;
		this.#worker.terminate();
	}

	#send(message: ToWorker): void {
		this.#worker.postMessage(message);
	}
}

/** Listens to the bell of one incarnation. */
class SharedEngine implements HomedEngine {
	readonly #ring: Ring;
	readonly #incarnation: number;
	readonly #wake: () => void;
	#isListening = false;
	#report: TrapReport | undefined;

	constructor(ring: Ring, incarnation: number, wake: () => void) {
		this.#ring = ring;
		this.#incarnation = incarnation;
		this.#wake = wake;
	}

	poll(): number {
		if (this.#report !== undefined) throw errorOf(this.#report);
		// Armed before the caller takes what was posted: what is posted after that rings.
		const seen = armBell(this.#ring);
		if (this.#isListening) return -1;
		const waiting = Atomics.waitAsync(this.#ring.words, bellWord(this.#ring), seen);
		if (!waiting.async) {
			this.#wake();
			return -1;
		}
		this.#isListening = true;
		void waiting.value.then(() => {
			this.#isListening = false;
			this.#wake();
		});
		return -1;
	}

	/** The worker says that it has come to its end. */
	trap(report: TrapReport, incarnation: number | undefined): void {
		if (incarnation !== undefined && incarnation !== this.#incarnation) return;
		this.#report = report;
		this.#wake();
	}

	end(): void {
		// The pending wait comes to its end.
		ringBell(this.#ring);
	}
}

function errorOf({ name, message, stack }: TrapReport): Error {
	return Object.assign(new Error(message), { name, stack });
}

function reportOf({ message }: ErrorEvent): TrapReport {
	return { name: 'Error', message: message || 'the worker failed', stack: '' };
}
