import { existsSync } from 'node:fs';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Plan } from '../ring/plan.js';
import { WorkerState, WorkerStatus } from '../worker/status.js';
import type { Assignment, WorkerStart } from '../worker/worker.js';

const WORKER_URL = new URL('../worker/worker.js', import.meta.url);
/** A stopped instance leaves its loop within a turn; a thread that takes longer is ended from outside. */
const STOP_GRACE_MS = 200;

/** What every thread of a pool is started with. */
export interface ThreadOptions {
	readonly module: WebAssembly.Module;
	readonly plan: Plan;
	readonly table: SharedArrayBuffer;
	readonly partitions: number;
	readonly epoch: SharedArrayBuffer;
	readonly files: string;
	readonly shared: unknown;
	readonly seam: string | undefined;
}

/** One worker thread and the words it shares with the host. It hosts one instance after another. */
export class Thread {
	readonly status = WorkerStatus.create();
	readonly #worker: Worker;
	readonly #port: MessagePort;
	readonly #exited: Promise<void>;
	#hasExited = false;

	constructor(
		options: ThreadOptions,
		partition: number,
		name: string,
		/** Called once, with what the thread said of its end, if anything. */
		onExit: (reason: string) => void,
	) {
		const { port1, port2 } = new MessageChannel();
		this.#port = port1;
		const start: WorkerStart = { ...options, partition, port: port2, status: this.status.buffer };
		this.#worker = new Worker(WORKER_URL, {
			workerData: start,
			transferList: [port2],
			// Descriptors belong to the pool's table: the end of a thread must not close them.
			trackUnmanagedFds: false,
			// The program's own flags (`--eval`, `--input-type`, loaders) are not for this thread.
			execArgv: [],
			name,
		});
		this.#worker.unref();
		let reason = '';
		this.#worker.on('error', (error) => {
			reason = error.message;
		});
		this.#exited = new Promise((resolve) => {
			this.#worker.once('exit', (code) => {
				this.#hasExited = true;
				this.#port.close();
				resolve();
				onExit(reason || `its thread ended with exit code ${code}`);
			});
		});
	}

	/** Gives the thread a memory for its next instance. */
	assign(assignment: Assignment): void {
		this.status.state = WorkerState.starting;
		this.#port.postMessage(assignment);
		this.status.assign(assignment.incarnation);
	}

	/** While referenced, the thread keeps the process alive. */
	ref(): void {
		this.#worker.ref();
	}

	unref(): void {
		this.#worker.unref();
	}

	/** Whether the thread has ended, also as seen by a caller that is blocked and gets no event. */
	get isGone(): boolean {
		if (this.#hasExited || this.status.state === WorkerState.gone) return true;
		const thread = this.status.thread;
		return thread !== 0 && !existsSync(`/proc/self/task/${thread}`);
	}

	/** Resolves when the thread has ended: by itself within a grace period, else from outside. */
	async end(): Promise<void> {
		if (this.#hasExited) return;
		this.ref();
		const timer = setTimeout(() => void this.#worker.terminate(), STOP_GRACE_MS);
		await this.#exited;
		clearTimeout(timer);
	}

	/** Ends the thread from outside at once; `onExit` follows when it is over. */
	kill(): void {
		void this.#worker.terminate();
	}
}
