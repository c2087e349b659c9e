import { beforeEach, describe, expect, it } from 'vitest';
import {
	COMPLETION_CHUNK,
	COMPLETION_DONE,
	ERRNO_CANCELED,
	FILETYPE_REGULAR_FILE,
	FLAG_APPEND,
	FLAG_IF_NOT_EXISTS,
	FLAG_SUFFIX,
	OP_CLOSE,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_STAT,
	OP_WRITE,
	SLOT_RESULT_FD,
	SLOT_RESULT_TOTAL,
	SLOT_STATUS,
} from '#assembly/layout';
import { Call } from '#host/pool/call';
import { PacedRun } from '#host/pool/paced-run';
import { carry, Request } from '#host/pool/request';
import type { Run } from '#host/pool/run';
import { createMemory, planMemory, prepareMemory } from '#host/ring/plan';
import { Ring } from '#host/ring/ring';
import { EngineSide } from '../engine-side.ts';
import { openPool } from './harness.ts';

// What one incarnation of an engine posts is held against what was asked of it. The engine is written here by hand.

let ring: Ring;
let run: Run;
let engine: EngineSide;
let replies: Uint8Array[];
let discarded: Request[];
let closed: number[];

beforeEach(() => open(4));

function open(ringEntries: number): void {
	const plan = planMemory({ ringEntries, buffers: 4, bufferBytes: 65536, tempPrefix: '.holdfast-test-' });
	const memory = createMemory(plan, true);
	prepareMemory(memory, plan);
	ring = new Ring(memory, plan);
	engine = new EngineSide(memory, plan);
	const ignore = () => undefined;
	discarded = [];
	closed = [];
	const discard = (request: Request) => discarded.push(request);
	const onClosed = (fd: number) => closed.push(fd);
	run = new PacedRun({ isOwn: () => true, onOpened: ignore, onClosed, discard }, ring, 1);
	replies = [];
}

function send(fields: Partial<Request>, op = OP_READ): Call {
	const call = new Call(
		Object.assign(new Request(op, 'test', 'a'), fields),
		(reply) => replies.push(reply.bytes),
		(error) => expect.fail(error.message),
	);
	expect(run.send(call)).toBe(true);
	return call;
}

const noReply = () => expect.fail('there was a reply');

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

it('what is opened for a call that has failed before is closed', () => {
	let failure: Error | undefined;
	const call = new Call(new Request(OP_OPEN, 'test', 'a'), noReply, (error) => {
		failure = error;
	});
	run.send(call);
	const address = ring.slotAddress(call.slot);
	// No platform has memory for that.
	ring.words[(address + SLOT_RESULT_TOTAL + 4) >> 2] = 2 ** 30;
	postChunk(call, 1, 0);
	ring.words[(address + SLOT_RESULT_FD) >> 2] = 77;
	postDone(call, 0);
	expect(run.drain()).toBe(true);
	expect(failure?.message).toMatch(/^Unsupported: a result of \d+ bytes/);
	expect(discarded).toMatchObject([{ op: OP_CLOSE, fd: 77 }]);
});

it.each([
	['that nobody has cancelled has ended', false, [77]],
	['that was cancelled may not have begun', true, []],
])('the closing of a descriptor %s when the engine says that it was cancelled', (_, isSettled, expected) => {
	const call = new Call(Object.assign(new Request(OP_CLOSE, 'test', 'a'), { fd: 77 }), noReply, () => undefined);
	run.send(call);
	if (isSettled) call.reject(call.error('Cancelled', 'it takes too long'));
	ring.words[(ring.slotAddress(call.slot) + SLOT_STATUS) >> 2] = ERRNO_CANCELED;
	engine.post(call.slot, call.tag, COMPLETION_DONE, 0);
	expect(run.drain()).toBe(true);
	expect(closed).toEqual(expected);
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

describe.each([
	['a small result', OP_STAT],
	['small content', OP_WRITE],
])('of requests with %s', (_, op) => {
	const MOST = 128;
	let calls: Call[];

	/** So many, one after the other, of which an engine has 128 at a time. */
	const sendSmall = (count: number) => Array.from({ length: count }, () => send({}, op));
	const sent = () => ring.plan.entries - ring.freeSlots;
	const end = (call: Call) => {
		postDone(call, 0);
		expect(run.drain()).toBe(true);
	};

	beforeEach(() => {
		open(256);
		calls = sendSmall(MOST + 3);
	});

	it('those over the limit follow in order, each when another one has ended', () => {
		expect([sent(), run.inFlight]).toEqual([MOST, MOST + 3]);
		end(calls[5]);
		expect([sent(), run.inFlight]).toEqual([MOST, MOST + 2]);
		expect(calls[MOST].slot).toBe(calls[5].slot);
		for (const call of [calls[7], calls[MOST], calls[MOST + 1]]) end(call);
		expect([sent(), run.inFlight]).toEqual([MOST - 1, MOST - 1]);
		expect(replies).toHaveLength(4);
	});

	it('one that was settled while it waited is forgotten, and the next one follows', () => {
		calls[MOST].settled = true;
		run.cancel(calls[MOST]);
		end(calls[0]);
		expect([sent(), run.inFlight, replies.length]).toEqual([MOST, MOST + 1, 1]);
		expect(calls[MOST + 1].slot).toBe(calls[0].slot);
		end(calls[MOST + 1]);
		end(calls[MOST + 2]);
		expect([sent(), run.inFlight, replies.length]).toEqual([MOST - 1, MOST - 1, 3]);
	});

	it('those that wait count, so that no more are taken than there are slots', () => {
		const free = ring.freeSlots - 3;
		const others = Array.from({ length: free }, () => send({}, OP_READ));
		const one = new Call(new Request(OP_READ, 'test', 'a'), noReply, noReply);
		expect(run.send(one)).toBe(false);
		end(others[0]);
		expect(run.send(one)).toBe(true);
	});

	it('at the end those that wait are calls that the engine never saw', () => {
		const lost = run.takeLost(false);
		expect(lost).toHaveLength(MOST + 3);
		expect(lost.filter(({ isUntaken }) => isUntaken).map(({ call }) => call)).toEqual(calls.slice(MOST));
		expect(lost.slice(MOST).some(({ isSuspect }) => isSuspect)).toBe(false);
		expect(run.inFlight).toBe(0);
	});
});

describe('small requests', () => {
	const MOST = 128;
	const sent = () => ring.plan.entries - ring.freeSlots;
	const sendMost = (op: number) => Array.from({ length: MOST }, () => send({}, op));

	beforeEach(() => open(512));

	it('are reads of a part, unless they are large or lent', () => {
		sendMost(OP_STAT);
		for (const fields of [{ length: 4096 }, { length: ring.plan.slotDataBytes }]) send(fields, OP_READ_AT);
		expect(sent()).toBe(MOST);
		send({ length: ring.plan.slotDataBytes + 1 }, OP_READ_AT);
		send({ length: 4096, wantsLease: true }, OP_READ_AT);
		expect(sent()).toBe(MOST + 2);
	});

	it('are writes, unless they are large or take a lock, and wait for no reads', () => {
		const [first] = sendMost(OP_WRITE);
		for (const bytes of [1, ring.plan.slotDataBytes]) send({ data: new Uint8Array(bytes) }, OP_WRITE);
		expect(sent()).toBe(MOST);
		send({ data: new Uint8Array(ring.plan.slotDataBytes + 1) }, OP_WRITE);
		send({ flags: FLAG_APPEND }, OP_WRITE);
		send({ flags: FLAG_IF_NOT_EXISTS }, OP_WRITE);
		send({ conditions: { ifMatch: '*' } as Request['conditions'] }, OP_WRITE);
		expect(sent()).toBe(MOST + 4);
		const [read] = sendMost(OP_STAT);
		expect(sent()).toBe(2 * MOST + 4);
		for (const call of [read, first]) {
			postDone(call, 0);
			expect(run.drain()).toBe(true);
		}
		expect([sent(), run.inFlight]).toEqual([2 * MOST + 3, 2 * MOST + 4]);
	});

	it('with content that is transferred while they wait are refused, and the next one follows', () => {
		const [first] = sendMost(OP_WRITE);
		const data = new Uint8Array(3);
		const refused: Error[] = [];
		const call = new Call(carry(new Request(OP_WRITE, 'test', 'a'), data), noReply, (error) => refused.push(error));
		expect(run.send(call)).toBe(true);
		const next = send({}, OP_WRITE);
		structuredClone(data, { transfer: [data.buffer] });
		postDone(first, 0);
		expect(run.drain()).toBe(true);
		expect(refused.map(({ message }) => message)).toEqual([expect.stringContaining('transferred')]);
		expect([next.slot, sent(), run.inFlight]).toEqual([first.slot, MOST, MOST]);
	});
});
