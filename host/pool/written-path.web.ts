import type { Ring } from '../ring/ring.js';
import type { Call } from './call.js';

/** Where a request writes, as a byte string: there are no symlinks here. */
export function writtenPath(_ring: Ring, { request: { target, path } }: Call): string {
	return Buffer.from(target || path).toString('latin1');
}
