// One call on a store, by one of several libraries; what became of it is the last line it tells. For faults made from outside.
//
// With `wait` it warms up first, so that threads and modules are there, and begins when it is told to: a tracer that is attached
// meanwhile sees the call and nothing else. With `starved` it leaves no descriptor to be had.
import { openSync, readSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { contentOf } from './contents.mjs';
import { libraryCalls } from './libraries.mjs';

/** Twice as long as anything is kept open that nobody asks for. */
const STARVED_LOOKS = 100;
const STARVED_LOOK_MS = 20;

const [, , library, action, root, version, ...how] = process.argv;
const calls = await libraryCalls(library, root);
const tell = (line) => writeSync(1, `${line}\n`);

if (calls[action] === undefined) {
	tell('absent');
} else {
	const content = contentOf('file', Number(version));
	if (how.includes('wait')) {
		await calls.warm();
		tell('ready');
		readSync(0, Buffer.alloc(1));
	}
	if (how.includes('starved')) await starve();
	tell('begin');
	await calls[action](content).then(
		() => tell('done'),
		(error) => tell(`failed ${error.code ?? error.message}`),
	);
	await calls.end();
}

/** Takes every descriptor, and those that come free while threads start and what is kept for a moment is let go of, until none does any more. */
async function starve() {
	for (let quiet = 0; quiet < STARVED_LOOKS; quiet = takeAll() ? 0 : quiet + 1) await setTimeout(STARVED_LOOK_MS);
}

/** Whether there were any. */
function takeAll() {
	for (let taken = 0; ; taken++) {
		try {
			openSync('/dev/null');
		} catch (error) {
			if (error.code !== 'EMFILE') throw error;
			return taken > 0;
		}
	}
}
