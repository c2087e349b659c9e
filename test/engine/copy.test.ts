import { expect, it } from 'vitest';
import {
	ERRNO_IO,
	ERRNO_NOTSUP,
	ERRNO_SUCCESS,
	FLAG_SYNC_DIRECTORY,
	FLAG_SYNC_FILE,
	OP_COPY,
	OP_READ,
	OP_WRITE,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
} from '#assembly/layout';
import { InlineEngine } from './inline-engine.ts';

// A copy where the file system has no reflinks: piece by piece, between which others get their turn, and with the commit of a write.

const CHUNK_BYTES = 512 * 1024;
const BUFFER_BYTES = 1024 * 1024;
const SOURCE = Buffer.alloc(3 * CHUNK_BYTES + 1000);
for (let index = 0; index < SOURCE.length; index++) SOURCE[index] = (index * 7 + (index >> 11)) & 0xff;
const FULL = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;

function engineWithSource(): InlineEngine {
	const engine = new InlineEngine({ bufferBytes: BUFFER_BYTES });
	const { handle } = engine.run(OP_WRITER_OPEN, 'source');
	for (let at = 0; at < SOURCE.length; at += CHUNK_BYTES) {
		engine.run(OP_WRITER_WRITE, '', { handle, data: SOURCE.subarray(at, at + CHUNK_BYTES) });
	}
	engine.run(OP_WRITER_CLOSE, '', { handle });
	engine.run(OP_WRITE, 'small', { data: Buffer.from('small') });
	engine.run(OP_WRITE, 'target', { data: Buffer.from('old') });
	engine.calls.length = 0;
	return engine;
}

/** No reflinks; `see` is told the size of each read and each write. */
function withoutReflinks(engine: InlineEngine, see: (name: string, bytes: number) => void = () => undefined): void {
	engine.intercept = (name, values) => {
		if (name === 'file_clone') return ERRNO_NOTSUP;
		if (name === 'fd_pread' || name === 'fd_pwrite')
			see(name, engine.ring.bytes.readUInt32LE((values[1] as number) + 4));
		return undefined;
	};
}

it('moves at most 512 KiB at a time, and all of it', () => {
	const engine = engineWithSource();
	const moved: Record<string, number[]> = { fd_pread: [], fd_pwrite: [] };
	withoutReflinks(engine, (name, bytes) => moved[name].push(bytes));
	expect(engine.run(OP_COPY, 'source', { target: 'target' }).status).toBe(ERRNO_SUCCESS);
	expect(Math.max(...moved.fd_pread, ...moved.fd_pwrite)).toBe(CHUNK_BYTES);
	expect(moved.fd_pwrite).toEqual([CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, 1000]);
	engine.intercept = undefined;
	expect(engine.run(OP_READ, 'target').bytes.equals(SOURCE)).toBe(true);
});

it('gives way after each chunk: whoever comes in meanwhile waits for that one', () => {
	const engine = engineWithSource();
	let written = 0;
	let read = -1;
	withoutReflinks(engine, (name) => {
		if (name === 'fd_pwrite' && ++written === 2) read = engine.submit(OP_READ, 'small');
	});
	const copy = engine.submit(OP_COPY, 'source', { target: 'target' });
	engine.poll();
	expect(engine.answer(read)?.bytes.toString()).toBe('small');
	expect(engine.answer(copy)?.status).toBe(ERRNO_SUCCESS);
	const order = engine.calls.filter((name) => name === 'path_open' || name === 'fd_pwrite');
	// Source and temporary file, two chunks, the small file, the other chunks.
	expect(order).toEqual(['path_open', 'path_open', 'fd_pwrite', 'fd_pwrite', 'path_open', 'fd_pwrite', 'fd_pwrite']);
});

it('ends in the commit of a write: synced, named, and its directory synced', () => {
	const engine = engineWithSource();
	withoutReflinks(engine);
	expect(engine.run(OP_COPY, 'source', { target: 'target', flags: FULL }).status).toBe(ERRNO_SUCCESS);
	const calls = engine.calls.filter((name) => !['sched_yield', 'fd_pread', 'fd_pwrite', 'file_clone'].includes(name));
	expect(calls.slice(calls.indexOf('fd_sync'))).toEqual([
		'fd_sync',
		'fd_filestat_get',
		'fd_close',
		'path_filestat_get',
		'path_rename',
		'fd_sync',
		'fd_close',
	]);
});

it('that fails half-way leaves what was there, and no temporary file', () => {
	const engine = engineWithSource();
	let written = 0;
	engine.intercept = (name) => {
		if (name === 'file_clone') return ERRNO_NOTSUP;
		return name === 'fd_pwrite' && ++written === 3 ? ERRNO_IO : undefined;
	};
	expect(engine.run(OP_COPY, 'source', { target: 'target', flags: FULL }).status).toBe(ERRNO_IO);
	engine.intercept = undefined;
	expect(engine.run(OP_READ, 'target').bytes.toString()).toBe('old');
	expect(engine.calls.filter((name) => name === 'path_unlink_file')).toHaveLength(1);
});
