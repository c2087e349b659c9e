// One call on a store, by one of several libraries; what became of it is the last line it tells. For faults made from outside.
//
// With `wait` it warms up first, so that threads and modules are there, and begins when it is told to: a tracer that is attached
// meanwhile sees the call and nothing else. With `starved` it leaves no descriptor to be had.
import { readSync, writeSync } from 'node:fs';
import { starve } from '../../starve.mjs';
import { contentOf } from './contents.mjs';
import { libraryCalls } from './libraries.mjs';

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
