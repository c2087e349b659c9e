// What a worker of the peer Piscina does: the plain blocking calls.
import { readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { move } from 'piscina';

export function readFile(path) {
	return move(readFileSync(path));
}

export function stat(path) {
	const { size, mtimeMs, mode } = statSync(path);
	return { size, mtimeMs, mode };
}

export function read({ fd, bytes, offset }) {
	const buffer = new Uint8Array(bytes);
	readSync(fd, buffer, 0, bytes, offset);
	return move(buffer);
}

export function writeFile(path) {
	writeFileSync(path, 'x');
}
