import { FsyncQueue } from '../wasi/fsync-queue.js';
import type { FsyncThreadStart } from '../worker/fsync-thread.js';
import { comesWithin, type PoolClock } from './clock.js';
import { startWorker } from './start-worker.js';

const THREAD_URL = new URL('../worker/fsync-thread.cjs', import.meta.url);
/** Sixteen fsyncs at once share nearly all that can be shared (decision 0025), and eight instances are the most by default. */
const THREADS_PER_INSTANCE = 2;
/** An idle one ends after this. */
const IDLE_MS = 5000;
/** A process that can have no further thread is not asked for one with every call. */
const RETRY_MS = 1000;
/** A thread that has no fsync in hand ends at once. */
const END_GRACE_MS = 1000;
/** Each has to do with files only by their number: small heaps do. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, stackSizeMb: 1 };

/** Threads that make the fsyncs of a pool side by side. They come with the work and end when there is none. */
export class FsyncThreads {
	readonly queue = new FsyncQueue();
	/** When each that runs has ended. */
	readonly #exits = new Map<number, Promise<void>>();
	readonly #clock: PoolClock;
	readonly #max: number;
	#started = 0;
	#notBeforeMs = 0;

	/** For a pool of so many instances that write durably at most; 0: no thread may touch the descriptors of another one. */
	constructor(clock: PoolClock, instances: number) {
		this.#clock = clock;
		this.#max = instances * THREADS_PER_INSTANCE;
	}

	/** So many durable calls are on their way: each pair of them gets a thread. Without it they are made all the same. */
	suffice(calls: number): void {
		if (this.#exits.size >= Math.min(calls >> 1, this.#max) || this.#clock.nowMs() < this.#notBeforeMs) return;
		try {
			this.#start();
		} catch {
			this.#notBeforeMs = this.#clock.nowMs() + RETRY_MS;
		}
	}

	/** Ends all threads; one that the disk does not let go of is not waited for. */
	async end(): Promise<void> {
		this.queue.stop();
		if (this.#exits.size > 0) await comesWithin(this.#clock, END_GRACE_MS, Promise.all(this.#exits.values()));
	}

	#start(): void {
		// Where there is no room for a thread V8 ends the whole process. There is none for this memory then, and that only throws.
		new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
		const runner = ++this.#started;
		const start: FsyncThreadStart = { queue: this.queue.buffer, runner, idleMs: IDLE_MS };
		const name = `holdfast fsync ${runner}`;
		const thread = startWorker(THREAD_URL, { workerData: start, resourceLimits: RESOURCE_LIMITS, name });
		// Whatever it has to say of its end: what it had begun has failed, and all else is made without it.
		thread.on('error', () => {
			this.#notBeforeMs = this.#clock.nowMs() + RETRY_MS;
		});
		const exit = new Promise<void>((resolve) => {
			thread.once('exit', () => {
				this.#exits.delete(runner);
				this.queue.lose(runner);
				resolve();
			});
		});
		this.#exits.set(runner, exit);
	}
}
