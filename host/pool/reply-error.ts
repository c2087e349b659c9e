import type { HoldfastError } from '../errors.js';
import { replyPhase, replyStatus } from '../ring/decode.js';
import type { Ring } from '../ring/ring.js';
import type { Request } from './request.js';
import { errorFromStatus } from './status-error.js';

/** The error of a request that the engine has ended in a slot. */
export function replyError(ring: Ring, slot: number, request: Request): HoldfastError {
	return errorFromStatus(replyStatus(ring, slot), request, replyPhase(ring, slot));
}
