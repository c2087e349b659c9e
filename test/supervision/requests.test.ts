import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAULT_KIND_PANIC, OP_DELETE, OP_SLEEP } from '#assembly/layout';
import { systemClock } from '#host/pool/clock';
import type { PoolInternals } from '#host/pool/pool';
import { Request } from '#host/pool/request';
import { FAULT_ENGINE } from '../pool/harness.ts';
import { Scene } from './scene.ts';

// What a trap means for what was open and for what comes next.

let scene: Scene;
const open = (options: ConstructorParameters<typeof Scene>[0] = {}, internals: PoolInternals = {}) => {
	scene = new Scene(options, undefined, { modulePath: FAULT_ENGINE, ...internals });
	return scene;
};
afterEach(() => scene.close());

const NONE = { durability: 'none' } as const;
const trap = () => scene.pool.submit(scene.fault(FAULT_KIND_PANIC)).catch((error) => error);

describe('an open reader', () => {
	it('goes on after a trap, at its position and on the version that it opened', async () => {
		open();
		await scene.op.write('file', `${'a'.repeat(100_000)}${'b'.repeat(100_000)}`, NONE);
		const reader = await scene.op.reader('file');
		const buffer = Buffer.alloc(100_000);
		let position = 0;
		while (position < 100_000) position += Number(await reader.read(buffer.subarray(0, 100_000 - position)));
		await scene.op.write('file', 'another version', NONE);
		expect((await trap()).code).toBe('EngineTrapped');
		expect(await reader.read(buffer)).toBeGreaterThan(0n);
		expect(buffer[0]).toBe('b'.charCodeAt(0));
		expect(scene.pool.health().restarts).toBe(1);
	});
});

describe('an open writer', () => {
	it('is rejected at its next call, its temporary file is gone, and what was there stays', async () => {
		open();
		await scene.op.write('file', 'old', NONE);
		const writer = await scene.op.writer('file', NONE);
		await writer.write('new');
		expect(scene.names().length).toBe(2);
		await trap();
		await expect(writer.write('more')).rejects.toMatchObject({ code: 'EngineTrapped', retryable: true });
		await expect(writer.close()).rejects.toThrow();
		expect(scene.names()).toEqual(['file']);
		expect(String(await scene.op.read('file'))).toBe('old');
	});
});

describe('a write behind a symlink', () => {
	beforeEach(() => {
		open({ symlinks: 'within' });
		mkdirSync(join(scene.root, 'real'));
		writeFileSync(join(scene.root, 'real/file'), 'old');
		symlinkSync('real/file', join(scene.root, 'link'));
	});

	it('leaves no temporary file beside what the link leads to', async () => {
		const writer = await scene.op.writer('link', NONE);
		await writer.write('new');
		expect(readdirSync(join(scene.root, 'real'))).toHaveLength(2);
		await trap();
		await expect(writer.close()).rejects.toThrow();
		expect(readdirSync(join(scene.root, 'real'))).toEqual(['file']);
		expect(String(await scene.op.read('link'))).toBe('old');
	});
});

describe('a whole file that is too large for one request', () => {
	it('is written again from the beginning when its engine ends before it has its name', async () => {
		open();
		const content = Buffer.alloc(16 * 1024 ** 2, 7);
		const writing = scene.op.write('large', content, NONE);
		await trap();
		expect((await writing).contentLength).toBe(BigInt(content.length));
		expect(content.equals(await scene.op.read('large'))).toBe(true);
		expect(scene.names()).toEqual(['large']);
		expect(scene.pool.health().restarts).toBe(1);
	});
});

describe('restart intensity', () => {
	it('too many in the window: given up, every call rejected at once with the reasons; a trial brings it back', async () => {
		let nowMs = 1000;
		open({ maxRestarts: 2, restartWindowMs: 300 }, { clock: { ...systemClock, nowMs: () => nowMs } });
		await scene.op.write('file', 'x', NONE);
		for (let index = 0; index < 3; index++) expect((await trap()).code).toBe('EngineTrapped');
		const refused = await scene.op.read('file').catch((error) => error);
		expect(refused.code).toBe('EngineUnavailable');
		expect(refused.message).toContain('a fault was asked for');
		expect(() => scene.op.readSync('file', { timeoutMs: 10_000 })).toThrow(/EngineUnavailable/);
		// The calling thread's own engine has not trapped.
		expect(String(scene.op.readSync('file'))).toBe('x');
		expect(scene.pool.health().instances).toMatchObject([{ state: 'given up', restarts: 3 }]);
		nowMs += 300;
		expect(String(await scene.op.read('file'))).toBe('x');
		expect(scene.pool.health().instances).toMatchObject([{ state: 'running' }]);
	});

	it('ten traps a second are no reason to give up under the defaults', async () => {
		open();
		for (let index = 0; index < 50; index++) expect((await trap()).code).toBe('EngineTrapped');
		expect(String(await scene.op.write('file', 'x', NONE).then(() => scene.op.read('file')))).toBe('x');
	});
});

describe('what is to be seen', () => {
	it('events and channels tell of a trap and of the replacement', async () => {
		const { subscribe, unsubscribe } = await import('node:diagnostics_channel');
		open();
		const seen: string[] = [];
		const listener = (_message: unknown, name: string | symbol) => seen.push(String(name));
		subscribe('holdfast:trap', listener);
		subscribe('holdfast:replace', listener);
		const told = new Promise((resolve) => scene.pool.once('trap', resolve));
		await trap();
		expect(await told).toMatchObject({ restarts: 1, message: expect.stringContaining('fault') });
		await scene.op.exists('x');
		expect(seen).toEqual(['holdfast:trap', 'holdfast:replace']);
		unsubscribe('holdfast:trap', listener);
		unsubscribe('holdfast:replace', listener);
	});
});

describe('a deadline', () => {
	it('is worth another try only for what changes nothing', async () => {
		open();
		const request = (op: number) =>
			Object.assign(new Request(op, 'test', 'x'), { root: scene.store.root, offset: 60_000 });
		const late = (op: number) => scene.pool.submit(request(op), { timeoutMs: 1 }).catch((error) => error);
		expect(await late(OP_SLEEP)).toMatchObject({ code: 'Timeout', retryable: true });
		void scene.pool.submit(request(OP_SLEEP)).catch(() => undefined);
		const bound = Object.assign(request(OP_DELETE), { lane: 'sync' as const });
		expect(await scene.pool.submit(bound, { timeoutMs: 1 }).catch((error) => error)).toMatchObject({
			code: 'Timeout',
			retryable: false,
		});
	});
});
