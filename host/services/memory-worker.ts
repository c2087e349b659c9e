import { openFiles } from '../wasi/memory-files.js';
import { runWorker } from '../worker/worker.js';

// What the threads of the service `memory` load, bundled like `fs-worker.ts`.
runWorker(openFiles);
