// Rivals for one name, by one of several libraries: all begin when the file `go` appears; each one that wins is told.
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { contentOf } from './contents.mjs';
import { libraryCalls } from './libraries.mjs';

const [, , library, root, rivals] = process.argv;
const calls = await libraryCalls(library, root);
await calls.warm();
writeSync(1, 'ready\n');
while (!existsSync(join(root, '..', 'go'))) await setTimeout(1);
const tries = Array.from({ length: Number(rivals) }, () =>
	calls.create(contentOf('file', 7)).then(
		() => writeSync(1, 'won\n'),
		// Whoever loses is told so, in the words of its library.
		() => undefined,
	),
);
await Promise.all(tries);
await calls.end();
