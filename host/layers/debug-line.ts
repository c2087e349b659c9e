import { debuglog } from 'node:util';

const toStderr = debuglog('holdfast');

/** One line where Node's own debug lines go: to stderr, when the environment says `NODE_DEBUG=holdfast`. */
export function debugLine(line: string): void {
	toStderr('%s', line);
}
