import { HoldfastError } from '../index.js';

/** How the command ends, for scripts. */
export const ExitCode = {
	ok: 0,
	/** An operation failed, or `verify` found a difference. */
	failed: 1,
	/** The command line cannot be used: nothing was done. */
	usage: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The command line is wrong in a way that the argument parser cannot see. The message says what to write instead. */
export class UsageError extends Error {}

/** The command has told already what failed: only the exit code is left to be set. */
export class ReportedFailure extends Error {}

/** Which exit code an error means. */
export function exitCodeOf(error: unknown): ExitCode {
	if (error instanceof UsageError) return ExitCode.usage;
	if (error instanceof HoldfastError && error.code === 'ConfigInvalid') return ExitCode.usage;
	return ExitCode.failed;
}

/** An error in one line: the message begins with the code where there is one. */
export function describeError(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	return escapeControls(error instanceof UsageError ? `usage: ${message}` : message);
}

/** Whether the reader of a pipe has gone away (`| head`): it has what it wanted, so this is no failure. */
export function isBrokenPipe(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** Names can hold line breaks and escape sequences; neither may reach a terminal or split a line. */
export function escapeControls(text: string): string {
	return text.replace(/\p{Cc}/gu, (control) => ESCAPES.get(control) ?? hexadecimal(control));
}

const ESCAPES = new Map([
	['\n', '\\n'],
	['\r', '\\r'],
	['\t', '\\t'],
]);

function hexadecimal(control: string): string {
	return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
