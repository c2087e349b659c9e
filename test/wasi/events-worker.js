// A thread of its own that watches a directory: says whether it was quiet before and after the main thread changed it, and then again.
import { constants, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { DirectoryEvents } from '#host/wasi/directory-events';
import { EPOCH_WORDS } from '#host/wasi/files-context';

const events = new DirectoryEvents(new Int32Array(new SharedArrayBuffer(4 * EPOCH_WORDS)), { asking: 0, watching: 1 });
const watcher = events.watch(openSync(workerData, constants.O_DIRECTORY));

function say(heard) {
	for (let batch = 0; batch < 65; batch++) events.renew();
	parentPort.postMessage(`${events.isQuietSince(heard)}`);
}

parentPort.once('message', () => {
	say(0);
	say(events.heard);
	events.unwatch(watcher);
	events.close();
});
say(0);
parentPort.postMessage('watching');
