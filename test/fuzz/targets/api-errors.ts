import { HoldfastError } from 'holdfast';

const MESSAGE_MAX_CHARACTERS = 4000;
/** What a callback, a proxy or the reason of an abort brings along. */
const CALLERS = /^a trap of the fuzzer$|^a reason$|proxy that has been revoked$/;
/** Nothing that a caller does leads there. */
const NEVER = new Set(['EngineTrapped', 'EngineUnavailable']);

/** What a call may fail with: our errors, in words for a person; what the caller's own code threw; the reason of an abort. */
export function checkError(call: string, error: unknown): void {
	if (error instanceof HoldfastError) {
		if (NEVER.has(error.code) || /\bbug\b/.test(error.message))
			throw new Error(`${call}: ${error.message}`, { cause: error });
		if (error.message.length > MESSAGE_MAX_CHARACTERS) {
			throw new Error(`${call}: a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`);
		}
		return;
	}
	const isCallers = error instanceof Error && CALLERS.test(error.message);
	// Streams have their own: Node's say AbortError, Web streams hand out the reason as it is.
	const isStreams = call.startsWith('stream') && (!(error instanceof Error) || error.name === 'AbortError');
	if (!isCallers && !isStreams) throw new Error(`${call}: ${error instanceof Error ? error.stack : String(error)}`);
}
