import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

// Nothing is left of something: each call answers with an error that says so, or works without; afterwards all of them work. What a
// full disk does is in `test/durability/full-disk.test.ts`.

interface Report {
	held?: string;
	answers: Record<string, string>;
}

let root: string;
let child: ChildProcess;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'holdfast-exhaustion-'));
});
afterEach(async () => {
	if (child.exitCode === null && child.signalCode === null) {
		const ended = once(child, 'exit');
		child.kill('SIGKILL');
		await ended;
	}
	rmSync(root, { recursive: true, force: true });
});

async function begin(kind: string): Promise<void> {
	child = fork(join(import.meta.dirname, 'exhaustion-child.mjs'), [kind, root]);
	await ask('prepare');
}

function ask(message: string): Promise<Report> {
	return new Promise((resolve, reject) => {
		child.once('exit', (code, signal) => reject(new Error(`the child ended (${code ?? signal})`)));
		child.once('message', (answer) => resolve(answer as Report));
		child.send(message);
	});
}

/** It ends by itself. */
async function end(): Promise<void> {
	const ended = once(child, 'exit');
	child.send('end');
	expect(await ended).toEqual([0, null]);
}

/** Every call is done by now, or a moment later: what was given up is tried again when it has cooled down. */
async function expectAllDone(): Promise<void> {
	const failures = async () => Object.entries((await ask('relax')).answers).filter(([, answer]) => answer !== 'done');
	await expect.poll(failures).toEqual([]);
}

function limit(resource: string, soft: number | string): void {
	execFileSync('prlimit', ['--pid', String(child.pid), `--${resource}=${soft}:`]);
}

/** Descriptors of the child: one more than the highest number. */
function descriptorsEnd(): number {
	return Math.max(...readdirSync(`/proc/${child.pid}/fd`).map(Number)) + 1;
}

function virtualBytes(): number {
	const [, kilobytes] = /VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) as RegExpExecArray;
	return Number(kilobytes) * 1024;
}

function isRemoved(group: string): boolean {
	try {
		rmdirSync(group);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
		return false;
	}
}

function allowed(report: Report, ...codes: string[]): [string, string][] {
	return Object.entries(report.answers).filter(([, answer]) => answer !== 'done' && !codes.includes(answer));
}

describe('when there is', () => {
	test('no descriptor, calls say RateLimited', async () => {
		await begin('descriptors');
		const soft = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/limits`, 'utf8')) as RegExpExecArray;
		limit('nofile', descriptorsEnd() + 20);
		const report = await ask('squeeze');
		expect(report.held).toBe('RateLimited');
		expect(allowed(report, 'RateLimited', 'EngineUnavailable')).toEqual([]);
		expect(report.answers).toMatchObject({
			read: 'RateLimited',
			write: 'RateLimited',
			'open an operator': 'RateLimited',
		});
		limit('nofile', soft[1]);
		await expectAllDone();
		await end();
	});

	test('no memory for another instance, those that run go on, and what needs one says EngineUnavailable', async () => {
		await begin('memory');
		// Enough for what JavaScript allocates, and nothing near the address space that a wasm memory reserves.
		limit('as', virtualBytes() + 512 * 1024 ** 2);
		const report = await ask('squeeze');
		console.log(JSON.stringify(report));
		expect(allowed(report, 'EngineUnavailable')).toEqual([]);
		expect(report.answers).toMatchObject({
			read: 'done',
			write: 'done',
			'open an operator': 'done',
			'open an operator over a pool of its own': 'EngineUnavailable',
		});
		limit('as', 'unlimited');
		await expectAllDone();
		await end();
	});

	test('no thread, those that run go on, and what needs one says EngineUnavailable', async ({ skip }) => {
		const group = `/sys/fs/cgroup/pids/holdfast-${process.pid}`;
		try {
			mkdirSync(group);
		} catch {
			await begin('threads');
			await end();
			return skip('NOT RUN: there is no pids cgroup that this process may make (it takes root and cgroup v1)');
		}
		try {
			await begin('threads');
			writeFileSync(join(group, 'cgroup.procs'), String(child.pid));
			writeFileSync(join(group, 'pids.max'), readFileSync(join(group, 'pids.current')));
			const report = await ask('squeeze');
			console.log(JSON.stringify(report));
			expect(allowed(report, 'EngineUnavailable')).toEqual([]);
			expect(report.answers).toMatchObject({
				read: 'done',
				write: 'done',
				'write durably': 'EngineUnavailable',
				'open an operator over a pool of its own': 'EngineUnavailable',
			});
			writeFileSync(join(group, 'pids.max'), 'max');
			await expectAllDone();
			await end();
		} finally {
			child.kill('SIGKILL');
			// Its last thread may still be on its way out.
			await expect.poll(() => isRemoved(group)).toBe(true);
		}
	});
});
