import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
	FAULT_KIND_MEMORY,
	FAULT_KIND_OUT_OF_BOUNDS,
	FAULT_KIND_PANIC,
	FAULT_KIND_STACK_OVERFLOW,
	FAULT_KIND_UNREACHABLE,
} from '#assembly/layout';
import { here } from './bundle.js';

const KINDS = {
	unreachable: FAULT_KIND_UNREACHABLE,
	'out of bounds': FAULT_KIND_OUT_OF_BOUNDS,
	'stack overflow': FAULT_KIND_STACK_OVERFLOW,
	panic: FAULT_KIND_PANIC,
	memory: FAULT_KIND_MEMORY,
};

type Edge = typeof import('#host/edge');
let edge: Edge;
let module: WebAssembly.Module;

beforeAll(async () => {
	edge = (await import(here('../../build/web/edge.js'))) as Edge;
	module = new WebAssembly.Module(readFileSync(here('../../build/engine.unshared.fault.wasm')));
});

const open = (options = {}) => new edge.Operator('memory', { module, ...options });

describe('a trap in the thread of its caller', () => {
	for (const [name, kind] of Object.entries(KINDS)) {
		it(`${name}: the call rejects, others are answered, and the content stays`, async () => {
			const op = open();
			await op.write('file', 'before');
			const reader = await op.reader('file');
			const first = Buffer.alloc(3);
			await reader.read(first);
			const reads = [op.readText('file'), op.readText('file')];
			const fault = op.pool.dispatch('fault', kind);
			const written = op.write('other', 'during');
			await expect(fault).rejects.toMatchObject({ code: 'EngineTrapped', operation: 'fault' });
			expect(await Promise.all(reads)).toEqual(['before', 'before']);
			expect((await written).contentLength).toBe(6n);
			expect(await op.readText('other')).toBe('during');
			// The reader goes on where it was, on the next instance.
			const rest = Buffer.alloc(8);
			expect(await reader.read(rest)).toBe(3n);
			expect(rest.toString('utf8', 0, 3)).toBe('ore');
			expect(op.pool.health()).toMatchObject({ restarts: 1, inFlight: 0, queued: 0 });
			expect((await op.list('/')).map((entry) => entry.path())).toEqual(['/', 'file', 'other']);
			await op.close();
		});
	}

	it('carries the words of a panic, and is told as an event', async () => {
		const op = open();
		const traps: unknown[] = [];
		op.pool.on('trap', (trap) => traps.push(trap));
		await expect(op.pool.dispatch('fault', FAULT_KIND_PANIC)).rejects.toThrow(
			/a fault was asked for \(at .*fault\.ts:\d+/,
		);
		expect(traps).toMatchObject([{ kind: 'trap', message: 'a fault was asked for', restarts: 1 }]);
		await op.close();
	});

	it('ends a writer that was open, and its temporary file goes', async () => {
		const op = open();
		const writer = await op.writer('dir/file');
		await writer.write('half');
		await expect(op.pool.dispatch('fault', FAULT_KIND_UNREACHABLE)).rejects.toMatchObject({ code: 'EngineTrapped' });
		await expect(writer.close()).rejects.toMatchObject({ code: 'EngineTrapped', retryable: true });
		expect(await op.exists('dir/file')).toBe(false);
		await op.delete('dir/');
		await op.close();
	});

	it('takes back what was being appended and what has no name yet, and keeps what was flushed', async () => {
		const op = open();
		await op.write('log', 'before');
		const appender = await op.writer('log', { append: true });
		await appender.write(' and');
		await appender.flush();
		await appender.write(' more');
		const writer = await op.writer('dir/new', { ifNotExists: true });
		await writer.write(new Uint8Array(600_000));
		await expect(op.pool.dispatch('fault', FAULT_KIND_OUT_OF_BOUNDS)).rejects.toMatchObject({ code: 'EngineTrapped' });
		for (const lost of [appender, writer]) await expect(lost.close()).rejects.toMatchObject({ code: 'EngineTrapped' });
		expect(await op.readText('log')).toBe('before and');
		expect((await op.list('/', { recursive: true })).map((entry) => entry.path())).toEqual(['/', 'dir/', 'log']);
		// No lock of the dead instance holds up the next ones.
		await Promise.all(['1', '2', '3'].map((piece) => op.write('log', piece, { append: true })));
		const { etag } = await op.stat('log');
		await op.write('log', 'whole', { ifMatch: etag as string });
		expect(await op.readText('log')).toBe('whole');
		expect(op.pool.health().open).toEqual({ readers: 0, writers: 0 });
		await op.close();
	});

	it('in a blocking call is thrown, and the next call works', async () => {
		const op = open();
		op.writeSync('file', 'content');
		await expect(op.pool.dispatch('fault', FAULT_KIND_OUT_OF_BOUNDS)).rejects.toMatchObject({ code: 'EngineTrapped' });
		expect(op.readTextSync('file')).toBe('content');
		await op.close();
	});

	it('too many within the window give the engine up, and it is tried again later', async () => {
		const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
		const op = open({ maxRestarts: 2, restartWindowMs: 50 });
		await op.write('file', 'content');
		for (let count = 0; count < 3; count++) {
			await expect(op.pool.dispatch('fault', FAULT_KIND_UNREACHABLE)).rejects.toMatchObject({ code: 'EngineTrapped' });
		}
		expect(op.pool.health().instances[0]?.state).toBe('given up');
		await expect(op.read('file')).rejects.toMatchObject({ code: 'EngineUnavailable' });
		now.mockReturnValue(1050);
		expect(await op.readText('file')).toBe('content');
		now.mockRestore();
		expect(op.pool.health().instances[0]?.state).toBe('running');
		await op.close();
	});
});

describe('a blocking call', () => {
	it('that would have to wait says so, and nothing of it stays', async () => {
		const op = open();
		const slow = op.pool.dispatch('sleep', 20);
		expect(op.readTextSync.bind(op, 'missing')).toThrow(/NotFound/);
		await slow;
		expect(() => op.layer(new edge.RetryLayer().build())).not.toThrow();
		await op.close();
	});
});

describe('an operator', () => {
	it('without a module says where to get it', () => {
		expect(() => new edge.Operator('memory')).toThrow(
			/ConfigInvalid: option 'module' is undefined.*engine\.unshared\.wasm/,
		);
		expect(() => new edge.Operator('fs', { root: '/' })).toThrow(/unknown scheme 'fs'; known here are 'memory'/);
	});

	it('takes how much may be open as Node does, and refuses what cannot be', () => {
		for (const option of ['maxReaders', 'maxWriters']) {
			for (const value of [0, -1, 1.5, 65_537, 'many']) {
				expect(() => open({ [option]: value })).toThrow(
					new RegExp(`ConfigInvalid: option '${option}' .*an integer from 1 to 65536`),
				);
			}
		}
	});

	it('has a limit for its memory, and says when it is reached', async () => {
		const op = open({ maximumBytes: 1024 ** 2 });
		await op.write('a', new Uint8Array(700_000));
		await expect(op.write('b', new Uint8Array(700_000))).rejects.toMatchObject({ code: 'StorageFull' });
		await op.delete('a');
		await op.write('b', new Uint8Array(700_000));
		await op.close();
	});
});
