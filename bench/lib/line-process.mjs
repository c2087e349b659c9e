// A process that answers each line of its input with one of its output: how the C thread and the sides with a process of their own are told to do a round.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A round takes parts of a second; after this the process has hung. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Starts it. Gives its id, `ask(line)`, one at a time, and `end()`, which closes its input. */
export function startLineProcess(command, args, options) {
	const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
	const answers = createInterface({ input: child.stdout });
	return {
		pid: child.pid,
		async ask(line) {
			const answer = once(answers, 'line', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
			child.stdin.write(`${line}\n`);
			return (await answer)[0];
		},
		end: () => child.stdin.end(),
	};
}
