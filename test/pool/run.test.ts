import { beforeEach, describe, expect, it } from 'vitest';
import {
	COMPLETION_CHUNK,
	COMPLETION_DONE,
	FILETYPE_REGULAR_FILE,
	FLAG_SUFFIX,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	SLOT_RESULT_TOTAL,
	SLOT_STATUS,
} from '#assembly/layout';
import { Call } from '#host/pool/call';
import { Request } from '#host/pool/request';
import { Run } from '#host/pool/run';
import { createMemory, planMemory, prepareMemory } from '#host/ring/plan';
import { Ring } from '#host/ring/ring';
import { EngineSide } from '../engine-side.ts';
import { openPool } from './harness.ts';

// What one incarnation of an engine posts is held against what was asked of it. The engine is written here by hand.

let ring: Ring;
let run: Run;
let engine: EngineSide;
let replies: Uint8Array[];

beforeEach(() => {
	const plan = planMemory({ ringEntries: 4, buffers: 4, bufferBytes: 65536, tempPrefix: '.holdfast-test-' });
	const memory = createMemory(plan, true);
	prepareMemory(memory, plan);
	ring = new Ring(memory, plan);
	engine = new EngineSide(memory, plan);
	const ignore = () => undefined;
	run = new Run({ isOwn: () => true, onOpened: ignore, onClosed: ignore, discard: ignore }, ring, 1);
	replies = [];
});

function send(fields: Partial<Request>, op = OP_READ): Call {
	const call = new Call(
		Object.assign(new Request(op, 'test', 'a'), fields),
		(reply) => replies.push(reply.bytes),
		(error) => expect.fail(error.message),
	);
	expect(run.send(call)).toBe(true);
	return call;
}

/** The first buffer, handed over as a piece of a result of so many bytes. */
function postChunk(call: Call, count: number, total: number): void {
	ring.words[(ring.slotAddress(call.slot) + SLOT_RESULT_TOTAL) >> 2] = total;
	engine.handOver(1);
	engine.post(call.slot, call.tag, COMPLETION_CHUNK | (1 << 8), count);
}

function postDone(call: Call, count: number): void {
	ring.words[(ring.slotAddress(call.slot) + SLOT_STATUS) >> 2] = 0;
	engine.post(call.slot, call.tag, COMPLETION_DONE, count);
}

describe('a result that is larger than what was asked for', () => {
	it('is no answer: in the slot', () => {
		postDone(send({ length: 10 }), 11);
		expect(run.drain()).toBe(false);
	});

	it('is no answer: of a suffix', () => {
		postDone(send({ offset: 5, flags: FLAG_SUFFIX }), 6);
		expect(run.drain()).toBe(false);
	});

	it('is no answer: announced as a total, for which no memory is taken', () => {
		const call = send({ length: 30_000 });
		postChunk(call, 30_000, 2 ** 31 - 1);
		expect(run.drain()).toBe(false);
		expect(call.result).toBeUndefined();
	});

	it('is no answer: in a piece that is lent', () => {
		const call = send({ length: 40_000, wantsLease: true }, OP_READ_AT);
		postChunk(call, 40_001, 40_001);
		expect(run.drain()).toBe(false);
		expect(call.held).toBeUndefined();
	});

	it('does not exist when everything was asked for', () => {
		const call = send({});
		postChunk(call, 60_000, 60_000);
		postDone(call, 0);
		expect(run.drain()).toBe(true);
		expect(replies.map((bytes) => bytes.length)).toEqual([60_000]);
	});
});

describe('a second piece', () => {
	it('where one was to be lent is no answer', () => {
		const call = send({ length: 40_000, wantsLease: true }, OP_READ_AT);
		postChunk(call, 100, 200);
		postChunk(call, 100, 200);
		expect(run.drain()).toBe(false);
	});

	it('of a buffer that was not handed over is no answer', () => {
		const call = send({});
		postChunk(call, 100, 200);
		engine.handOver(2);
		engine.post(call.slot, call.tag, COMPLETION_CHUNK | (1 << 8), 100);
		expect(run.drain()).toBe(false);
	});
});

it('a descriptor that an engine only says it has closed is closed', async () => {
	const pool = openPool();
	const fd = pool.table.insert(0, FILETYPE_REGULAR_FILE);
	pool.onOpened(fd, new Request(OP_OPEN, 'read', 'a'));
	expect(pool.health().open.readers).toBe(1);
	pool.onClosed(fd);
	expect(pool.table.resource(fd)).toBe(-1);
	expect(pool.health().open.readers).toBe(0);
	await pool.close();
});
