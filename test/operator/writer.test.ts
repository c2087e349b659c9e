import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { OP_WRITER_ABORT, OP_WRITER_CLOSE, OP_WRITER_FLUSH, OP_WRITER_OPEN, OP_WRITER_WRITE } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import type { Reply } from '#host/pool/request';
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

	it('settles a write once its bytes are copied and the one before is written, and tells a failure with the next call', async () => {
		const answers: ((reply: Partial<Reply>) => void)[] = [];
		const failures: ((error: Error) => void)[] = [];
		const engine = new FakeEngine((request, options) => {
			if (request.op !== OP_WRITER_WRITE) return opened(request, options);
			request.isCopied = true;
			return new Promise((resolve, reject) => {
				answers.push(resolve);
				failures.push(reject);
			});
		});
		const writer = await fakeOperator(engine).writer('a');
		await writer.write('first');
		let isSettled = false;
		const second = writer.write('second').then(() => {
			isSettled = true;
		});
		await new Promise(setImmediate);
		expect([engine.ops.length, isSettled]).toEqual([3, false]);
		answers[0]({});
		await second;
		failures[1](new HoldfastError('StorageFull', 'x'));
		expect((await rejection(writer.close())).code).toBe('StorageFull');
		expect(engine.ops).toEqual([OP_WRITER_OPEN, OP_WRITER_WRITE, OP_WRITER_WRITE, OP_WRITER_ABORT]);
		expect((await rejection(writer.write('x'))).code).toBe('Closed');
	});

	it('waits for what is on its way before it is flushed, closed or aborted', async () => {
		for (const [end, op] of [
			['flush', OP_WRITER_FLUSH],
			['close', OP_WRITER_CLOSE],
			['abort', OP_WRITER_ABORT],
		] as const) {
			let answer = (_reply: Partial<Reply>): void => undefined;
			const engine = new FakeEngine((request, options) => {
				if (request.op !== OP_WRITER_WRITE) return opened(request, options);
				request.isCopied = true;
				return new Promise((resolve) => {
					answer = resolve;
				});
			});
			const writer = await fakeOperator(engine).writer('a');
			await writer.write('x');
			const ended = writer[end]();
			await new Promise(setImmediate);
			expect(engine.ops).not.toContain(op);
			answer({});
			await ended;
			expect(engine.ops.at(-1)).toBe(op);
		}
	});

	it('tryWrite puts strings and bytes together in their order, each string by itself as UTF-8', async () => {
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine, { bufferBytes: 2 ** 20 }).writer('a');
		// A lone half of a character is none; two of them, one after the other, are not one character.
		const pieces = [
			'a',
			Buffer.from('b'),
			'ä€😀',
			'\ud83d',
			'\ude00',
			'',
			'x'.repeat(20_000),
			'ü'.repeat(15_000),
			'\ud83d',
		];
		const expected: Buffer[] = [];
		for (let round = 0; round < 4; round++) {
			for (const piece of pieces) {
				expect(writer.tryWrite(piece)).toBe(true);
				expected.push(Buffer.from(piece as string));
			}
		}
		await writer.close();
		const written = engine.requests.flatMap(({ data }) => (data === undefined ? [] : [Buffer.from(data)]));
		expect(Buffer.concat(written).equals(Buffer.concat(expected))).toBe(true);
	});

	it('tryWrite takes strings as long as there is room for their bytes, and says when there is none', async () => {
		let isAnswered = false;
		const engine = new FakeEngine(async (request, options) => {
			while (request.op === OP_WRITER_WRITE && !isAnswered) await new Promise(setImmediate);
			return opened(request, options);
		});
		const writer = await fakeOperator(engine, { bufferBytes: 512 * 1024 }).writer('a');
		const record = `${'r'.repeat(99)}\n`;
		let taken = 0;
		while (writer.tryWrite(record)) taken++;
		// Both halves are full to the last record that fits.
		expect(taken).toBe(2 * Math.floor((256 * 1024) / 100));
		expect(writer.tryWrite('r'.repeat(300_000))).toBe(false);
		isAnswered = true;
		await writer.close();
		expect(writtenBy(engine)).toBe(record.repeat(taken));
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
