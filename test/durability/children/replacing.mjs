// Replaces a file again and again by one of several libraries, for a reader in another process to look at.
import { writeSync } from 'node:fs';
import { contentOf } from './contents.mjs';
import { libraryCalls } from './libraries.mjs';

const [, , library, root, rounds] = process.argv;
const calls = await libraryCalls(library, root);
for (let round = 1; round <= Number(rounds); round++) await calls.replace(contentOf('file', round * 7));
await calls.end();
writeSync(1, 'done\n');
