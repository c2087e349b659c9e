// A side of a comparison, as `compare` drives it: `collect()`, `runIn()` and `run(asked)`, which gives
// `{ operations, seconds, cpuUs, callerUs, residentMib }`. Written down is less: a function that is told how many operations to do and gives how many
// it did (a side may have its own idea of that), or `{ prepare, run, runIn }`, where the preparation of a round is not measured.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { measureUsage, residentMib } from './usage.mjs';

/** A round takes parts of a second; after this the process of a side has hung. */
const ROUND_TIMEOUT_MS = 60_000;

/** A side in this process. */
export function ownSide(written) {
	const { prepare, run, runIn } = typeof written === 'function' ? { run: written } : written;
	return {
		collect: () => globalThis.gc?.(),
		async runIn() {
			await runIn?.();
		},
		async run(asked) {
			await prepare?.(asked);
			const stop = measureUsage();
			const operations = await run(asked);
			return { ...stop(), operations, residentMib: residentMib() };
		},
	};
}

/**
 * A side in a process of its own, `start(environment)`, which serves it with `serveSide`. It begins with the first call, and does nothing between
 * two of them.
 */
export function apartSide(script, environment) {
	let child;
	let answers;
	const ask = async (...words) => {
		if (child === undefined) {
			const env = { ...process.env, ...environment };
			child = spawn(process.execPath, ['--expose-gc', script], { stdio: ['pipe', 'pipe', 'inherit'], env });
			answers = createInterface({ input: child.stdout });
		}
		const answer = once(answers, 'line', { signal: AbortSignal.timeout(ROUND_TIMEOUT_MS) });
		child.stdin.write(`${words.join(' ')}\n`);
		return JSON.parse((await answer)[0]);
	};
	return {
		collect: () => ask('collect'),
		runIn: () => ask('runIn'),
		run: (asked) => ask('run', asked),
		end: () => child?.kill(),
	};
}

/** Does what `apartSide` asks for, to the end of the input. */
export async function serveSide(written) {
	const side = ownSide(written);
	for await (const line of createInterface({ input: process.stdin })) {
		const [what, asked] = line.split(' ');
		console.log(JSON.stringify((await side[what](Number(asked))) ?? null));
	}
}
