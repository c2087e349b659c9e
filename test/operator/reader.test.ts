import { describe, expect, it } from 'vitest';
import { FLAG_SEQUENTIAL, FLAG_STAT, OP_CLOSE, OP_OPEN, OP_READ_AT } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import type { Request } from '#host/pool/request';
import { type Answer, FakeEngine, fakeOperator, INCARNATION, partOf } from './fake-engine.js';
import { refusal, rejection } from './refusal.js';

const content = Buffer.from('abcdefghij');

/** A file of ten bytes, behind descriptor 9. */
const file: Answer = (request: Request) => {
	if (request.op === OP_OPEN) return { fd: 9, incarnation: INCARNATION };
	if (request.op !== OP_READ_AT) return {};
	return { bytes: partOf(content, request), fd: 0 };
};

describe('Reader', () => {
	it('opens at its first read, then reads on from where it was', async () => {
		const engine = new FakeEngine(file);
		const reader = await fakeOperator(engine).reader('a', { ifMatch: '*' });
		expect(engine.ops).toEqual([]);
		const buffer = Buffer.alloc(4);
		expect(await reader.read(buffer)).toBe(4n);
		expect(buffer.toString()).toBe('abcd');
		expect(await reader.read(buffer)).toBe(4n);
		expect(await reader.read(buffer)).toBe(2n);
		expect(await reader.read(buffer)).toBe(0n);
		expect(await reader.read(buffer)).toBe(0n);
		expect(engine.ops).toEqual([OP_OPEN, OP_READ_AT, OP_READ_AT, OP_READ_AT, OP_READ_AT, OP_READ_AT]);
		expect(engine.requests[0].flags & FLAG_STAT).toBe(FLAG_STAT);
		expect(engine.requests[0].conditions).toMatchObject({ ifMatch: '*' });
		expect(engine.requests[1]).toMatchObject({
			fd: 9,
			offset: 0,
			length: 4,
			flags: FLAG_SEQUENTIAL,
			preferred: INCARNATION,
		});
		expect(engine.requests.slice(1).map(({ offset }) => offset)).toEqual([0, 4, 8, 10, 10]);
	});

	it('serves reads that were not awaited in order, and opens once', async () => {
		const engine = new FakeEngine(file);
		const reader = await fakeOperator(engine).reader('a');
		const buffers = [Buffer.alloc(3), Buffer.alloc(3), Buffer.alloc(3), Buffer.alloc(3)];
		expect(await Promise.all(buffers.map((buffer) => reader.read(buffer)))).toEqual([3n, 3n, 3n, 1n]);
		expect(buffers.map((buffer) => buffer.toString('latin1', 0, 1)).join('')).toBe('adgj');
		expect(engine.ops.filter((op) => op === OP_OPEN)).toHaveLength(1);
	});

	it('readAt moves nothing, and many can be in flight', async () => {
		const engine = new FakeEngine(file);
		const reader = await fakeOperator(engine).reader('a');
		const buffers = [Buffer.alloc(2), Buffer.alloc(2), Buffer.alloc(2)];
		const reads = [reader.readAt(buffers[0], 8), reader.readAt(buffers[1], 2n), reader.readAt(buffers[2], 100)];
		expect(await Promise.all(reads)).toEqual([2n, 2n, 0n]);
		expect(buffers[0].toString() + buffers[1].toString()).toBe('ijcd');
		expect(engine.ops.filter((op) => op === OP_OPEN)).toHaveLength(1);
		expect(engine.requests.at(-1)?.flags).toBe(0);
		expect(await reader.read(buffers[0])).toBe(2n);
		expect(buffers[0].toString()).toBe('ab');
		for (const offset of [-1, Number.NaN, 2 ** 53, 1.5, '1']) {
			expect((await rejection(reader.readAt(buffers[0], offset as number))).code).toBe('ConfigInvalid');
		}
	});

	it('says NotFound at the first read, and looks again at the next', async () => {
		let isThere = false;
		const engine = new FakeEngine((request, options) => {
			if (isThere) return file(request, options);
			throw new HoldfastError('NotFound', 'x');
		});
		const reader = await fakeOperator(engine).reader('a');
		expect((await rejection(reader.read(Buffer.alloc(1)))).code).toBe('NotFound');
		isThere = true;
		expect(await reader.read(Buffer.alloc(1))).toBe(1n);
	});

	it('goes on after a failed read, at the same place', async () => {
		let failures = 1;
		const engine = new FakeEngine((request, options) => {
			if (request.op === OP_READ_AT && failures-- > 0) throw new HoldfastError('Timeout', 'x');
			return file(request, options);
		});
		const reader = await fakeOperator(engine).reader('a');
		const buffer = Buffer.alloc(3);
		expect((await rejection(reader.read(buffer))).code).toBe('Timeout');
		expect(await reader.read(buffer)).toBe(3n);
		expect(buffer.toString()).toBe('abc');
	});

	it('remembers which instance answered, for reading ahead and for closing', async () => {
		const second = { number: 2 };
		const engine = new FakeEngine((request, options) => ({
			...file(request, options),
			incarnation: request.op === OP_OPEN ? INCARNATION : second,
		}));
		const reader = await fakeOperator(engine).reader('a');
		await reader.read(Buffer.alloc(1));
		await reader.read(Buffer.alloc(1));
		await reader.close();
		expect(engine.requests.map(({ preferred }) => preferred)).toEqual([undefined, INCARNATION, second, second]);
		expect(engine.requests.map(({ fd }) => fd)).toEqual([0, 9, 9, 9]);
	});

	it('close closes what was opened, once, after the reads before it', async () => {
		const engine = new FakeEngine(file);
		const reader = await fakeOperator(engine).reader('a');
		const buffer = Buffer.alloc(3);
		await reader.read(buffer);
		const [sequential, random] = [reader.read(buffer), reader.readAt(Buffer.alloc(1), 0)];
		await reader.close();
		await reader.close();
		expect([await sequential, await random]).toEqual([3n, 1n]);
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
		expect(engine.ops.filter((op) => op === OP_CLOSE)).toHaveLength(1);
		expect((await rejection(reader.read(buffer))).code).toBe('Closed');
		expect((await rejection(reader.readAt(buffer, 0))).code).toBe('Closed');
	});

	it('close waits for a readAt that is on its way', async () => {
		let answer = () => {};
		const engine = new FakeEngine((request, options) => {
			if (request.op !== OP_READ_AT) return file(request, options);
			return new Promise((resolve) => {
				answer = () => resolve(file(request, options));
			});
		});
		const reader = await fakeOperator(engine).reader('a');
		const read = reader.readAt(Buffer.alloc(1), 0);
		await expect.poll(() => engine.ops.at(-1)).toBe(OP_READ_AT);
		const close = reader.close();
		await new Promise(setImmediate);
		expect(engine.ops.at(-1)).toBe(OP_READ_AT);
		answer();
		expect(await read).toBe(1n);
		await close;
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('close of a reader that never read asks for nothing, and no failure comes out of it', async () => {
		const engine = new FakeEngine(file);
		await (await fakeOperator(engine).reader('a')).close();
		expect(engine.requests).toEqual([]);
		const failing = new FakeEngine((request, options) => {
			if (request.op === OP_CLOSE) throw new HoldfastError('Closed', 'x');
			return file(request, options);
		});
		const reader = await fakeOperator(failing).reader('a');
		await reader.read(Buffer.alloc(1));
		await reader.close();
		expect(failing.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('reads into a buffer of no bytes nothing, and into what is no buffer neither', async () => {
		const engine = new FakeEngine(file);
		const reader = await fakeOperator(engine).reader('a');
		expect(await reader.read(Buffer.alloc(0))).toBe(0n);
		expect(await reader.readAt(Buffer.alloc(0), 5)).toBe(0n);
		expect(engine.ops).toEqual([OP_OPEN]);
		expect((await rejection(reader.read('x' as never))).code).toBe('ConfigInvalid');
	});

	it('asked to read into bare memory says that it is bare, which it took for transferred', async () => {
		const reader = await fakeOperator(new FakeEngine(file)).reader('a');
		for (const memory of [new ArrayBuffer(4), new SharedArrayBuffer(4)]) {
			const { code, message } = await rejection(reader.read(memory as never));
			expect(code).toBe('ConfigInvalid');
			expect(message).toContain('a Buffer or a Uint8Array, not bare or transferred memory');
		}
		const transferred = new Uint8Array(4);
		structuredClone(transferred, { transfer: [transferred.buffer] });
		expect((await rejection(reader.read(transferred))).message).toContain('transferred');
	});

	it('carries signal and deadline into every read, but not into closing', async () => {
		const { signal } = new AbortController();
		const engine = new FakeEngine(file);
		const reader = await fakeOperator(engine).reader('a', { signal, timeoutMs: 9 });
		await reader.read(Buffer.alloc(1));
		await reader.readAt(Buffer.alloc(1), 0);
		await reader.close();
		const options = { signal, timeoutMs: 9 };
		expect(engine.options).toEqual([options, options, options, undefined]);
	});

	it('createReadStream gives everything and closes the reader', async () => {
		const engine = new FakeEngine(file);
		const reader = await fakeOperator(engine).reader('a');
		const pieces: string[] = [];
		for await (const piece of reader.createReadStream({ highWaterMark: 4 })) pieces.push(piece.toString());
		expect(pieces).toEqual(['abcd', 'efgh', 'ij']);
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('createReadStream fails with the error of the reader, and closes when it is left', async () => {
		const failing = new FakeEngine(() => {
			throw new HoldfastError('NotFound', 'x');
		});
		const stream = (await fakeOperator(failing).reader('a')).createReadStream();
		const drain = async () => {
			for await (const piece of stream) expect.fail(`It gave ${piece}.`);
		};
		expect((await rejection(drain())).code).toBe('NotFound');

		const engine = new FakeEngine(file);
		for await (const piece of (await fakeOperator(engine).reader('a')).createReadStream({ highWaterMark: 4 })) {
			expect(piece.toString()).toBe('abcd');
			break;
		}
		// Not every version of Node waits for the end of the stream when its consumer leaves it.
		await expect.poll(() => engine.ops.at(-1)).toBe(OP_CLOSE);
	});
});

describe('BlockingReader', () => {
	it('does what a reader does', async () => {
		const engine = new FakeEngine(file);
		const reader = fakeOperator(engine).readerSync('a');
		const buffer = Buffer.alloc(4);
		expect(reader.read(buffer)).toBe(4n);
		expect(reader.readAt(buffer, 8n)).toBe(2n);
		expect(buffer.toString()).toBe('ijcd');
		expect(reader.read(buffer)).toBe(4n);
		expect(buffer.toString()).toBe('efgh');
		const pieces: string[] = [];
		for await (const piece of reader.createReadStream()) pieces.push(piece.toString());
		expect(pieces).toEqual(['ij']);
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
		expect(refusal(() => reader.read(buffer)).code).toBe('Closed');
	});
});
