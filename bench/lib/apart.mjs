// Sides that each have a process of their own, which does a round when it is told to: for work in which a side changes the process for those that
// come after it. This file is also that process: `node apart.mjs MODULE SIDE ROOT`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { measureUsage, residentMib } from './usage.mjs';

const HERE = fileURLToPath(import.meta.url);
/** A round takes parts of a second; after this the process has hung. */
const ROUND_TIMEOUT_MS = 60_000;

/**
 * Starts a process for each of the `SIDES` that a module exports. Gives `round(side, argument)`, which gives `{ operations, seconds, cpuUs, callerUs,
 * residentMib }`, by the names of the sides, and `end()`.
 */
export async function startApart(module, root) {
	const { SIDES } = await import(module);
	const children = [];
	const start = (side) => {
		const args = ['--expose-gc', HERE, String(module), side, root];
		const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
		const answers = createInterface({ input: child.stdout });
		children.push(child);
		return async (argument) => {
			const answer = once(answers, 'line', { signal: AbortSignal.timeout(ROUND_TIMEOUT_MS) });
			child.stdin.write(`${argument}\n`);
			return JSON.parse((await answer)[0]);
		};
	};
	return {
		rounds: Object.fromEntries(Object.keys(SIDES).map((side) => [side, start(side)])),
		end() {
			for (const child of children) child.kill();
		},
	};
}

if (process.argv[1] === HERE) {
	const [module, side, root] = process.argv.slice(2);
	const { SIDES } = await import(module);
	const run = await SIDES[side](root);
	for await (const argument of createInterface({ input: process.stdin })) {
		globalThis.gc();
		const stop = measureUsage();
		const operations = await run(argument);
		console.log(JSON.stringify({ operations, ...stop(), residentMib: residentMib() }));
	}
}
