import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ONCE = fileURLToPath(new URL('./children/once.mjs', import.meta.url));

/** What a system test needs of the machine. `undefined`: it is all there; else what is missing, for a person to read. */
export function missingTools(commands: readonly string[], needsRoot = false): string | undefined {
	const absent = commands.filter((command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0);
	if (absent.length > 0) return `${absent.join(', ')} not installed`;
	if (needsRoot && process.geteuid?.() !== 0) return 'needs root';
	return undefined;
}

/** Says clearly that tests were not run, and why. A machine that must run them says so with HOLDFAST_SYSTEM_TESTS=required. */
export function announceMissing(what: string, missing: string | undefined): void {
	if (missing === undefined) return;
	console.warn(`NOT RUN: ${what}: ${missing}`);
	if (process.env.HOLDFAST_SYSTEM_TESTS === 'required') throw new Error(`${what} must run here, but: ${missing}`);
}

/** One call in a process of its own, also on a machine that is busy with other work. */
const CALL_MAX_MS = 120_000;

export interface Outcome {
	/** `done`, `failed CODE`, `absent`, or `killed` when it told nothing after it had begun. */
	readonly told: string;
	readonly signal: string | null;
}

/** One call of `once.mjs` in a process of its own, with something put before the command: a tracer, a limit. */
export function callOnce(
	library: string,
	action: string,
	root: string,
	version: number,
	before: readonly string[] = [],
): Outcome {
	const command = [...before, process.execPath, ONCE, library, action, root, String(version)];
	const result = spawnSync(command[0], command.slice(1), { encoding: 'utf8', timeout: CALL_MAX_MS });
	const lines = result.stdout.split('\n').filter((line) => line !== '');
	if (!lines.includes('begin') && lines[0] !== 'absent' && result.signal === null && result.status !== 137) {
		throw new Error(`the call did not begin: ${result.stdout}${result.stderr}`);
	}
	const told = lines.at(-1) ?? 'killed';
	return { told: told === 'begin' ? 'killed' : told, signal: result.signal };
}

/** strace in front of a command: the `when`-th call of that name in any thread meets this. */
export function inject(call: string, fault: string, when: string): string[] {
	return [
		'strace',
		'-f',
		'-qq',
		'-o',
		'/dev/null',
		'-e',
		`trace=${call}`,
		'-e',
		`inject=${call}:${fault}:when=${when}`,
	];
}
