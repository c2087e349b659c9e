import { workerData } from 'node:worker_threads';
import { FsyncQueue } from '../wasi/fsync-queue.js';

/** What a thread that only makes fsyncs is started with. */
export interface FsyncThreadStart {
	queue: SharedArrayBuffer;
	runner: number;
	idleMs: number;
}

const { queue, runner, idleMs } = workerData as FsyncThreadStart;
new FsyncQueue(queue).serve(runner, idleMs);
