import { FLAG_FOLLOW } from '../../assembly/layout.js';
import { replyPath } from '../ring/decode.js';
import type { Ring } from '../ring/ring.js';
import type { Call } from './call.js';

/** Where a request writes, as a byte string: behind symlinks that are followed only the engine knows. */
export function writtenPath(ring: Ring, { request: { flags, target, path }, slot }: Call): string {
	if ((flags & FLAG_FOLLOW) !== 0) return replyPath(ring, slot);
	return Buffer.from(target || path, 'utf8').toString('latin1');
}
