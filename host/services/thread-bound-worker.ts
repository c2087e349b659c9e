import { openFiles } from '../wasi/thread-bound-files.js';
import { runWorker } from '../worker/worker.js';

// What the threads of the service `fs` load on Deno, bundled like `fs-worker.ts`.
runWorker(openFiles);
