import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejection } from './refusal.ts';

// How much may be open at a time; `docs/limits.md` has the table.
const MOST = 3;
const OPTIONS = {
	workers: 2,
	syncWorkers: 2,
	ringEntries: 16,
	buffers: 4,
	bufferBytes: 65536,
	maxReaders: MOST,
	maxWriters: MOST,
	durability: 'none',
};

let folder: string;
let op: Operator;

describe.each(['memory', 'fs'])('%s', (scheme) => {
	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'holdfast-open-limits-'));
		op = new Operator(scheme, scheme === 'fs' ? { ...OPTIONS, root: folder } : OPTIONS);
		await op.write('file', 'content');
	});
	afterEach(async () => {
		const { open } = op.pool.health();
		await op.close();
		rmSync(folder, { recursive: true, force: true });
		expect(open).toEqual({ readers: 0, writers: 0 });
	});

	const openReader = async () => {
		const reader = await op.reader('file');
		await reader.read(Buffer.alloc(1));
		return reader;
	};

	it('readers up to the limit are open, one more is RateLimited at once, and a closed one makes room', async () => {
		const readers = await Promise.all(Array.from({ length: MOST }, openReader));
		expect(op.pool.health().open.readers).toBe(MOST);
		const error = await rejection(openReader());
		expect(error).toMatchObject({ code: 'RateLimited', retryable: true, path: 'file' });
		expect(error.message).toContain('maxReaders');
		// What opens nothing for its caller goes on.
		expect(await op.readText('file')).toBe('content');
		const blocking = op.readerSync('file');
		expect(() => blocking.read(Buffer.alloc(1))).toThrow(/^RateLimited: .*maxReaders/);
		await readers[0].close();
		expect(blocking.read(Buffer.alloc(1))).toBe(1n);
		blocking.close();
		for (const reader of readers) await reader.close();
	});

	it('a reader that was refused can be read from once there is room', async () => {
		const readers = await Promise.all(Array.from({ length: MOST }, openReader));
		const late = await op.reader('file');
		expect((await rejection(late.read(Buffer.alloc(1)))).code).toBe('RateLimited');
		await readers[0].close();
		expect(await late.read(Buffer.alloc(100))).toBe(7n);
		for (const reader of [...readers, late]) await reader.close();
	});

	it('a burst of readers does not get past the limit', async () => {
		const opened = await Promise.allSettled(Array.from({ length: 20 }, openReader));
		const readers = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
		expect(readers.length).toBe(MOST);
		for (const reader of readers) await reader.close();
	});

	it('a directory in listing counts as a reader, and a refused listing leaves nothing open', async () => {
		await op.createDir('a/b/c/d/e/');
		// With all pages of a directory read it is closed: none of these keeps more than one open at a time.
		expect((await op.list('/', { recursive: true })).map((entry) => entry.path())).toContain('a/b/c/d/e/');
		const readers = await Promise.all(Array.from({ length: MOST }, openReader));
		expect((await rejection(op.list('/'))).code).toBe('RateLimited');
		expect(op.pool.health().open.readers).toBe(MOST);
		for (const reader of readers) await reader.close();
		expect((await op.list('/')).length).toBeGreaterThan(1);
	});

	it('writers up to the limit are open, one more is RateLimited at once, and a closed or aborted one makes room', async () => {
		const writers = await Promise.all(['a', 'b', 'c'].map((path) => op.writer(path)));
		expect(op.pool.health().open.writers).toBe(MOST);
		const error = await rejection(op.writer('d'));
		expect(error).toMatchObject({ code: 'RateLimited', retryable: true, path: 'd' });
		expect(error.message).toContain('maxWriters');
		expect(() => op.writerSync('d')).toThrow(/^RateLimited: .*maxWriters/);
		// What fits a request needs no writer; what does not has one while it lasts.
		await op.write('small', Buffer.alloc(OPTIONS.bufferBytes));
		expect((await rejection(op.write('large', Buffer.alloc(OPTIONS.bufferBytes + 1)))).code).toBe('RateLimited');
		expect(await op.exists('large')).toBe(false);
		await writers[0].close();
		await op.write('large', Buffer.alloc(OPTIONS.bufferBytes + 1));
		await writers[1].abort();
		const [d, e] = await Promise.all([op.writer('d'), op.writer('e')]);
		for (const writer of [writers[2], d, e]) await writer.close();
	});

	it('a burst of writers does not get past the limit, and an abort on the way gives its place back', async () => {
		const signal = AbortSignal.abort();
		for (let index = 0; index < 10; index++) {
			expect((await rejection(op.writer(`aborted ${index}`, { signal }))).code).toBe('Cancelled');
		}
		const opened = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => op.writer(`burst ${index}`)));
		const writers = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
		expect(writers.length).toBe(MOST);
		for (const writer of writers) await writer.abort();
	});

	it('what cannot be opened does not count', async () => {
		for (let index = 0; index < 2 * MOST; index++) {
			const reader = await op.reader('missing');
			expect((await rejection(reader.read(Buffer.alloc(1)))).code).toBe('NotFound');
			if (scheme === 'fs') mkdirSync(join(folder, 'directory'), { recursive: true });
			else await op.createDir('directory/');
			expect((await rejection(op.writer('directory'))).code).toBe('IsADirectory');
		}
	});
});
