import { existsSync } from 'node:fs';
import { MessageChannel, type MessagePort, type ResourceLimits, type Worker } from 'node:worker_threads';
import type { Plan } from '../ring/plan.js';
import { WorkerState, WorkerStatus } from '../worker/status.js';
import type { Assignment, WorkerStart } from '../worker/worker.js';
import { comesWithin, type PoolClock } from './clock.js';
import { ParcelInbox } from './parcel-inbox.js';
import { startWorker } from './start-worker.js';

/** A stopped instance leaves its loop within a turn; a thread that takes longer is ended from outside. */
const STOP_GRACE_MS = 200;
/** A thread that is ended from outside is gone within milliseconds, unless it is blocked in the kernel: then nobody waits for it. */
const KILL_GRACE_MS = 1000;

/** What every thread of a pool is started with. */
export interface ThreadOptions {
	readonly plan: Plan;
	readonly table: SharedArrayBuffer;
	readonly partitions: number;
	readonly epoch: SharedArrayBuffer;
	readonly fsyncs: SharedArrayBuffer;
	/** URL of what it loads. */
	readonly worker: string;
	readonly shared: unknown;
	readonly seam: string | undefined;
	readonly resourceLimits: ResourceLimits | undefined;
}

/** A thread and the words it shares with the host. It hosts one instance after another. */
export interface EngineThread {
	readonly status: WorkerStatus;
	/** What it sent in memory of its own; absent where results only come through its memory. */
	readonly parcels?: ParcelInbox;
	/** Whether it has ended, also as seen by a caller that is blocked and gets no event. */
	readonly isGone: boolean;
	/** Gives the thread a memory for its next instance. */
	assign(assignment: Assignment): void;
	/** While referenced, the thread keeps the process alive. */
	ref(): void;
	unref(): void;
	/** Ends the thread from outside at once; `onExit` follows when it is over, which may be never. */
	kill(): void;
	/** Waits for the end of a thread that was told to stop, and ends it from outside if need be. False: it is stuck. */
	end(): Promise<boolean>;
}

/** Starts a thread. `onExit` is called once, with what the thread said of its end, if anything. */
export type StartThread = (
	options: ThreadOptions,
	partition: number,
	name: string,
	clock: PoolClock,
	onExit: (reason: string) => void,
) => EngineThread;

export const startWorkerThread: StartThread = (options, partition, name, clock, onExit) =>
	new WorkerThread(options, partition, name, clock, onExit);

class WorkerThread implements EngineThread {
	readonly status = WorkerStatus.create();
	readonly parcels: ParcelInbox;
	readonly #worker: Worker;
	readonly #port: MessagePort;
	readonly #clock: PoolClock;
	readonly #exited: Promise<void>;
	#hasExited = false;

	constructor(
		options: ThreadOptions,
		partition: number,
		name: string,
		clock: PoolClock,
		onExit: (reason: string) => void,
	) {
		this.#clock = clock;
		const { port1, port2 } = new MessageChannel();
		this.#port = port1;
		this.parcels = new ParcelInbox(port1, this.status);
		const { worker, resourceLimits, ...shared } = options;
		const start: WorkerStart = { ...shared, partition, port: port2, status: this.status.buffer };
		this.#worker = startWorker(new URL(worker), { workerData: start, transferList: [port2], resourceLimits, name });
		let reason = '';
		this.#worker.on('error', (error) => {
			reason = error instanceof Error ? error.message : String(error);
		});
		this.#exited = new Promise((resolve) => {
			this.#worker.once('exit', (code) => {
				this.#hasExited = true;
				resolve();
				// What it had posted until then counts, with the parcels that are on the port.
				onExit(reason || `its thread ended with exit code ${code}`);
				this.#port.close();
			});
		});
	}

	get isGone(): boolean {
		if (this.#hasExited || this.status.state === WorkerState.gone) return true;
		const thread = this.status.thread;
		return thread !== 0 && !existsSync(`/proc/self/task/${thread}`);
	}

	assign(assignment: Assignment): void {
		this.status.state = WorkerState.starting;
		this.#port.postMessage(assignment);
		this.status.assign(assignment.incarnation);
	}

	ref(): void {
		this.#worker.ref();
	}

	unref(): void {
		this.#worker.unref();
	}

	kill(): void {
		void this.#worker.terminate();
	}

	async end(): Promise<boolean> {
		if (this.#hasExited) return true;
		this.ref();
		const hasStopped = await comesWithin(this.#clock, STOP_GRACE_MS, this.#exited);
		if (hasStopped) return true;
		this.kill();
		const isKilled = await comesWithin(this.#clock, KILL_GRACE_MS, this.#exited);
		if (!isKilled) this.unref();
		return isKilled;
	}
}
