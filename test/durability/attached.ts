import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ONCE } from './tools.ts';

// One call in a process that has warmed up, under a tracer that is attached to it just before the call: whatever is counted begins at
// one, and what Node does to start itself and its threads is out of the way.

export interface Act {
	readonly library: string;
	/** A call of `children/libraries.mjs`. */
	readonly action: string;
	readonly root: string;
	/** Of the content; see `contentOf`. */
	readonly version: number;
	/** Put before the command: a limit. */
	readonly before?: readonly string[];
	/** No descriptor can be had when it begins. */
	readonly isStarved?: boolean;
	/** It is the first thing that the process does with the library. */
	readonly isCold?: boolean;
	/** No reflink can be made, on whatever file system: while a tracer is there, the call for one fails. */
	readonly isWithoutReflinks?: boolean;
}

/** A fault of the kernel, in the words of strace: the `when`-th call of that name in any one thread, with a plus those after it too. */
export interface KernelFault {
	readonly call: string;
	readonly fault: string;
	readonly when?: number | `${number}+`;
	/** Only calls on this file are counted. */
	readonly path?: string;
}

/** Does it, and meets the fault if there is one: `done`, `failed CODE`, `absent` or `killed`. */
export async function act(what: Act, fault?: KernelFault): Promise<string> {
	if (fault === undefined) return told(await run(what));
	const { call, when = 1 } = fault;
	const only = fault.path === undefined ? [] : ['-P', fault.path];
	const inject = `inject=${call}:${fault.fault}:when=${when}`;
	return told(await run(what, ['-o', '/dev/null', ...only, ...optionsFor(what, [call]), '-e', inject]));
}

/** The calls of these names that it makes, each with how often at most in one thread. */
export async function callsOf(what: Act, names: readonly string[]): Promise<Map<string, number>> {
	const most = new Map<string, number>();
	for (const { name, count } of await callsByThread(what, names)) most.set(name, Math.max(most.get(name) ?? 0, count));
	return most;
}

/** How many fsyncs it makes: one number for each thread that makes any. */
export async function fsyncsOf(what: Act): Promise<number[]> {
	return (await callsByThread(what, ['fsync'])).map(({ count }) => count);
}

/** The `when`-th fsync of every thread fails: what is told, and of how many temporary files it was. */
export async function failFsyncs(what: Act, when: number): Promise<{ told: string; files: number }> {
	const { lines, trace } = await traced(what, ['-y', '-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${when}`]);
	return { told: told(lines), files: trace.filter((line) => /[.]tmp>.*INJECTED/.test(line)).length };
}

/** What it does to temporary files, in order: the names of the calls, with the bytes of each read and write as the kernel is asked for them. */
export async function movesOf(what: Act): Promise<string[]> {
	const { trace } = await traced(what, [
		'-y',
		'-s',
		'0',
		...optionsFor(what, ['pread64', 'pwrite64', 'fsync', 'rename']),
	]);
	return trace.flatMap((line) => {
		const [, call, rest] = /^\d+ +(?:<\.\.\. )?(pread64|pwrite64|fsync|rename)(?:\(| resumed>)(.*)/.exec(line) ?? [];
		if (call === undefined) return [];
		// The kernel tells what it read at the end of the call, and takes what is written at its beginning.
		const bytes = /, (\d+), \d+(?:\)| <unf)/.exec(rest)?.[1];
		if (call === 'pread64') return bytes === undefined ? [] : [`${call} ${bytes}`];
		return /[.]tmp[>"]/.test(rest) ? [bytes === undefined ? call : `${call} ${bytes}`] : [];
	});
}

/** What a tracer looks at. */
function optionsFor({ isWithoutReflinks }: Act, calls: readonly string[]): string[] {
	if (!isWithoutReflinks) return ['-e', `trace=${calls.join(',')}`];
	return ['-e', `trace=${[...calls, 'ioctl'].join(',')}`, '-e', 'inject=ioctl:error=EOPNOTSUPP'];
}

async function callsByThread(what: Act, names: readonly string[]): Promise<{ name: string; count: number }[]> {
	const counts = new Map<string, number>();
	for (const line of (await traced(what, optionsFor(what, names))).trace) {
		const key = /^\d+ +\w+(?=\()/.exec(line)?.[0];
		if (key !== undefined && !key.endsWith(' ioctl')) counts.set(key, (counts.get(key) ?? 0) + 1);
	}
	return [...counts].map(([key, count]) => ({ name: key.slice(key.lastIndexOf(' ') + 1), count }));
}

/** What it tells, and what the tracer writes down. */
async function traced(what: Act, options: readonly string[]): Promise<{ lines: string[]; trace: string[] }> {
	const place = mkdtempSync(join(tmpdir(), 'holdfast-trace-'));
	const file = join(place, 'trace');
	try {
		writeFileSync(file, '');
		const lines = await run(what, ['-o', file, ...options]);
		return { lines, trace: readFileSync(file, 'latin1').split('\n') };
	} finally {
		rmSync(place, { recursive: true });
	}
}

/** Why no tracer can be attached here; `undefined` when it can. */
export async function cannotAttach(): Promise<string | undefined> {
	const sleeper = spawn('sleep', ['60']);
	try {
		const tracer = attach(sleeper.pid ?? 0, ['-o', '/dev/null', '-e', 'trace=fsync']);
		const said = await tracer.attached;
		tracer.process.kill('SIGTERM');
		return said.includes('attached') ? undefined : `strace cannot be attached: ${said.trim()}`;
	} finally {
		sleeper.kill('SIGKILL');
	}
}

async function run(what: Act, tracing?: string[]): Promise<string[]> {
	const { library, action, root, version, before = [] } = what;
	const how = [...(what.isCold ? [] : ['wait']), ...(what.isStarved ? ['starved'] : [])];
	const command = [...before, process.execPath, ONCE, library, action, root, String(version), ...how];
	// One thread of Node's pool makes all calls of those who use it, so that they are counted in one place.
	const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
	const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], env });
	const ended = once(child, 'close');
	let text = '';
	let errors = '';
	child.stderr.on('data', (chunk: Buffer) => {
		errors += chunk.toString();
	});
	const isReady = new Promise<void>((resolve) => {
		child.stdout.on('data', (chunk: Buffer) => {
			text += chunk.toString();
			if (/^(ready|absent)$/m.test(text)) resolve();
		});
	});
	await Promise.race([isReady, ended]);
	const tracer = tracing !== undefined && text.includes('ready') ? attach(child.pid ?? 0, tracing) : undefined;
	if (tracer !== undefined) await tracer.attached;
	child.stdin.on('error', () => {
		// It ended before it was told to begin: what follows says so.
	});
	child.stdin.end('!');
	await ended;
	if (tracer !== undefined) await tracer.ended;
	const lines = text.split('\n').filter((line) => line !== '');
	const hasBegun = lines.includes('begin') || lines[0] === 'absent' || (lines.includes('ready') && child.signalCode);
	if (!hasBegun) throw new Error(`${library}: the call did not begin: ${text}${errors}`);
	return lines;
}

function told(lines: string[]): string {
	const last = lines.at(-1) ?? '';
	return /^(done|failed|absent)/.test(last) ? last : 'killed';
}

/** `attached` is what it said first. */
function attach(
	pid: number,
	tracing: readonly string[],
): { process: ChildProcess; attached: Promise<string>; ended: Promise<unknown> } {
	const tracer = spawn('strace', ['-f', '-p', String(pid), ...tracing], { stdio: ['ignore', 'ignore', 'pipe'] });
	const ended = once(tracer, 'close');
	const attached = new Promise<string>((resolve) => {
		let said = '';
		tracer.stderr.on('data', (chunk: Buffer) => {
			said += chunk.toString();
			if (said.includes('\n')) resolve(said);
		});
		void ended.then(() => resolve(said));
	});
	return { process: tracer, attached, ended };
}
