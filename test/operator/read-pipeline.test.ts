import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OP_CLOSE, OP_OPEN, OP_READ_AT } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import { type PieceKind, ReadPipeline } from '#host/operator/read-pipeline';
import { patternBytes } from '../behavior/bytes.js';
import { Scene } from '../supervision/scene.js';
import { FakeEngine, fakeOperator, INCARNATION, partOf, statOf } from './fake-engine.js';
import { rejection } from './refusal.js';

const FILE_BYTES = 1000;
const END = Number.MAX_SAFE_INTEGER;

interface Piece {
	readonly offset: number;
	readonly bytes: number;
}

/** Pieces of a file of 1,000 bytes; remembers what was asked for and what was dropped. */
class Pieces implements PieceKind<Piece> {
	readonly asked: number[] = [];
	readonly dropped: number[] = [];
	first = 0;
	room = Number.POSITIVE_INFINITY;
	failsAt = -1;
	fileBytes = FILE_BYTES;

	most(): number {
		return 4;
	}

	async ask(offset: number, bytes: number): Promise<Piece> {
		this.asked.push(offset);
		if (offset === this.failsAt) throw new HoldfastError('Unexpected', `no piece at ${offset}`);
		return { offset, bytes: Math.max(0, Math.min(bytes, this.fileBytes - offset)) };
	}

	askAhead(offset: number, bytes: number): Promise<Piece> | undefined {
		return this.room-- > 0 ? this.ask(offset, bytes) : undefined;
	}

	bytesOf({ bytes }: Piece): number {
		return bytes;
	}

	drop({ offset }: Piece): void {
		this.dropped.push(offset);
	}
}

let pieces: Pieces;
let pipeline: ReadPipeline<Piece>;
beforeEach(() => {
	pieces = new Pieces();
	pipeline = new ReadPipeline(pieces);
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function takeAll(bytes: number, from = 0, size = FILE_BYTES): Promise<number[]> {
	const offsets: number[] = [];
	for (let offset = from; ; ) {
		const piece = await pipeline.take(offset, bytes, END, size);
		if (piece.bytes === 0) return offsets;
		expect(piece.offset).toBe(offset);
		offsets.push(offset);
		offset += piece.bytes;
	}
}

describe('ReadPipeline', () => {
	it.each([1, 7, 100, 333, 1000, 5000])('gives a file once and in order, in pieces of %i bytes', async (bytes) => {
		const offsets = await takeAll(bytes);
		expect(offsets).toEqual(Array.from({ length: Math.ceil(FILE_BYTES / bytes) }, (_, index) => index * bytes));
		// Each piece once, and once more to see that there is no more.
		expect(pieces.asked).toEqual([...new Set(pieces.asked)]);
		expect(pieces.dropped).toEqual([]);
	});

	it('asks for the first piece alone, then for more and more ahead, and for nothing unless one is taken', async () => {
		await pipeline.take(0, 10, END, FILE_BYTES);
		await settled();
		expect(pieces.asked).toEqual([0]);
		for (let taken = 1; taken <= 10; taken++) await pipeline.take(taken * 10, 10, END, FILE_BYTES);
		const ahead = pieces.asked.length - 11;
		expect(ahead).toBeGreaterThanOrEqual(2);
		expect(ahead).toBeLessThanOrEqual(4);
		await settled();
		expect(pieces.asked.length - 11).toBe(ahead);
	});

	it('stays small for jumps, and gives up what was asked for before them', async () => {
		for (const offset of [500, 0, 900, 300, 700]) await pipeline.take(offset, 10, END, FILE_BYTES);
		expect(pieces.asked).toEqual([500, 0, 900, 300, 700]);
		for (const offset of [710, 720, 730]) await pipeline.take(offset, 10, END, FILE_BYTES);
		pieces.asked.length = 0;
		await pipeline.take(0, 10, END, FILE_BYTES);
		await settled();
		expect(pieces.asked).toEqual([0]);
		expect(pieces.dropped.length).toBeGreaterThan(0);
		expect(Math.min(...pieces.dropped)).toBe(740);
	});

	it('goes not beyond the end of a range, nor ahead of the known size', async () => {
		for (let offset = 0; offset < 50; offset += 10) await pipeline.take(offset, 10, 50, FILE_BYTES);
		expect(pieces.asked).toEqual([0, 10, 20, 30, 40]);
		pieces.asked.length = 0;
		expect(await takeAll(10, 960)).toEqual([960, 970, 980, 990]);
		expect(pieces.asked).toEqual([960, 970, 980, 990, 1000]);
	});

	it('a file that was cut off: what was asked for behind the cut is given up', async () => {
		for (let offset = 0; offset < 100; offset += 10) await pipeline.take(offset, 10, END, FILE_BYTES);
		pieces.fileBytes = 155;
		// Those on their way are still whole; then comes the rest, and the end.
		const offsets = await takeAll(10, 100);
		expect(offsets.at(-1)).toBe(150);
		expect(pieces.asked.filter((offset) => offset > 160).length).toBeLessThanOrEqual(4);
	});

	it('a file that was cut off and grew again: nothing is left out', async () => {
		for (let offset = 0; offset < 100; offset += 10) await pipeline.take(offset, 10, END, FILE_BYTES);
		pipeline.drop();
		pieces.fileBytes = 155;
		for (let offset = 100; offset < 150; offset += 10) await pipeline.take(offset, 10, END, FILE_BYTES);
		expect(await pipeline.take(150, 10, END, FILE_BYTES)).toEqual({ offset: 150, bytes: 5 });
		pieces.fileBytes = FILE_BYTES;
		expect(await pipeline.take(155, 10, END, FILE_BYTES)).toEqual({ offset: 155, bytes: 10 });
	});

	it('a file that grew is read on', async () => {
		expect((await takeAll(300)).at(-1)).toBe(900);
		pieces.fileBytes = 1200;
		expect(await takeAll(300, 1000)).toEqual([1000]);
	});

	it('without room asks for nothing ahead', async () => {
		pieces.room = 0;
		expect(await takeAll(100)).toHaveLength(10);
		expect(pieces.asked).toHaveLength(11);
	});

	it('a failure ahead is told when its piece is taken, and to nobody else', async () => {
		pieces.failsAt = 30;
		for (const offset of [0, 10, 20]) await pipeline.take(offset, 10, END, FILE_BYTES);
		await settled();
		expect((await rejection(pipeline.take(30, 10, END, FILE_BYTES))).message).toMatch('no piece at 30');
		pieces.failsAt = -1;
		expect((await pipeline.take(30, 10, END, FILE_BYTES)).offset).toBe(30);
		pieces.failsAt = 60;
		for (const offset of [40, 50]) await pipeline.take(offset, 10, END, FILE_BYTES);
		pipeline.drop();
		await settled();
	});

	it('can begin with several', async () => {
		pieces.first = 3;
		pipeline = new ReadPipeline(pieces);
		await pipeline.take(0, 10, END, FILE_BYTES);
		expect(pieces.asked).toEqual([0, 10, 20, 30]);
	});
});

describe('concurrent', () => {
	/** Answers reads when all that may be on their way have come. */
	function scene(wanted: number, content = Buffer.from(Array.from({ length: FILE_BYTES }, (_, index) => index % 251))) {
		let inFlight = 0;
		let most = 0;
		const waiting: (() => void)[] = [];
		const engine = new FakeEngine(async (request) => {
			if (request.op === OP_OPEN) return { fd: 9, stat: statOf({ size: BigInt(FILE_BYTES) }) };
			if (request.op !== OP_READ_AT) return {};
			most = Math.max(most, ++inFlight);
			if (inFlight < wanted && request.offset < 800) await new Promise<void>((resolve) => waiting.push(resolve));
			else for (const go of waiting.splice(0)) go();
			inFlight--;
			return { bytes: partOf(content, request) };
		});
		return { engine, op: fakeOperator(engine), content, most: () => most };
	}

	it.each([1, 2, 4])('read asks for %i chunks at a time, of no certain instance if for several', async (concurrent) => {
		const { engine, op, content, most } = scene(concurrent);
		expect(await op.read('a', { concurrent, chunk: 70, offset: 0 })).toEqual(
			concurrent === 1 ? Buffer.alloc(0) : content,
		);
		if (concurrent === 1) return;
		expect(most()).toBe(concurrent);
		const reads = engine.requests.filter(({ op }) => op === OP_READ_AT);
		expect(reads.map(({ length }) => length)).toEqual([...Array(14).fill(70), 20]);
		expect(new Set(reads.map(({ preferred }) => preferred))).toEqual(new Set([undefined]));
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('read of a range, and in blocking form', async () => {
		const { op, content } = scene(1);
		const range = { concurrent: 3, chunk: 100, offset: 33, size: 555 };
		expect(await op.read('a', range)).toEqual(content.subarray(33, 588));
		const blocking = new FakeEngine((request) => {
			if (request.op === OP_OPEN) return { fd: 9, stat: statOf({ size: BigInt(FILE_BYTES) }) };
			if (request.op !== OP_READ_AT) return {};
			return { bytes: partOf(content, request) };
		});
		expect(fakeOperator(blocking).readSync('a', range)).toEqual(content.subarray(33, 588));
	});

	it('read of a file that became shorter gives what is left of it', async () => {
		const short = Buffer.alloc(250, 'x');
		const { op, engine } = scene(1, short);
		expect(await op.read('a', { concurrent: 4, chunk: 100 })).toEqual(short);
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('a failed chunk fails the read, after the others have come, and closes', async () => {
		const { op, engine } = scene(1);
		const { answer } = engine;
		let pending = 0;
		engine.answer = async (request, options) => {
			if (request.op === OP_CLOSE) expect(pending).toBe(0);
			if (request.op !== OP_READ_AT) return await answer(request, options);
			if (request.offset === 200) throw new HoldfastError('Unexpected', 'this chunk');
			pending++;
			await settled();
			pending--;
			return await answer(request, options);
		};
		expect((await rejection(op.read('a', { concurrent: 4, chunk: 100 }))).message).toMatch('this chunk');
		expect(engine.ops.at(-1)).toBe(OP_CLOSE);
	});

	it('streams, iterations and leases have so many chunks on their way from the first one on', async () => {
		const { op, engine } = scene(3);
		const reader = await op.reader('a', { concurrent: 3, chunk: 100 });
		let bytes = 0;
		for await (const chunk of reader.createReadStream()) bytes += chunk.length;
		expect(bytes).toBe(FILE_BYTES);
		const reads = engine.requests.filter(({ op }) => op === OP_READ_AT);
		expect(new Set(reads.map(({ preferred }) => preferred))).toEqual(new Set([undefined]));
	});

	it('without it a reader stays where its read-ahead is', async () => {
		const { op, engine } = scene(1);
		const reader = await op.reader('a', { chunk: 100 });
		for await (const _ of reader);
		const reads = engine.requests.filter(({ op }) => op === OP_READ_AT);
		expect(new Set(reads.map(({ preferred }) => preferred))).toEqual(new Set([INCARNATION]));
	});

	it.each(['fs', 'memory'] as const)('%s: several instances serve one file, and it is the same', async (service) => {
		const scene = new Scene({ service, workers: 3 });
		try {
			const content = patternBytes(3 * 2 ** 20 - 1000);
			await scene.op.write('file', content);
			const served = new Set<number>();
			const submit = scene.pool.submit.bind(scene.pool);
			vi.spyOn(scene.pool, 'submit').mockImplementation(async (request, options) => {
				const reply = await submit(request, options);
				if (request.op === OP_READ_AT) served.add(reply.incarnation.number);
				return reply;
			});
			const options = { concurrent: 6, chunk: 65_536 };
			expect(content.equals(await scene.op.read('file', options))).toBe(true);
			expect(served.size).toBe(3);
			served.clear();
			const hash = createHash('sha256');
			for await (const lease of (await scene.op.reader('file', options)).leases({ chunkBytes: 65_536 })) {
				hash.update(lease.bytes);
				lease.release();
			}
			expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
			expect(served.size).toBeGreaterThan(1);
			const pieces: Buffer[] = [];
			for await (const chunk of (await scene.op.reader('file', options)).createReadStream()) pieces.push(chunk);
			expect(content.equals(Buffer.concat(pieces))).toBe(true);
		} finally {
			await scene.close();
		}
	});
});
