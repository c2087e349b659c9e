import {
	OP_COPY,
	OP_DESCRIBE,
	OP_ECHO,
	OP_LIST,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_SLEEP,
	OP_STAT,
	OP_WRITE,
	OP_WRITER_OPEN,
} from '../../assembly/layout.js';
import type { HoldfastError } from '../errors.js';
import type { Call } from './call.js';
import { isUntouched } from './request.js';
import type { LostCall } from './run.js';
import { type Trap, type TrapKind, trapLine } from './trap.js';

// What becomes of a call whose instance came to its end.

/** A call may be what an engine worked on at its end so often, and is repeated. */
const BLAMES_FORGIVEN = 1;
/** Operations that change nothing: repeating one is invisible. */
const REPEATABLE: ReadonlySet<number> = new Set([
	OP_ECHO,
	OP_SLEEP,
	OP_STAT,
	OP_READ,
	OP_OPEN,
	OP_READ_AT,
	OP_LIST,
	OP_DESCRIBE,
]);
/** Operations that work on a temporary file until they name it: until then nothing happened that anybody can see. */
const REPEATABLE_BEFORE: ReadonlySet<number> = new Set([OP_WRITE, OP_COPY, OP_WRITER_OPEN]);

const HAPPENED: Record<TrapKind, string> = {
	trap: 'the engine trapped',
	exit: "the engine's thread ended",
	stall: 'the engine hung',
	nonsense: 'the engine failed',
	start: 'the engine could not be started',
};

/** Whether a request changes nothing, so that it can be made again whatever became of it. */
export function changesNothing(op: number): boolean {
	return REPEATABLE.has(op);
}

/** Whether a call can go to another instance without anybody noticing. Only what an engine worked on at its end is blamed. */
export function mayRepeat({ call, isUntaken, isSuspect, phase }: LostCall): boolean {
	// A writer's handle is gone with its instance.
	if (call.request.pinned !== undefined) return false;
	if (isUntaken) return true;
	if (isSuspect && ++call.blames > BLAMES_FORGIVEN) return false;
	const { op } = call.request;
	return REPEATABLE.has(op) || (REPEATABLE_BEFORE.has(op) && isUntouched(phase));
}

/** The answer to a call that cannot be repeated. */
export function trappedError({ call, phase }: LostCall, trap: Trap): HoldfastError {
	const isRetryable = isUntouched(phase);
	const effect = isRetryable ? 'nothing was changed' : 'its effect may have happened';
	return call.error('EngineTrapped', `${HAPPENED[trap.kind]}: ${trapLine(trap)}; ${effect}`, isRetryable, trap);
}

/** The answer to a call of a writer whose instance came to its end before. */
export function lostWriterError(call: Call, trap: Trap | undefined): HoldfastError {
	const reason = trap === undefined ? 'its instance is gone' : trapLine(trap);
	const message = `the writer was lost when its instance ended: ${reason}; open another one and write everything again`;
	return call.error('EngineTrapped', message, true, trap);
}

/** The answer when no instance is left. */
export function unavailableError(call: Call, traps: readonly Trap[]): HoldfastError {
	const reasons = traps.map(trapLine).join('; ');
	const message = `every instance of the engine was given up: ${reasons}; health() tells when it is tried again`;
	return call.error('EngineUnavailable', message, false, traps.at(-1));
}
