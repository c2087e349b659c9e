import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { here } from './bundle.js';

type Edge = typeof import('#host/edge');
let edge: Edge;
let module: WebAssembly.Module;

beforeAll(async () => {
	edge = (await import(here('../../build/web/edge.js'))) as Edge;
	module = new WebAssembly.Module(readFileSync(here('../../build/engine.unshared.wasm')));
});

const open = (options = {}) => new edge.Operator('memory', { module, ...options });

describe('tryWrite on the edge', () => {
	it('adds bytes and strings in order with what is written after them, each string by itself as UTF-8', async () => {
		const op = open();
		const writer = await op.writer('file');
		const memory = Buffer.from('bytes ');
		expect(writer.tryWrite(memory)).toBe(true);
		// It is a copy that was added.
		memory.fill(0);
		for (const piece of ['', 'strïngs ', '\ud83d', '\ude00']) expect(writer.tryWrite(piece)).toBe(true);
		const written = [writer.write(' one'), writer.write(' two')];
		// What was called before is not overtaken.
		expect(writer.tryWrite('early')).toBe(false);
		await Promise.all(written);
		expect(writer.tryWrite(' end')).toBe(true);
		expect((await writer.close()).contentLength).toBe(33n);
		expect(await op.readText('file')).toBe('bytes strïngs \ufffd\ufffd one two end');
		await op.close();
	});

	it('takes as much as a buffer of the engine, and again when that was written', async () => {
		const op = open({ bufferBytes: 65536 });
		const writer = await op.writer('file');
		const record = `${'r'.repeat(99)}\n`;
		let records = 0;
		for (let round = 0; round < 3; round++) {
			let taken = 0;
			while (writer.tryWrite(record)) taken++;
			expect(taken).toBe(Math.floor(65536 / 100));
			expect(writer.tryWrite('r'.repeat(65537))).toBe(false);
			await writer.write(record);
			records += taken + 1;
		}
		await writer.close();
		expect(await op.readText('file')).toBe(record.repeat(records));
		await op.close();
	});

	it('tells what went wrong with the next call that has a promise, and stores nothing', async () => {
		const op = open({ maximumBytes: 1024 ** 2 });
		await op.write('file', 'before');
		const writer = await op.writer('file');
		const fill = async (): Promise<void> => {
			for (let count = 0; count < 40; count++) if (!writer.tryWrite(new Uint8Array(100_000))) await writer.flush();
			await writer.close();
		};
		await expect(fill()).rejects.toMatchObject({ code: 'StorageFull' });
		await expect(writer.close()).rejects.toMatchObject({ code: 'Closed', cause: { code: 'StorageFull' } });
		expect(() => writer.tryWrite('more')).toThrow(/Closed/);
		await writer.abort();
		expect(await op.readText('file')).toBe('before');
		await op.close();
	});

	it('leaves nothing behind when it is aborted, or closed without more', async () => {
		const op = open();
		const aborted = await op.writer('aborted');
		aborted.tryWrite('something');
		await aborted.abort();
		const closed = await op.writer('closed');
		closed.tryWrite('something');
		await closed.close();
		expect((await op.list('/')).map((entry) => entry.path())).toEqual(['/', 'closed']);
		expect(await op.readText('closed')).toBe('something');
		await op.close();
	});
});

describe('a write on the edge', () => {
	it('whose bytes are transferred while it waits for room is refused, and stored nothing: it once stored an empty file', async () => {
		const op = open({ ringEntries: 2 });
		const contents = [0, 1, 2, 3].map(() => new Uint8Array(100).fill(65));
		const writes = contents.map((bytes, index) => op.write(`file-${index}`, bytes));
		structuredClone(contents[3], { transfer: [contents[3].buffer] });
		await expect(writes[3]).rejects.toMatchObject({ code: 'ConfigInvalid', path: 'file-3', operation: 'write' });
		expect((await Promise.all(writes.slice(0, 3))).map(({ contentLength }) => contentLength)).toEqual([
			100n,
			100n,
			100n,
		]);
		expect(await op.exists('file-3')).toBe(false);
		await op.close();
	});
});

describe('a signal that many calls on the edge share', () => {
	it('has one listener as long as one of them is on its way, of which Node does not warn', async () => {
		const op = open();
		await op.write('file', 'content');
		const { signal } = new AbortController();
		for (let round = 0; round < 2; round++) {
			const calls = Array.from({ length: 50 }, () => op.stat('file', { signal }));
			expect(getEventListeners(signal, 'abort')).toHaveLength(1);
			await Promise.all(calls);
			expect(getEventListeners(signal, 'abort')).toEqual([]);
		}
		await op.close();
	});
});
