// A side of a comparison, as `compare` drives it: `collect()`, `runIn()` and `run(asked)`, which gives
// `{ operations, seconds, cpuUs, callerUs, residentMib }`. Written down is less: a function that is told how many operations to do and gives how many
// it did (a side may have its own idea of that), or `{ prepare, run, runIn }`, where the preparation of a round is not measured.
import { createInterface } from 'node:readline';
import { startLineProcess } from './line-process.mjs';
import { measureUsage, residentMib } from './usage.mjs';

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
 * A side in a process of its own: this script with the environment that tells it which, where it calls `serveSide`. It begins with the first call,
 * and does nothing between two of them.
 */
export function apartSide(script, environment) {
	let child;
	const ask = async (...words) => {
		child ??= startLineProcess(process.execPath, ['--expose-gc', script], { env: { ...process.env, ...environment } });
		return JSON.parse(await child.ask(words.join(' ')));
	};
	return {
		collect: () => ask('collect'),
		runIn: () => ask('runIn'),
		run: (asked) => ask('run', asked),
		end: () => child?.end(),
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
