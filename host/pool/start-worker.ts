import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a thread that runs a program of this library. It does not keep the process alive. */
export function startWorker(program: URL, options: WorkerOptions): Worker {
	const worker = new Worker(program, {
		...options,
		// Descriptors belong to the pool's table: the end of a thread must not close them.
		trackUnmanagedFds: false,
		// The program's own flags (`--eval`, `--input-type`, loaders) are not for this thread.
		execArgv: [],
	});
	worker.unref();
	return worker;
}
