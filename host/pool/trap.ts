import {
	CONTROL_PANIC,
	PANIC_COLUMN,
	PANIC_FILE,
	PANIC_FILE_BYTES,
	PANIC_FILE_MAX_BYTES,
	PANIC_LINE,
	PANIC_MESSAGE,
	PANIC_MESSAGE_BYTES,
	PANIC_MESSAGE_MAX_BYTES,
	PANIC_SET,
} from '../../assembly/layout.js';
import type { Ring } from '../ring/ring.js';
import type { TrapReport } from '../worker/status.js';
import { mapPosition } from './trap-position.js';

/**
 * How an instance came to its end: something was thrown out of it, its thread ended, it did not move any more, it posted what makes
 * no sense, or it could not be started.
 */
export type TrapKind = 'trap' | 'exit' | 'stall' | 'nonsense' | 'start';

/** Why an instance ended. */
export interface Trap {
	readonly kind: TrapKind;
	/** The original reason: the panic's message, or what the engine threw. */
	readonly message: string;
	/** Position in the engine's AssemblyScript source, `file:line:column`, when it is known. */
	readonly position: string | undefined;
	/** Stack of what was thrown, for whoever asks. */
	readonly stack: string;
}

/** Reads the reason of a trap: a panic's words out of the memory, else what was thrown, with its offset mapped to the source. */
export function describeTrap(ring: Ring, report: Pick<Error, keyof TrapReport>, modulePath: string): Trap {
	const { stack = '' } = report;
	const block = ring.plan.control + CONTROL_PANIC;
	const word = (offset: number) => ring.numbers.getUint32(block + offset, true);
	if (word(PANIC_SET) === 1) {
		const messageBytes = Math.min(word(PANIC_MESSAGE_BYTES), PANIC_MESSAGE_MAX_BYTES);
		const message = ring.textAt(block + PANIC_MESSAGE, messageBytes);
		const file = ring.textAt(block + PANIC_FILE, Math.min(word(PANIC_FILE_BYTES), PANIC_FILE_MAX_BYTES));
		return { kind: 'trap', message, position: `${file}:${word(PANIC_LINE)}:${word(PANIC_COLUMN)}`, stack };
	}
	return {
		kind: 'trap',
		message: Error.prototype.toString.call(report),
		position: mapPosition(stack, modulePath),
		stack,
	};
}

/** An end that left no stack. */
export function endOf(kind: TrapKind, message: string): Trap {
	return { kind, message, position: undefined, stack: '' };
}

/** One line for an error message. */
export function trapLine(trap: Trap): string {
	return trap.position === undefined ? trap.message : `${trap.message} (at ${trap.position})`;
}
