// A program that plays with names below a root, as fast as it can: `door` is by turns a directory inside and a symlink to
// what lies outside, and `file` is by turns a file inside and a symlink to one outside. It ends when its input does.
import { renameSync } from 'node:fs';

const root = process.argv[2];
let isOver = false;
process.stdin
	.on('end', () => {
		isOver = true;
	})
	.resume();

const swap = () => {
	for (let round = 0; round < 200; round++) {
		for (const name of ['door', 'file']) {
			renameSync(`${root}/${name}`, `${root}/${name}.inside`);
			renameSync(`${root}/${name}.outside`, `${root}/${name}`);
			renameSync(`${root}/${name}`, `${root}/${name}.outside`);
			renameSync(`${root}/${name}.inside`, `${root}/${name}`);
		}
	}
	if (!isOver) setImmediate(swap);
};
swap();
