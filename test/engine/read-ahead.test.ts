import { beforeEach, describe, expect, it } from 'vitest';
import {
	BUFFER_FREE,
	ERRNO_AGAIN,
	FLAG_SEQUENTIAL,
	LINE_BYTES,
	OP_CLOSE,
	OP_OPEN,
	OP_READ_AT,
	OP_WRITE,
} from '#assembly/layout';
import { InlineEngine } from './inline-engine.ts';

const KIB = 1024;
const BUFFERS = 8;
const BUFFER_BYTES = 256 * KIB;
const PIECE_BYTES = 4 * KIB;

let engine: InlineEngine;
/** Every read of a file that the host is asked for: where, and how much. */
let reads: { offset: number; bytes: number }[];

beforeEach(() => {
	engine = new InlineEngine({ buffers: BUFFERS, bufferBytes: BUFFER_BYTES });
	reads = [];
	engine.intercept = (name, values) => {
		if (name !== 'fd_pread') return undefined;
		const [, vectors, , offset] = values as [number, number, number, bigint];
		const bytes = new DataView(engine.ring.bytes.buffer).getUint32(vectors + 4, true);
		reads.push({ offset: Number(offset), bytes });
		return undefined;
	};
});

/** A file of one buffer's size: the most that one request can carry. */
function openFile(path = 'file'): number {
	if (engine.run(OP_WRITE, path, { data: Buffer.alloc(BUFFER_BYTES, 1) }).status !== 0) throw new Error('write');
	const fd = engine.run(OP_OPEN, path).fd;
	reads = [];
	return fd;
}

function readNext(fd: number, offset: number, bytes = PIECE_BYTES): Buffer {
	return engine.run(OP_READ_AT, 'file', { fd, offset, length: bytes, flags: FLAG_SEQUENTIAL }).bytes;
}

describe('read-ahead', () => {
	it('grows while reads follow each other, up to a buffer', () => {
		const fd = openFile();
		for (let offset = 0; offset < BUFFER_BYTES; offset += PIECE_BYTES) readNext(fd, offset);
		expect(readNext(fd, BUFFER_BYTES)).toHaveLength(0);
		expect(reads).toEqual([
			{ offset: 0, bytes: 64 * KIB },
			{ offset: 64 * KIB, bytes: 128 * KIB },
			{ offset: 192 * KIB, bytes: BUFFER_BYTES },
			// What a larger file would go on with: no more than a buffer.
			{ offset: BUFFER_BYTES, bytes: BUFFER_BYTES },
		]);
	});

	it('64 reads of 4 KiB are 3 reads of the file', () => {
		const fd = openFile();
		for (let offset = 0; offset < BUFFER_BYTES; offset += PIECE_BYTES) {
			expect(readNext(fd, offset).equals(Buffer.alloc(PIECE_BYTES, 1))).toBe(true);
		}
		expect(reads).toHaveLength(3);
	});

	it('begins small again after a jump', () => {
		const fd = openFile();
		for (let offset = 0; offset < 100 * KIB; offset += PIECE_BYTES) readNext(fd, offset);
		reads = [];
		readNext(fd, 250 * KIB);
		expect(reads).toEqual([{ offset: 250 * KIB, bytes: 64 * KIB }]);
		readNext(fd, 10 * KIB);
		expect(reads.at(-1)).toEqual({ offset: 10 * KIB, bytes: 64 * KIB });
	});

	it('random reads take what they ask for and nothing else', () => {
		const fd = openFile();
		for (const offset of [100, 5000, 200_000, 100]) {
			engine.run(OP_READ_AT, 'file', { fd, offset, length: 100 });
		}
		expect(reads).toEqual([100, 5000, 200_000, 100].map((offset) => ({ offset, bytes: 100 })));
	});

	it('nobody reads, nothing is read: one window and no more', () => {
		const fd = openFile();
		readNext(fd, 0);
		const before = engine.calls.length;
		for (let round = 0; round < 10; round++) engine.poll();
		const later = engine.calls.slice(before).filter((name) => name.startsWith('fd_'));
		expect(later).toEqual([]);
		expect(reads).toHaveLength(1);
	});

	it('more readers than buffers: all are served, each its own bytes', () => {
		const fds = Array.from({ length: 10 }, (_, index) => {
			const path = `file${index}`;
			engine.run(OP_WRITE, path, { data: Buffer.alloc(100 * KIB, index) });
			return engine.run(OP_OPEN, path).fd;
		});
		for (let offset = 0; offset < 100 * KIB; offset += PIECE_BYTES) {
			for (const [index, fd] of fds.entries()) {
				const bytes = readNext(fd, offset);
				expect(bytes.equals(Buffer.alloc(Math.min(PIECE_BYTES, 100 * KIB - offset), index))).toBe(true);
			}
		}
		for (const fd of fds) expect(engine.run(OP_CLOSE, '', { fd }).status).toBe(0);
		for (let buffer = 0; buffer < BUFFERS; buffer++) {
			const word = (engine.plan.bufferOwners + buffer * LINE_BYTES) >> 2;
			expect(Atomics.load(engine.ring.words, word), `owner of buffer ${buffer}`).toBe(BUFFER_FREE);
		}
	});

	it('a refill that is not ready yet is repeated with the same size', () => {
		const fd = openFile();
		let refusals = 2;
		const count = engine.intercept;
		engine.intercept = (name, values) => {
			count?.(name, values);
			return name === 'fd_pread' && refusals-- > 0 ? ERRNO_AGAIN : undefined;
		};
		const tag = engine.submit(OP_READ_AT, 'file', { fd, offset: 0, length: 100, flags: FLAG_SEQUENTIAL });
		engine.poll();
		for (let round = 0; round < 2; round++) {
			expect(engine.answer(tag)).toBeUndefined();
			for (let slot = 0; slot < engine.plan.entries; slot++) engine.ring.ready(slot);
			engine.poll();
		}
		expect(engine.answer(tag)?.bytes).toHaveLength(100);
		expect(new Set(reads.map(({ bytes }) => bytes))).toEqual(new Set([64 * KIB]));
	});
});
