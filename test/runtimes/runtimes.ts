import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A runtime that is started as a program. */
export interface Runtime {
	/** As in the README's table. */
	readonly name: string;
	readonly command: string;
	/** Before the name of the program. */
	readonly options: readonly string[];
}

/** What a run in a runtime found out; a line of the README's table. */
export interface Findings {
	readonly runtime: string;
	readonly version: string;
	/** Threads that serve calls; `'one'` where there is never more than one. */
	readonly threads: boolean | 'one';
	readonly files: boolean;
	/** Absent where no test looks at it. */
	readonly memory?: boolean;
	readonly syncCalls: boolean;
	/** Absent where no test looks at it. */
	readonly trapsReplaced?: boolean;
	/** A thread that spins in wasm can be ended from outside. Absent where there are no threads. */
	readonly spinsEnded?: boolean;
	/** Cases of the behaviour suite that ran, over all services of this runtime. */
	readonly cases: number;
	readonly passed: number;
}

export const project = fileURLToPath(new URL('../..', import.meta.url));
const modules = fileURLToPath(new URL('pinned/node_modules', import.meta.url));
const results = join(project, 'build/runtimes');
const DENO_OPTIONS = ['run', '--allow-all', '--no-prompt'];

/** All of them, in the order of the table. */
export function runtimes(): Runtime[] {
	return [
		...[20, 22, 24, 26].map((major) => ({
			name: `Node ${major}`,
			command: join(modules, `node-${major}/bin/node`),
			options: [],
		})),
		// Both packages move their binary when their install scripts run.
		{ name: 'Deno', command: first('@deno/linux-x64-glibc/deno', 'deno/deno'), options: DENO_OPTIONS },
		{ name: 'Bun', command: first('bun/bin/bun.exe', '@oven/bun-linux-x64/bin/bun'), options: [] },
	];
}

/** Keeps the findings for the table. */
export function keep(findings: Findings): void {
	mkdirSync(results, { recursive: true });
	const file = join(results, `${findings.runtime.toLowerCase().replace(/\W+/g, '-')}.json`);
	writeFileSync(file, `${JSON.stringify(findings, null, '\t')}\n`);
}

function first(...candidates: string[]): string {
	const found = candidates.map((candidate) => join(modules, candidate)).find((candidate) => existsSync(candidate));
	if (found === undefined) throw new Error(`none of ${candidates.join(', ')} was installed`);
	return found;
}
