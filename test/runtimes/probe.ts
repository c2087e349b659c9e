// What a runtime can do, as a program: `RUNTIME probe.mjs PROJECT` prints one line of JSON. It works on the build of that directory, because
// faults need the engine of the tests, which is not published.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Operator } from 'holdfast';
import type * as Services from '#host/services/index';

const OP_FAULT = 19;
const FAULT_UNREACHABLE = 1;
const FAULT_SPIN = 5;
const SPIN_LOOKS_MAX = 10;
const LOOK_MS = 1000;

const project = process.argv[2];
const at = (path: string): string => pathToFileURL(join(project, 'build', path)).href;
const holdfast = (await import(at('host/index.js'))) as { Operator: typeof Operator };
const { openStore } = (await import(at('host/services/index.js'))) as typeof Services;
const { Request } = await import(at('host/pool/request.js'));

const open = (scheme: string, options: Record<string, unknown>, modulePath?: string): Operator =>
	holdfast.Operator.fromStore(openStore(scheme, options, modulePath === undefined ? {} : { modulePath }));
const fault = (kind: number) => Object.assign(new Request(OP_FAULT, 'test'), { offset: kind });
const faulty = join(project, 'build/engine.fault.wasm');

/** CPU time that a thread has used; -1 when it is gone. */
function ticksOf(thread: number): number {
	try {
		const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
		return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]);
	} catch {
		return -1;
	}
}

async function works(attempt: () => Promise<boolean>): Promise<boolean> {
	try {
		return await attempt();
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
		return false;
	}
}

async function stores(scheme: string, options: Record<string, unknown>): Promise<boolean> {
	const op = open(scheme, options);
	await op.write('a/b', 'content');
	const isThere = (await op.read('a/b')).toString() === 'content';
	await op.close();
	return isThere;
}

const place = mkdtempSync(join(tmpdir(), 'holdfast-probe-'));
const findings = {
	threads: await works(async () => {
		const op = open('memory', { workers: 2 });
		await Promise.all([op.pool.dispatch('sleep', 20), op.pool.dispatch('sleep', 20), op.pool.dispatch('sleep', 20)]);
		const count = op.pool.health().instances.length;
		await op.close();
		return count === 2;
	}),
	files: await works(() => stores('fs', { root: place })),
	memory: await works(() => stores('memory', {})),
	syncCalls: await works(async () => {
		const op = open('fs', { root: place });
		op.writeSync('sync', 'content');
		const isThere = op.readSync('sync').toString() === 'content';
		await op.close();
		return isThere;
	}),
	trapsReplaced: await works(async () => {
		const op = open('memory', { workers: 1 }, faulty);
		await op.write('kept', 'content');
		const trapped = await op.pool.submit(fault(FAULT_UNREACHABLE)).then(
			() => '',
			(error: { code: string }) => error.code,
		);
		const isThere = (await op.read('kept')).toString() === 'content';
		const { restarts } = op.pool.health();
		await op.close();
		return trapped === 'EngineTrapped' && isThere && restarts >= 1;
	}),
	/** The caller is answered and the engine replaced everywhere; here it is about the thread that was given up. */
	spinsEnded: await works(async () => {
		const op = open('memory', { workers: 1, stallMs: 500 }, faulty);
		await op.write('kept', 'content');
		const [{ thread }] = op.pool.heartbeats();
		if (thread === 0) throw new Error('the thread is not known');
		await op.pool.submit(fault(FAULT_SPIN)).catch(() => undefined);
		const isThere = (await op.read('kept')).toString() === 'content';
		if (!isThere) throw new Error('the engine was not replaced');
		// Whether it is counted as gone differs; whether it still computes does not lie.
		for (let tries = 0; tries < SPIN_LOOKS_MAX; tries++) {
			const before = ticksOf(thread);
			await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
			if (ticksOf(thread) === before) return true;
		}
		return false;
	}),
};
rmSync(place, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(findings)}\n`, () => process.exit(0));
