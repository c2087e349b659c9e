import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { OP_WRITER_ABORT, OP_WRITER_CLOSE, OP_WRITER_OPEN, OP_WRITER_WRITE } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import { type Answer, BUFFER_BYTES, FakeEngine, fakeOperator, INCARNATION, statOf } from './fake-engine.js';
import { refusal, rejection } from './refusal.js';

const opened: Answer = ({ op }) => (op === OP_WRITER_OPEN ? { handle: 5 } : { stat: statOf({ size: 42n }) });

function writtenBy(engine: FakeEngine): string {
	return engine.requests.map(({ data }) => (data === undefined ? '' : Buffer.from(data).toString())).join('');
}

function failingAt(op: number): FakeEngine {
	return new FakeEngine((request, options) => {
		if (request.op === op) throw new HoldfastError('StorageFull', 'x');
		return opened(request, options);
	});
}

describe('Writer', () => {
	it('opens, writes and closes on the instance that gave the handle', async () => {
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine).writer('a', { ifNotExists: true });
		expect(engine.ops).toEqual([OP_WRITER_OPEN]);
		await writer.write('one ');
		await writer.write(Buffer.from('two'));
		expect((await writer.close()).contentLength).toBe(42n);
		expect(engine.ops).toEqual([OP_WRITER_OPEN, OP_WRITER_WRITE, OP_WRITER_WRITE, OP_WRITER_CLOSE]);
		for (const request of engine.requests.slice(1)) {
			expect(request).toMatchObject({ handle: 5, pinned: INCARNATION, lane: 'sync', operation: 'writer', path: 'a' });
		}
		expect(writtenBy(engine)).toBe('one two');
	});

	it('keeps the order of writes that were not awaited, and closes after them', async () => {
		let inFlight = 0;
		const engine = new FakeEngine(async (request, options) => {
			expect(++inFlight).toBe(1);
			await new Promise(setImmediate);
			inFlight--;
			return opened(request, options);
		});
		const writer = await fakeOperator(engine).writer('a');
		const writes = ['a', 'b', 'c'].map((piece) => writer.write(piece));
		await writer.close();
		await Promise.all(writes);
		expect(writtenBy(engine)).toBe('abc');
		expect(engine.ops.at(-1)).toBe(OP_WRITER_CLOSE);
	});

	it('cuts what is larger than a buffer, and sends nothing for nothing', async () => {
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine).writer('a');
		await writer.write('');
		await writer.write(Buffer.alloc(BUFFER_BYTES * 2 + 3));
		expect(engine.requests.slice(1).map(({ data }) => data?.length)).toEqual([BUFFER_BYTES, BUFFER_BYTES, 3]);
	});

	it('has ended after close and after abort', async () => {
		for (const end of ['close', 'abort'] as const) {
			const engine = new FakeEngine(opened);
			const writer = await fakeOperator(engine).writer('a');
			await writer[end]();
			expect(engine.ops.at(-1)).toBe(end === 'close' ? OP_WRITER_CLOSE : OP_WRITER_ABORT);
			expect((await rejection(writer.write('x'))).code).toBe('Closed');
			expect((await rejection(writer.write(''))).code).toBe('Closed');
			expect((await rejection(writer.close())).code).toBe('Closed');
			await writer.abort();
			expect(engine.ops).toHaveLength(2);
		}
	});

	it('ends with a failed write, whose error it keeps', async () => {
		const engine = failingAt(OP_WRITER_WRITE);
		const writer = await fakeOperator(engine).writer('a');
		const [first, second, end] = [writer.write('x'), writer.write('y'), writer.close()].map(rejection);
		expect((await first).code).toBe('StorageFull');
		expect(await second).toMatchObject({ code: 'Closed', cause: await first });
		expect((await end).code).toBe('Closed');
		expect(engine.ops).toEqual([OP_WRITER_OPEN, OP_WRITER_WRITE, OP_WRITER_ABORT]);
		await writer.abort();
		expect(engine.ops).toHaveLength(3);
	});

	it('ends with a failed close', async () => {
		const engine = failingAt(OP_WRITER_CLOSE);
		const writer = await fakeOperator(engine).writer('a');
		expect((await rejection(writer.close())).code).toBe('StorageFull');
		expect((await rejection(writer.close())).code).toBe('Closed');
		expect(engine.ops).toEqual([OP_WRITER_OPEN, OP_WRITER_CLOSE, OP_WRITER_ABORT]);
	});

	it('is not given when it cannot be opened', async () => {
		const engine = failingAt(OP_WRITER_OPEN);
		expect((await rejection(fakeOperator(engine).writer('a'))).code).toBe('StorageFull');
		expect(engine.ops).toEqual([OP_WRITER_OPEN]);
	});

	it('aborts without the signal that may have ended it', async () => {
		const controller = new AbortController();
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine).writer('a', { signal: controller.signal });
		controller.abort();
		await writer.abort();
		expect(engine.options[1]).toBeUndefined();
	});

	it('swallows a failure of abort, but not a mistake of ours', async () => {
		const writer = await fakeOperator(failingAt(OP_WRITER_ABORT)).writer('a');
		await writer.abort();
		const broken = await fakeOperator(
			new FakeEngine((request, options) => {
				if (request.op === OP_WRITER_ABORT) throw new TypeError('a mistake');
				return opened(request, options);
			}),
		).writer('a');
		await expect(broken.abort()).rejects.toThrow('a mistake');
	});

	it('is aborted when it is disposed of, unless it was closed', async () => {
		const engine = new FakeEngine(opened);
		const op = fakeOperator(engine);
		{
			await using writer = await op.writer('a');
			await writer.write('x');
		}
		expect(engine.ops.at(-1)).toBe(OP_WRITER_ABORT);
		{
			await using writer = await op.writer('a');
			await writer.close();
		}
		expect(engine.ops.at(-1)).toBe(OP_WRITER_CLOSE);
	});

	it('createWriteStream closes at its end', async () => {
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine).writer('a');
		await pipeline(Readable.from(['one ', 'two']), writer.createWriteStream());
		expect(writtenBy(engine)).toBe('one two');
		expect(engine.ops.at(-1)).toBe(OP_WRITER_CLOSE);
	});

	it('createWriteStream aborts when it is destroyed before its end', async () => {
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine).writer('a');
		const source = new Readable({
			read() {
				this.push('x');
				this.destroy(new HoldfastError('NotFound', 'the source ended early'));
			},
		});
		expect((await rejection(pipeline(source, writer.createWriteStream()))).code).toBe('NotFound');
		await expect.poll(() => engine.ops.at(-1)).toBe(OP_WRITER_ABORT);
		expect(engine.ops).not.toContain(OP_WRITER_CLOSE);
	});

	it('createWriteStream fails with the error of the writer', async () => {
		for (const op of [OP_WRITER_WRITE, OP_WRITER_CLOSE]) {
			const writer = await fakeOperator(failingAt(op)).writer('a');
			const error = await rejection(pipeline(Readable.from(['x']), writer.createWriteStream()));
			expect(error.code).toBe('StorageFull');
		}
	});
});

describe('BlockingWriter', () => {
	it('does what a writer does', () => {
		const engine = new FakeEngine(opened);
		const writer = fakeOperator(engine).writerSync('a');
		writer.write('one ');
		writer.write(Buffer.from('two'));
		expect(writer.close().contentLength).toBe(42n);
		expect(writtenBy(engine)).toBe('one two');
		expect(refusal(() => writer.write('x')).code).toBe('Closed');
		expect(refusal(() => writer.close()).code).toBe('Closed');
		const failing = failingAt(OP_WRITER_WRITE);
		const broken = fakeOperator(failing).writerSync('a');
		expect(refusal(() => broken.write('x')).code).toBe('StorageFull');
		expect(failing.ops.at(-1)).toBe(OP_WRITER_ABORT);
	});

	it('has a stream', async () => {
		const engine = new FakeEngine(opened);
		await pipeline(Readable.from(['a', 'b']), fakeOperator(engine).writerSync('a').createWriteStream());
		expect(writtenBy(engine)).toBe('ab');
	});
});
