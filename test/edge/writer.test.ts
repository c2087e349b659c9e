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
