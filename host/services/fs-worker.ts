import { openFiles } from '../wasi/node-files.js';
import { runWorker } from '../worker/worker.js';

// What the threads of the service `fs` load: `scripts/bundle-workers.js` makes one file of it and what it imports.
runWorker(openFiles);
