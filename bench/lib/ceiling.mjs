// The C thread as a side: compiled when there is a compiler, and one process per kind of work that does a round when it is told to.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { residentMib } from './usage.mjs';

export const CEILING = 'C thread';

/**
 * Builds the program into `folder`, which the fixtures do not share. Gives an object that makes sides, or with a word on standard error
 * one that makes none.
 */
export function buildCeiling(folder) {
	const compiler = process.env.CC ?? 'cc';
	if (spawnSync(compiler, ['--version']).status !== 0) {
		console.error(`bench: no C compiler ('${compiler}'): without the ceiling`);
		return { side: () => ({}), end() {} };
	}
	const program = join(folder, 'ceiling');
	execFileSync(compiler, ['-O2', '-o', program, fileURLToPath(new URL('../ceiling.c', import.meta.url))]);
	const children = [];
	let lists = 0;

	/** The side for one kind of work, as a property to spread among the others. */
	function side(mode, ...given) {
		const args = given.map((value) => (Array.isArray(value) ? writeList(value) : String(value)));
		const child = spawn(program, [mode, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
		const answers = createInterface({ input: child.stdout });
		children.push(child);
		const run = async (operations) => {
			const answer = once(answers, 'line', { signal: AbortSignal.timeout(ROUND_TIMEOUT_MS) });
			child.stdin.write(`${operations}\n`);
			const [ns, cpuNs] = (await answer)[0].split(' ').map(Number);
			const usage = { seconds: ns / 1e9, cpuUs: cpuNs / 1000, callerUs: cpuNs / 1000 };
			return { operations, ...usage, residentMib: residentMib(child.pid) };
		};
		return { [CEILING]: { collect() {}, runIn() {}, run } };
	}

	function writeList(paths) {
		const list = join(folder, `list-${lists++}`);
		writeFileSync(list, `${paths.join('\n')}\n`);
		return list;
	}

	return {
		side,
		end() {
			for (const child of children) child.stdin.end();
		},
	};
}

/** A round takes parts of a second; after this the child has hung. */
const ROUND_TIMEOUT_MS = 60_000;
