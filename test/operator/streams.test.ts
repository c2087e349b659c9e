import { Readable } from 'node:stream';
import { buffer as collect, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OP_CLOSE, OP_OPEN, OP_READ_AT, OP_WRITER_ABORT, OP_WRITER_CLOSE, OP_WRITER_OPEN } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import type { Reader } from '#host/operator/reader';
import type { Request } from '#host/pool/request';
import { type Answer, FakeEngine, fakeOperator, partOf, statOf } from './fake-engine.js';
import { refusal, rejection } from './refusal.js';

const FILE_BYTES = 1000;
const CHUNK_BYTES = 10;
const content = Buffer.from(Array.from({ length: FILE_BYTES }, (_, index) => index % 251));

/** A file of 1,000 bytes. While `gate` is there, every read waits for it. */
class SlowFile {
	readonly engine = new FakeEngine((request) => this.#answer(request));
	readonly operator = fakeOperator(this.engine);
	gate: Promise<void> | undefined;
	failure: HoldfastError | undefined;
	failsAt = OP_READ_AT;

	count(op: number): number {
		return this.engine.ops.filter((made) => made === op).length;
	}

	reader(): Promise<Reader> {
		return this.operator.reader('a', { chunk: CHUNK_BYTES });
	}

	async #answer(request: Request) {
		if (request.op === this.failsAt && this.failure !== undefined) throw this.failure;
		if (request.op === OP_OPEN) return { fd: 9, stat: statOf({ size: BigInt(FILE_BYTES) }) };
		if (request.op !== OP_READ_AT) return {};
		await this.gate;
		return { bytes: partOf(content, request) };
	}
}

let file: SlowFile;
beforeEach(() => {
	file = new SlowFile();
});

const closed = (stream: NodeJS.EventEmitter) => new Promise<void>((resolve) => stream.once('close', () => resolve()));
const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

async function gated(): Promise<() => void> {
	let open = (): void => {};
	file.gate = new Promise((resolve) => {
		open = resolve;
	});
	return open;
}

describe('Reader.createReadStream()', () => {
	it.each([
		[{ start: 10, end: 19 }, 10, 20],
		[{ start: 995 }, 995, 1000],
		[{ end: 0 }, 0, 1],
		[{ start: 5n, end: 5n }, 5, 6],
		[{ start: 990, end: 5000 }, 990, 1000],
		[{ start: 1000 }, 1000, 1000],
		[{ start: 2000, end: 3000 }, 1000, 1000],
		[{ end: Number.POSITIVE_INFINITY }, 0, 1000],
		[{}, 0, 1000],
	])('%o gives the bytes from %i to before %i', async (range, from, to) => {
		const stream = (await file.reader()).createReadStream({ highWaterMark: 7, ...range });
		expect(await collect(stream)).toEqual(content.subarray(from, to));
		expect(file.count(OP_CLOSE)).toBe(1);
	});

	it('asks for no byte behind the range', async () => {
		await collect((await file.reader()).createReadStream({ start: 3, end: 25 }));
		const reads = file.engine.requests.filter(({ op }) => op === OP_READ_AT);
		expect(reads.map(({ offset, length }) => [offset, length])).toEqual([
			[3, 10],
			[13, 10],
			[23, 3],
		]);
	});

	it('refuses a range that is none', async () => {
		const reader = await file.reader();
		for (const range of [{ start: -1 }, { start: 1.5 }, { end: Number.NaN }, { start: 5, end: 4 }, { start: '1' }]) {
			const error = refusal(() => reader.createReadStream(range as never));
			expect(error.code).toBe('ConfigInvalid');
		}
	});

	it('goes on from where the reader is unless it has a range', async () => {
		const reader = await file.reader();
		await reader.read(Buffer.alloc(990));
		expect(await collect(reader.createReadStream())).toEqual(content.subarray(990));
	});

	it('with a high-water mark of 0 gives everything', async () => {
		expect(await collect((await file.reader()).createReadStream({ highWaterMark: 0 }))).toEqual(content);
	});

	it('reads nothing before somebody asks, and one chunk when nobody takes it', async () => {
		const stream = (await file.reader()).createReadStream();
		await turns();
		expect(file.engine.ops).toEqual([]);
		stream.once('readable', () => {});
		await turns();
		expect(file.count(OP_READ_AT)).toBe(1);
		stream.destroy();
		await closed(stream);
	});

	it('reads ahead of a slow consumer, more the longer it goes on, and never more than eight chunks', async () => {
		const stream = (await file.reader()).createReadStream();
		const ahead: number[] = [];
		for await (const _ of stream) {
			await turns();
			// One chunk is in the stream's own buffer.
			ahead.push(file.count(OP_READ_AT) - ahead.length - 2);
			if (ahead.length === 20) break;
		}
		expect(ahead[0]).toBeLessThanOrEqual(1);
		expect(Math.max(...ahead)).toBe(8);
		const asked = file.count(OP_READ_AT);
		await turns();
		expect(file.count(OP_READ_AT)).toBe(asked);
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('destroyed before it was opened asks for nothing', async () => {
		const stream = (await file.reader()).createReadStream();
		stream.destroy();
		await closed(stream);
		expect(file.engine.ops).toEqual([]);
	});

	it('destroyed during a read closes after it, and gives nothing more', async () => {
		const open = await gated();
		const stream = (await file.reader()).createReadStream();
		stream.on('data', () => expect.fail('It gave data after destroy.'));
		await expect.poll(() => file.count(OP_READ_AT)).toBe(1);
		stream.destroy();
		const end = closed(stream);
		await turns();
		expect(file.count(OP_CLOSE)).toBe(0);
		open();
		await end;
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
		expect(file.count(OP_READ_AT)).toBe(1);
	});

	it('destroyed with an error during a read that then fails says the first of the two', async () => {
		const open = await gated();
		const stream = (await file.reader()).createReadStream();
		stream.resume();
		await expect.poll(() => file.count(OP_READ_AT)).toBe(1);
		const errors: Error[] = [];
		stream.on('error', (error) => errors.push(error));
		stream.destroy(new Error('mine'));
		file.failure = new HoldfastError('Timeout', 'x');
		open();
		await closed(stream);
		expect(errors.map(({ message }) => message)).toEqual(['mine']);
	});

	it('destroyed at its end, again and again, closes once', async () => {
		const stream = (await file.reader()).createReadStream();
		stream.on('end', () => stream.destroy());
		stream.resume();
		await closed(stream);
		stream.destroy();
		await turns();
		expect(file.count(OP_CLOSE)).toBe(1);
	});

	it('a signal that was aborted before, or is while it reads, is an AbortError', async () => {
		const early = (await file.reader()).createReadStream({ signal: AbortSignal.abort() });
		await expect(collect(early)).rejects.toMatchObject({ name: 'AbortError' });
		expect(file.count(OP_READ_AT)).toBe(0);

		const controller = new AbortController();
		const late = (await file.reader()).createReadStream({ signal: controller.signal });
		const reading = async () => {
			for await (const _ of late) controller.abort();
		};
		await expect(reading()).rejects.toMatchObject({ name: 'AbortError' });
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('a failed open and a failed read are its error, and it closes what it opened', async () => {
		file.failure = new HoldfastError('NotFound', 'x');
		file.failsAt = OP_OPEN;
		await expect(collect((await file.reader()).createReadStream())).rejects.toMatchObject({ code: 'NotFound' });
		file.failsAt = OP_READ_AT;
		await expect(collect((await file.reader()).createReadStream())).rejects.toMatchObject({ code: 'NotFound' });
		expect(file.count(OP_CLOSE)).toBe(1);
	});

	it('says Closed when its reader was closed under it', async () => {
		const reader = await file.reader();
		const stream = reader.createReadStream();
		const reading = async () => {
			for await (const _ of stream) await reader.close();
		};
		expect((await rejection(reading())).code).toBe('Closed');
	});
});

describe('Reader.readableWebStream()', () => {
	it('gives the file, or a part of it', async () => {
		expect(await collect((await file.reader()).readableWebStream() as never)).toEqual(content);
		const part = (await file.reader()).readableWebStream({ start: 100, end: 149, chunkBytes: 20 });
		expect(await collect(part as never)).toEqual(content.subarray(100, 150));
		expect(file.count(OP_CLOSE)).toBe(2);
	});

	it('reads into memory of the caller', async () => {
		const stream = (await file.reader()).readableWebStream();
		const reader = stream.getReader({ mode: 'byob' });
		const memory = new ArrayBuffer(64);
		const first = await reader.read(new Uint8Array(memory, 0, 30));
		expect(Buffer.from(first.value as Uint8Array)).toEqual(content.subarray(0, 30));
		expect(file.engine.requests.at(-1)?.length).toBe(30);
		const rest = await reader.read(new Uint8Array((first.value as Uint8Array).buffer, 30));
		expect(Buffer.from(rest.value as Uint8Array)).toEqual(content.subarray(30, 64));
		expect((rest.value as Uint8Array).buffer.byteLength).toBe(64);
		for (let done = false; !done; ) ({ done } = await reader.read(new Uint8Array(500)));
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('reads nothing until somebody reads, and no more than was asked for', async () => {
		const stream = (await file.reader()).readableWebStream();
		await turns();
		expect(file.engine.ops).toEqual([]);
		const reader = stream.getReader();
		await reader.read();
		await turns();
		expect(file.count(OP_READ_AT)).toBe(1);
		await reader.cancel();
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('cancelled before the open, during a read and after the end closes once', async () => {
		await (await file.reader()).readableWebStream().cancel();
		expect(file.engine.ops).toEqual([]);
		const open = await gated();
		const reader = (await file.reader()).readableWebStream().getReader();
		const reading = reader.read();
		await expect.poll(() => file.count(OP_READ_AT)).toBe(1);
		const cancelling = reader.cancel();
		open();
		await cancelling;
		expect(await reading).toMatchObject({ done: true });
		expect(file.count(OP_CLOSE)).toBe(1);
		const ended = (await file.reader()).readableWebStream();
		await collect(ended as never);
		await ended.cancel();
		expect(file.count(OP_CLOSE)).toBe(2);
	});

	it('fails with the error of the read, and closes', async () => {
		file.failure = new HoldfastError('PermissionDenied', 'x');
		const reader = (await file.reader()).readableWebStream().getReader();
		await expect(reader.read()).rejects.toMatchObject({ code: 'PermissionDenied' });
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('a signal ends it with its reason, before, during and between reads', async () => {
		const reason = new Error('enough');
		const early = (await file.reader()).readableWebStream({ signal: AbortSignal.abort(reason) });
		await expect(early.getReader().read()).rejects.toBe(reason);
		const controller = new AbortController();
		const open = await gated();
		const reader = (await file.reader()).readableWebStream({ signal: controller.signal }).getReader();
		const reading = reader.read();
		await expect.poll(() => file.count(OP_READ_AT)).toBe(1);
		controller.abort(reason);
		await expect(reading).rejects.toBe(reason);
		open();
		await expect.poll(() => file.engine.ops.at(-1)).toBe(OP_CLOSE);
		await expect(reader.read()).rejects.toBe(reason);
	});

	it('many of one signal listen to it once, and not at all when they have ended', async () => {
		const { signal } = new AbortController();
		const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
		const streams: ReadableStream[] = [];
		// Beyond ten listeners Node warns of a leak.
		for (let count = 0; count < 20; count++) {
			streams.push((await file.reader()).readableWebStream({ signal }) as unknown as ReadableStream);
		}
		expect(added).toHaveBeenCalledTimes(1);
		await Promise.all(streams.map((stream) => stream.cancel()));
		expect(removed).toHaveBeenCalledTimes(1);
	});

	it('refuses chunks of no bytes', async () => {
		const reader = await file.reader();
		expect(refusal(() => reader.readableWebStream({ chunkBytes: 0 })).code).toBe('ConfigInvalid');
	});
});

describe('Reader as an async iterable', () => {
	it('gives the rest in chunks and closes', async () => {
		const reader = await file.reader();
		await reader.read(Buffer.alloc(5));
		const chunks: Buffer[] = [];
		for await (const chunk of reader) chunks.push(chunk);
		expect(Buffer.concat(chunks)).toEqual(content.subarray(5));
		expect(chunks[0].length).toBe(CHUNK_BYTES);
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('is some chunks ahead, more the longer it goes on, and left early closes', async () => {
		const ahead: number[] = [];
		for await (const _ of await file.reader()) {
			await turns();
			ahead.push(file.count(OP_READ_AT) - ahead.length - 1);
			if (ahead.length === 20) break;
		}
		expect(ahead[0]).toBe(0);
		expect(Math.max(...ahead)).toBe(8);
		const asked = file.count(OP_READ_AT);
		await turns();
		expect(file.count(OP_READ_AT)).toBe(asked);
		expect(file.engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('fails with the error of the chunk that is asked for, and not before', async () => {
		const taken: Buffer[] = [];
		const reading = async () => {
			for await (const chunk of await file.reader()) {
				taken.push(chunk);
				if (taken.length === 2) file.failure = new HoldfastError('Unexpected', 'x');
				await turns();
			}
		};
		expect((await rejection(reading())).code).toBe('Unexpected');
		// The third was on its way already.
		expect(taken).toHaveLength(3);
		expect(file.count(OP_CLOSE)).toBe(1);
	});

	it('blocking: the same', () => {
		const answer: Answer = (request) => {
			return request.op === OP_READ_AT ? { bytes: partOf(content, request) } : { fd: 9 };
		};
		const engine = new FakeEngine(answer);
		const chunks = [...fakeOperator(engine).readerSync('a', { chunk: 300 })];
		expect(Buffer.concat(chunks)).toEqual(content);
		expect(chunks).toHaveLength(4);
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
	});
});

describe('Reader.readAt()', () => {
	it('sends as many at once as are called', async () => {
		const open = await gated();
		const reader = await file.reader();
		const buffers = Array.from({ length: 50 }, () => Buffer.alloc(8));
		const reads = buffers.map((buffer, index) => reader.readAt(buffer, index * 20));
		await expect.poll(() => file.count(OP_READ_AT)).toBe(50);
		open();
		await Promise.all(reads);
		for (const [index, buffer] of buffers.entries()) {
			expect(buffer).toEqual(content.subarray(index * 20, index * 20 + 8));
		}
	});
});

describe('writing streams', () => {
	const opened: Answer = ({ op }) => (op === OP_WRITER_OPEN ? { handle: 5 } : {});
	const written = (engine: FakeEngine) =>
		engine.requests.map(({ data }) => (data ? Buffer.from(data).toString() : '')).join('');

	it('pipeline from Readable.from stores and closes', async () => {
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine).writer('a');
		await pipeline(Readable.from(['one ', Buffer.from('two')]), writer.createWriteStream());
		expect(written(engine)).toBe('one two');
		expect(engine.ops.at(-1)).toBe(OP_WRITER_CLOSE);
	});

	it('pipeline from a source that fails aborts', async () => {
		const engine = new FakeEngine(opened);
		const writer = await fakeOperator(engine).writer('a');
		async function* source() {
			yield 'one';
			throw new Error('no more');
		}
		await expect(pipeline(source, writer.createWriteStream())).rejects.toThrow('no more');
		expect(engine.ops.at(-1)).toBe(OP_WRITER_ABORT);
		expect(engine.ops).not.toContain(OP_WRITER_CLOSE);
	});

	it('a signal in the middle aborts', async () => {
		const engine = new FakeEngine(opened);
		const controller = new AbortController();
		const writer = await fakeOperator(engine).writer('a');
		async function* source() {
			yield 'one';
			controller.abort();
			yield 'two';
		}
		const piping = pipeline(source, writer.createWriteStream(), { signal: controller.signal });
		await expect(piping).rejects.toMatchObject({ name: 'AbortError' });
		await expect.poll(() => engine.ops.at(-1)).toBe(OP_WRITER_ABORT);
		expect(engine.ops).not.toContain(OP_WRITER_CLOSE);
	});

	it('a Web stream takes bytes and strings, and its close stores', async () => {
		const engine = new FakeEngine(opened);
		const stream = (await fakeOperator(engine).writer('a')).writableWebStream();
		const writer = stream.getWriter();
		await writer.write('one ');
		await writer.write(Buffer.from('two'));
		await writer.close();
		expect(written(engine)).toBe('one two');
		expect(engine.ops.at(-1)).toBe(OP_WRITER_CLOSE);
	});

	it('a Web stream that is aborted, or whose source fails, leaves nothing', async () => {
		const engine = new FakeEngine(opened);
		await (await fakeOperator(engine).writer('a')).writableWebStream().abort();
		expect(engine.ops.at(-1)).toBe(OP_WRITER_ABORT);
		const failing = new ReadableStream({
			pull() {
				throw new Error('no more');
			},
		});
		const target = (await fakeOperator(engine).writer('a')).writableWebStream();
		await expect(failing.pipeTo(target as never)).rejects.toThrow('no more');
		expect(engine.ops.at(-1)).toBe(OP_WRITER_ABORT);
		expect(engine.ops).not.toContain(OP_WRITER_CLOSE);
	});

	it('a Web stream makes its producer wait at its high-water mark', async () => {
		let open = (): void => {};
		const gate = new Promise<void>((resolve) => {
			open = resolve;
		});
		const engine = new FakeEngine(async (request, options) => {
			if (request.data !== undefined) await gate;
			return opened(request, options);
		});
		const stream = (await fakeOperator(engine).writer('a')).writableWebStream({ highWaterMark: 10 });
		const writer = stream.getWriter();
		const writes = [writer.write('12345'), writer.write('67890')];
		expect(writer.desiredSize).toBe(0);
		open();
		await Promise.all(writes);
		expect(writer.desiredSize).toBe(10);
		await writer.close();
	});

	it('what was read can be piped on', async () => {
		expect(await text((await file.reader()).createReadStream({ end: 3 }))).toBe('\u0000\u0001\u0002\u0003');
		const engine = new FakeEngine(opened);
		const target = (await fakeOperator(engine).writer('b')).writableWebStream();
		await (await file.reader()).readableWebStream({ start: 65, end: 70 }).pipeTo(target as never);
		expect(written(engine)).toBe('ABCDEF');
	});
});
