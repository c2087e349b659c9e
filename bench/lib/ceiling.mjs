// The C thread as a side: compiled when there is a compiler, and one process per kind of work that does a round when it is told to.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLineProcess } from './line-process.mjs';
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
		const child = startLineProcess(program, [mode, ...args]);
		children.push(child);
		const run = async (operations) => {
			const [ns, cpuNs] = (await child.ask(operations)).split(' ').map(Number);
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
			for (const child of children) child.end();
		},
	};
}
