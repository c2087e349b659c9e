import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const BUILT = new URL('../../build/cli/', import.meta.url);
export const HOLDFAST = fileURLToPath(new URL('holdfast.js', BUILT));
export const MAIN_JOB = fileURLToPath(new URL('main-job.js', BUILT));

export interface Result {
	/** The exit code; null after a signal that was not caught. */
	readonly code: number | null;
	readonly bytes: Buffer;
	/** Standard output as text. */
	readonly stdout: string;
	readonly stderr: string;
	/** Lines of standard output. */
	readonly lines: string[];
}

export interface RunOptions {
	readonly cwd?: string;
	readonly input?: string | Uint8Array;
	readonly env?: Record<string, string>;
}

export interface Running {
	readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
	readonly result: Promise<Result>;
}

/** Runs a program of ours to its end. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
	const { child, result } = start(program, args, options);
	child.stdin.end(options.input);
	return await result;
}

/** Runs `holdfast` to its end. */
export async function holdfast(args: readonly string[], options?: RunOptions): Promise<Result> {
	return await run(HOLDFAST, args, options);
}

/** Starts a program; its input stays open. */
export function start(program: string, args: readonly string[], { cwd, env }: RunOptions = {}): Running {
	const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env } });
	// A program that ends early is gone before it has all of its input.
	child.stdin.on('error', () => undefined);
	return { child, result: finish(child) };
}

async function finish(child: Running['child']): Promise<Result> {
	const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
	const [code, bytes, stderr] = await Promise.all([ended, buffer(child.stdout), text(child.stderr)]);
	const stdout = bytes.toString();
	return { code, bytes, stdout, stderr, lines: stdout.split('\n').slice(0, -1) };
}
