import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HoldfastError, Operator } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { FAULT_KIND_OUT_OF_BOUNDS, FAULT_KIND_PANIC, FAULT_KIND_UNREACHABLE, OP_FAULT } from '#assembly/layout';
import { type Lane, Request } from '#host/pool/request';
import { openStore } from '#host/services/index';
import { FAULT_ENGINE } from '../pool/harness.ts';

// Traps as fast as they can be made, in both lanes, under reads and writes with 64 in flight. No `expect` in the loops: it keeps
// something of every call, and memory is measured here.
const TRAPS = Number(process.env.HOLDFAST_TRAPS ?? 10_000);
const WIDTH = 64;
const KINDS = [FAULT_KIND_UNREACHABLE, FAULT_KIND_OUT_OF_BOUNDS, FAULT_KIND_PANIC];
const LANES: readonly Lane[] = ['read', 'sync'];
/** Heaps of the four threads that grow to their usual size; a memory that leaked with each trap would take thousands of megabytes. */
const SLACK_BYTES = 192 * 1024 ** 2;

let place: string;
let op: Operator;
afterEach(async () => {
	await op.close();
	rmSync(place, { recursive: true, force: true });
});

it(`${TRAPS} traps under load: every call settles once, what was acknowledged reads back, nothing is left`, async () => {
	place = mkdtempSync(join(tmpdir(), 'holdfast-load-'));
	const root = join(place, 'root');
	const descriptorsAtStart = readdirSync('/proc/self/fd').length;
	const limits = { maxRestarts: 100_000, restartWindowMs: 1000 };
	const store = openStore('fs', { root, workers: 2, syncWorkers: 2, ...limits }, { modulePath: FAULT_ENGINE });
	op = Operator.fromStore(store);
	await op.write('constant', 'always the same', { durability: 'none' });
	/** What may stand in each file: the last acknowledged content, and what may have happened since. */
	const mayHold = new Map<string, Set<string>>();
	const tally = { reads: 0, writes: 0, hit: 0, uncertain: 0, traps: 0 };

	let isOver = false;
	const work = async (worker: number) => {
		for (let turn = 0; !isOver; turn++) {
			if (turn % 2 === 0) {
				// Reading is repeated invisibly, but one whose instance traps under it twice is told so.
				const text = await op.read('constant').catch(trapped);
				if (text !== undefined && String(text) !== 'always the same') throw new Error(`read ${text}`);
				tally.reads++;
				continue;
			}
			const path = `w${worker}/${turn % 8}`;
			const content = `${worker} ${turn}`;
			const durability = turn % 64 === 1 ? 'full' : 'none';
			const holds = mayHold.get(path) ?? new Set();
			mayHold.set(path, holds);
			try {
				await op.write(path, content, { durability });
				holds.clear();
				holds.add(content);
			} catch (error) {
				if (!(error instanceof HoldfastError) || error.code !== 'EngineTrapped') throw error;
				tally.hit++;
				if (error.retryable) continue;
				// Its rename may have happened.
				tally.uncertain++;
				holds.add(content);
				if (holds.size === 1) holds.add('nothing');
			}
			tally.writes++;
		}
	};
	const trap = async (lane: Lane, count: number) => {
		for (let index = 0; index < count; index++) {
			const request = Object.assign(new Request(OP_FAULT, 'fault'), { root: store.root, lane });
			request.offset = KINDS[index % KINDS.length];
			const failure = await store.engine.submit(request).then(() => undefined, trapped);
			if (failure !== undefined) throw new Error('the fault was answered');
			tally.traps++;
		}
	};
	const workers = Array.from({ length: WIDTH }, (_, worker) => work(worker));
	const trapBoth = (count: number) => Promise.all(LANES.map((lane) => trap(lane, count / LANES.length)));
	let before: ReturnType<typeof measure>;
	try {
		// By then all threads run, both memories of each have been used and the caches are full: from here on nothing may grow.
		await trapBoth(TRAPS / 10);
		before = measure();
		await trapBoth(TRAPS - TRAPS / 10);
	} finally {
		isOver = true;
	}
	await Promise.all(workers);

	for (const [path, holds] of mayHold) {
		const text = await op.read(path).then(String, (error) => (error.code === 'NotFound' ? 'nothing' : error.message));
		expect([...holds], path).toContain(text);
	}
	expect(op.pool.health()).toMatchObject({ inFlight: 0, queued: 0, stuckThreads: 0 });
	const hidden = readdirSync(root, { recursive: true }).filter((name) => String(name).includes('.holdfast-'));
	expect(hidden).toEqual([]);
	const after = measure();
	console.log(`${TRAPS} traps:`, JSON.stringify({ ...tally, before, after, restarts: op.pool.health().restarts }));
	expect(after.residentBytes - before.residentBytes).toBeLessThan(SLACK_BYTES);
	// Each file's directory can be cached once by each thread.
	expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 4 * WIDTH);
	await op.close();
	await expect.poll(() => readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(descriptorsAtStart);
}, 900_000);

function trapped(error: unknown): undefined {
	if (error instanceof HoldfastError && error.code === 'EngineTrapped') return undefined;
	throw error;
}

function measure() {
	setFlagsFromString('--expose-gc');
	runInNewContext('gc')();
	const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;
	return { descriptors: readdirSync('/proc/self/fd').length, residentBytes: resident };
}
