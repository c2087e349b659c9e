import { PHASE_BEFORE } from '../../assembly/layout.js';
import { meaningOf } from '../../assembly/meanings.js';
import type { HoldfastError } from '../errors.js';
import { diskMeaning } from './disk-meaning.js';
import { meaningError } from './meaning-error.js';
import type { Request } from './request.js';

/** The error behind a status that the engine answered: a WASI errno or a `STATUS_` number. `phase` is the `PHASE_` that the request had reached. */
export function errorFromStatus(status: number, request: Request, phase: number = PHASE_BEFORE): HoldfastError {
	return meaningError(diskMeaning(status, request) ?? meaningOf(status, request.op), status, request, phase);
}
