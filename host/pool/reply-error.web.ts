import type { HoldfastError } from '../errors.js';
import { replyMeaning, replyPhase, replyStatus } from '../ring/decode.js';
import type { Ring } from '../ring/ring.js';
import { meaningError } from './meaning-error.js';
import type { Request } from './request.js';

/** The same with the words that the engine has for it: no file system of an operating system is asked here, which would have others. */
export function replyError(ring: Ring, slot: number, request: Request): HoldfastError {
	return meaningError(replyMeaning(ring, slot), replyStatus(ring, slot), request, replyPhase(ring, slot));
}
