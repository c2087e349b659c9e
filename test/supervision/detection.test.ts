import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
	FAULT_KIND_MEMORY,
	FAULT_KIND_OUT_OF_BOUNDS,
	FAULT_KIND_PANIC,
	FAULT_KIND_SPIN,
	FAULT_KIND_STACK_OVERFLOW,
	FAULT_KIND_UNREACHABLE,
} from '#assembly/layout';
import { type PoolClock, systemClock } from '#host/pool/clock';
import type { PoolInternals } from '#host/pool/pool';
import { Watch } from '#host/pool/watch';
import { FAULT_ENGINE } from '../pool/harness.ts';
import { type Fault, Scene } from './scene.ts';

// Every way in which an engine comes to its end is made to happen, with a caller that awaits and with one that is blocked.

let scene: Scene;
const open = (...input: ConstructorParameters<typeof Scene>) => {
	scene = new Scene(...input);
	return scene;
};
afterEach(() => scene.close());

/** Short, and long enough for a busy machine and its disk. */
const STALL = { stallMs: 1000, syncStallMs: 5000 };
/** Before its heap is at its end a thread collects garbage for so long that a short patience takes it for one that hangs. */
const PATIENCE = { stallMs: 30_000, syncStallMs: 5000 };
const SMALL_HEAP: PoolInternals = { resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } };

const traps: [string, number, RegExp][] = [
	['unreachable', FAULT_KIND_UNREACHABLE, /RuntimeError: unreachable \(at assembly\/fault\.ts:\d+:\d+\)/],
	['an access out of bounds', FAULT_KIND_OUT_OF_BOUNDS, /out of bounds \(at assembly\/fault\.ts:\d+:\d+\)/],
	[
		'a stack overflow',
		FAULT_KIND_STACK_OVERFLOW,
		/RangeError: Maximum call stack size exceeded \(at assembly\/fault\.ts:\d+:\d+\)/,
	],
	['exhausted memory', FAULT_KIND_MEMORY, /memory is exhausted \(at assembly\/fault\.ts:\d+:\d+\)/],
	['a panic', FAULT_KIND_PANIC, /a fault was asked for \(at assembly\/fault\.ts:\d+:\d+\)/],
];

describe.each(traps)('%s', (_name, kind, reason) => {
	it('rejects the call with the reason and its position, and the next call works', async () => {
		open({}, undefined, { modulePath: FAULT_ENGINE });
		const failure = await scene.pool.submit(scene.fault(kind)).catch((error) => error);
		expect(failure).toMatchObject({ code: 'EngineTrapped', retryable: true, operation: 'fault' });
		expect(failure.message).toMatch(reason);
		await scene.op.write('a', 'b');
		expect(scene.pool.health()).toMatchObject({
			restarts: 1,
			stuckThreads: 0,
			lastTrap: expect.stringMatching(reason),
		});
	});

	it('does so for a caller that is blocked', () => {
		open({}, undefined, { modulePath: FAULT_ENGINE });
		expect(() => scene.pool.submitSync(scene.fault(kind))).toThrow(reason);
		scene.op.writeSync('a', 'b');
		expect(String(scene.op.readSync('a'))).toBe('b');
	});
});

const ends: [string, Fault, PoolInternals, RegExp, typeof STALL?][] = [
	['a foreign throw', { call: 'file_read', how: 'throw' }, {}, /the engine trapped: TypeError: this host fails/],
	['process.exit in the worker', { call: 'file_read', how: 'exit' }, {}, /thread ended/],
	['a worker out of memory', { call: 'file_read', how: 'heap' }, SMALL_HEAP, /memory limit|thread ended/, PATIENCE],
	[
		'an endless loop in the host',
		{ call: 'file_read', how: 'spin' },
		{},
		/the engine hung: its thread did not move for \d+ ms/,
	],
	[
		'a thread that waits for ever',
		{ call: 'file_read', how: 'wait' },
		{},
		/the engine hung: its thread did not move for \d+ ms/,
	],
];

describe.each(ends)('%s', (_name, fault, internals, reason, stall = STALL) => {
	it('is invisible to a read when it happens once', async () => {
		open(stall, { ...fault, once: true }, internals);
		await scene.op.write('a', 'content');
		expect(String(await scene.op.read('a'))).toBe('content');
		expect(scene.pool.health().restarts).toBe(1);
		await expect.poll(() => scene.pool.health().stuckThreads).toBe(0);
	});

	it('rejects a read when it happens again, and the next call works', async () => {
		open(stall, fault, internals);
		await scene.op.write('a', 'content');
		const failure = await scene.op.read('a').catch((error) => error);
		expect(failure).toMatchObject({ code: 'EngineTrapped', retryable: true, path: 'a' });
		expect(failure.message).toMatch(reason);
		expect((await scene.op.stat('a')).contentLength).toBe(7n);
		expect(scene.pool.health().restarts).toBe(2);
	});

	it('does so for a caller that is blocked', () => {
		open(stall, fault, internals);
		scene.op.writeSync('a', 'content');
		expect(() => scene.op.readSync('a')).toThrow(/EngineTrapped/);
		expect(scene.op.statSync('a').contentLength).toBe(7n);
		expect(scene.pool.health().restarts).toBe(2);
	});

	it('is invisible to readSync when it happens once', () => {
		open(stall, { ...fault, once: true }, internals);
		scene.op.writeSync('a', 'content');
		expect(String(scene.op.readSync('a'))).toBe('content');
	});
});

describe('an error event', () => {
	it('of a worker that cannot load its host: it is started again', async () => {
		open({}, { call: 'load', how: 'throw', once: true });
		await scene.op.write('a', 'b');
		expect(scene.pool.health()).toMatchObject({ lastTrap: expect.stringContaining('this host fails') });
	});

	it('every time: given up, with the reasons, and health() says so', async () => {
		open({ restartWindowMs: 60_000 }, { call: 'load', how: 'throw' });
		const failure = await scene.op.stat('a').catch((error) => error);
		expect(failure).toMatchObject({ code: 'EngineUnavailable', retryable: false });
		expect(failure.message).toContain('this host fails');
		expect(scene.pool.health().instances).toMatchObject([{ name: 'holdfast read 0', state: 'given up', restarts: 6 }]);
		expect(() => scene.op.statSync('a')).toThrow(/EngineUnavailable.*this host fails/);
	});
});

describe('an endless loop in the engine', () => {
	it('is ended, its caller gets EngineTrapped, bystanders are served', async () => {
		open(STALL, undefined, { modulePath: FAULT_ENGINE });
		const sleeping = scene.pool.dispatch('sleep', 100);
		const failure = await scene.pool.submit(scene.fault(FAULT_KIND_SPIN)).catch((error) => error);
		expect(failure).toMatchObject({ code: 'EngineTrapped', retryable: true });
		expect(failure.message).toMatch(/did not move for \d+ ms/);
		await sleeping;
		await expect.poll(() => scene.pool.health().stuckThreads).toBe(0);
	});

	it('is ended for a caller that is blocked', () => {
		open(STALL, undefined, { modulePath: FAULT_ENGINE });
		expect(() => scene.pool.submitSync(scene.fault(FAULT_KIND_SPIN))).toThrow(/did not move/);
		scene.op.writeSync('a', 'b');
	});

	it('does not hold up those who have a deadline', async () => {
		open({}, undefined, { modulePath: FAULT_ENGINE });
		void scene.pool.submit(scene.fault(FAULT_KIND_SPIN)).catch(() => undefined);
		await expect(scene.op.stat('a', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'Timeout' });
		expect(() => scene.op.statSync('a', { timeoutMs: 20 })).toThrow(/Timeout/);
	});
});

describe('a thread that is blocked in the kernel', () => {
	const BLOCKED: Fault = { call: 'file_read', how: 'fifo', once: true };

	it('is replaced, counted and not waited for; when it ends, it is not counted any more', async () => {
		open(STALL, BLOCKED);
		await scene.op.write('a', 'content');
		expect(String(await scene.op.read('a'))).toBe('content');
		expect(scene.pool.health()).toMatchObject({ stuckThreads: 1, restarts: 1 });
		await delay(100);
		expect(scene.pool.health().stuckThreads).toBe(1);
		scene.release();
		await expect.poll(() => scene.pool.health().stuckThreads).toBe(0);
	});

	it('is replaced for a caller that is blocked', () => {
		open(STALL, BLOCKED);
		scene.op.writeSync('a', 'content');
		expect(String(scene.op.readSync('a'))).toBe('content');
		expect(scene.pool.health()).toMatchObject({ stuckThreads: 1, restarts: 1 });
	});

	it('keeps its descriptors open until it ends: a number that is used again would take its late writes elsewhere', async () => {
		open({ ...STALL, syncWorkers: 1 }, { call: 'fd_pwrite', how: 'fifo', path: '', once: true });
		const before = scene.pool.table.open();
		await scene.op.write('a', 'content');
		expect(scene.pool.health().stuckThreads).toBe(1);
		expect(scene.pool.table.open()).toBeGreaterThan(before);
		const descriptors = () => readdirSync('/proc/self/fd').length;
		const whileStuck = descriptors();
		scene.release();
		await expect.poll(() => scene.pool.health().stuckThreads).toBe(0);
		expect(descriptors()).toBeLessThan(whileStuck);
		expect(scene.names()).toEqual(['a']);
	});

	it('cannot change anything afterwards: its late rename finds no temporary file, and its later calls are refused', async () => {
		open(STALL, { call: 'path_rename', how: 'fifo', path: 'a', once: true });
		const failure = await scene.op.write('a', 'late').catch((error) => error);
		// The rename may have happened, for all that the host can know.
		expect(failure).toMatchObject({ code: 'EngineTrapped', retryable: false });
		expect(scene.names()).toEqual([]);
		await scene.op.write('a', 'new');
		scene.release();
		await expect.poll(() => scene.pool.health().stuckThreads).toBe(0);
		expect(String(await scene.op.read('a'))).toBe('new');
		expect(scene.names()).toEqual(['a']);
	});

	it('does not keep close() waiting', async () => {
		open({}, BLOCKED);
		await scene.op.write('a', 'content');
		const reading = scene.op.read('a').catch((error) => error.code);
		await expect.poll(() => existsSync(join(scene.folder, 'once'))).toBe(true);
		await scene.pool.close();
		expect(await reading).toBe('Closed');
		expect(scene.pool.health().stuckThreads).toBe(1);
	});

	it('takes a part of the descriptor table with it: when none is left, calls are refused until one has ended', async () => {
		open({ ...STALL, workers: 1, syncWorkers: 1, restartWindowMs: 1000 }, { call: 'file_read', how: 'fifo' });
		await scene.op.write('a', 'content', { durability: 'none' });
		// Three lanes of a thread each have two parts for each of them, and a call that blocks its thread does so twice.
		const codes: string[] = [];
		for (let index = 0; index < 4; index++) codes.push(await scene.op.read('a').catch((error) => error.code));
		expect(codes).toContain('EngineUnavailable');
		expect(scene.pool.health().stuckThreads).toBeGreaterThanOrEqual(3);
		scene.release();
		await expect.poll(() => scene.pool.health().stuckThreads).toBe(0);
		await expect.poll(() => scene.op.exists('a').catch(() => false)).toBe(true);
	});
});

const FREEZER = '/sys/fs/cgroup/freezer';
const mayFreeze = canFreeze();

describe.skipIf(!mayFreeze)('a thread that is frozen', () => {
	it('is replaced, counted and not waited for', async () => {
		open(STALL);
		await scene.op.write('a', 'content', { durability: 'none' });
		const frozen = join(FREEZER, `holdfast-${process.pid}`);
		mkdirSync(frozen);
		try {
			// That of the lane for reads.
			const [{ thread }] = scene.pool.heartbeats();
			writeFileSync(join(frozen, 'tasks'), `${thread}`);
			writeFileSync(join(frozen, 'freezer.state'), 'FROZEN');
			expect(String(await scene.op.read('a'))).toBe('content');
			expect(scene.pool.health()).toMatchObject({ stuckThreads: 1, restarts: 1 });
		} finally {
			writeFileSync(join(frozen, 'freezer.state'), 'THAWED');
		}
		await expect.poll(() => scene.pool.health().stuckThreads).toBe(0);
		await expect.poll(() => tryToRemove(frozen)).toBe(true);
	});
});

describe('the watch', () => {
	it('has no timer while nothing is in flight', async () => {
		const intervalMs = new Watch(systemClock, STALL.stallMs, () => false).intervalMs;
		let timers = 0;
		const after: PoolClock['after'] = (delayMs, callback) => {
			if (delayMs !== intervalMs) return systemClock.after(delayMs, callback);
			timers++;
			const timer = systemClock.after(delayMs, () => {
				timers--;
				callback();
			});
			return {
				hold: () => timer.hold(),
				cancel() {
					timers--;
					timer.cancel();
				},
			};
		};
		open(STALL, undefined, { clock: { ...systemClock, after } });
		const sleeping = scene.pool.dispatch('sleep', 20);
		expect(timers).toBe(1);
		await sleeping;
		await expect.poll(() => timers).toBe(0);
	});

	it('leaves alone what sleeps rightly: a long sleep is no stall', async () => {
		open({ stallMs: 100 });
		await scene.pool.dispatch('sleep', 700);
		expect(scene.pool.health().restarts).toBe(0);
	});
});

function canFreeze(): boolean {
	const probe = join(FREEZER, `holdfast-probe-${process.pid}`);
	try {
		mkdirSync(probe);
		const isFreezer = existsSync(join(probe, 'freezer.state'));
		rmdirSync(probe);
		return isFreezer;
	} catch {
		// Not this machine, or not this user.
		return false;
	}
}

function tryToRemove(folder: string): boolean {
	try {
		rmdirSync(folder);
		return true;
	} catch {
		// As long as the thread is in it.
		return false;
	}
}
