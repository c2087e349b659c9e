// The peers, each set up as its own documentation has it for this kind of work.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Operator } from 'opendal';
import { Piscina } from 'piscina';
import { createStorage } from 'unstorage';
import fsDriver from 'unstorage/drivers/fs';

/** Tasks that one of Piscina's workers takes at a time: with one, it would sleep between two of them. */
const TASKS_PER_WORKER = 32;

export function openOpendal(root) {
	return new Operator('fs', { root });
}

/** Blocking calls in Piscina's workers, one per core. Ends with `destroy()`. */
export function openPiscina() {
	const threads = availableParallelism();
	return new Piscina({
		filename: fileURLToPath(new URL('./piscina-worker.mjs', import.meta.url)),
		minThreads: threads,
		maxThreads: threads,
		concurrentTasksPerWorker: TASKS_PER_WORKER,
	});
}

/** The fs driver of unstorage; `key` turns a path into what it calls a key. */
export function openUnstorage(root) {
	const storage = createStorage({ driver: fsDriver({ base: root }) });
	return { storage, key: (path) => path.replaceAll('/', ':') };
}
