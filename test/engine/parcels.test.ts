import { beforeEach, describe, expect, it } from 'vitest';
import {
	ERRNO_AGAIN,
	ERRNO_CANCELED,
	ERRNO_IO,
	ERRNO_NOMEM,
	FLAG_PARCEL,
	OP_CLOSE,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_WRITE,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
	STATUS_REVOKED,
} from '#assembly/layout';
import { armBell, bellWord } from '#host/ring/thread-signals';
import { Access } from '#host/wasi/files';
import { ParcelOutbox } from '#host/wasi/parcel-outbox';
import { patternBytes } from '../behavior/bytes.js';
import { InlineEngine } from './inline-engine.ts';

const MIB = 2 ** 20;
const content = patternBytes(3 * MIB + 12_345);
const PARCEL = { flags: FLAG_PARCEL };

let sent: Map<number, Buffer>;
let engine: InlineEngine;
let outbox: ParcelOutbox;
beforeEach(() => {
	sent = new Map();
	outbox = new ParcelOutbox({ send: ({ number, bytes }) => sent.set(number, bytes), taken: 0 });
	engine = new InlineEngine({ bufferBytes: MIB, parcels: outbox });
	const { handle } = engine.run(OP_WRITER_OPEN, 'large');
	for (let at = 0; at < content.length; at += MIB)
		engine.run(OP_WRITER_WRITE, '', { handle, data: content.subarray(at, at + MIB) });
	engine.run(OP_WRITER_CLOSE, '', { handle });
	engine.calls.length = 0;
});

const made = (name: string) => engine.calls.filter((call) => call === name).length;
const isEmpty = () => Array.from({ length: 20 }, (_, number) => outbox.drop(number + 1)).every((known) => !known);

describe('results in parcels', () => {
	it('a whole file, read a chunk at a time until two are left', () => {
		const answer = engine.run(OP_READ, 'large', PARCEL);
		expect(sent.get(answer.handle)?.equals(content)).toBe(true);
		expect(answer.bytes.length).toBe(0);
		expect([made('parcel_make'), made('parcel_read'), made('parcel_send')]).toEqual([1, 3, 1]);
		expect([made('fd_pread'), made('fd_close')]).toEqual([0, 1]);
	});

	it('pieces of a stream, each at once: the host hears of one while the next is read', () => {
		const { fd } = engine.run(OP_OPEN, 'large');
		const before = armBell(engine.ring);
		const heard: boolean[] = [];
		engine.intercept = (name) => {
			if (name === 'parcel_read') heard.push(engine.ring.words[bellWord(engine.ring)] !== before);
			return undefined;
		};
		engine.calls.length = 0;
		engine.submit(OP_READ_AT, '', { ...PARCEL, fd, offset: 0, length: 2 * MIB });
		engine.submit(OP_READ_AT, '', { ...PARCEL, fd, offset: 2 * MIB, length: MIB });
		engine.poll();
		expect(heard).toEqual([false, true]);
		expect(engine.calls.filter((call) => call.startsWith('parcel_'))).toEqual([
			...['parcel_make', 'parcel_read', 'parcel_send'],
			...['parcel_make', 'parcel_read', 'parcel_send'],
		]);
		engine.run(OP_CLOSE, '', { fd });
	});

	it('ranges, suffixes and reads of an open file', () => {
		const range = engine.run(OP_READ, 'large', { ...PARCEL, offset: 1000, length: 2 * MIB });
		expect(sent.get(range.handle)?.equals(content.subarray(1000, 1000 + 2 * MIB))).toBe(true);
		const { fd } = engine.run(OP_OPEN, 'large');
		const rest = engine.run(OP_READ_AT, '', { ...PARCEL, fd, offset: 3 * MIB - 200_000, length: MIB });
		expect(sent.get(rest.handle)?.equals(content.subarray(3 * MIB - 200_000))).toBe(true);
		const behind = engine.run(OP_READ_AT, '', { ...PARCEL, fd, offset: 2 ** 40, length: MIB });
		expect(sent.get(behind.handle)?.length).toBe(0);
		engine.run(OP_CLOSE, '', { fd });
		expect(isEmpty()).toBe(true);
	});

	it('what is small comes in the slot or in buffers, and no number of an earlier parcel comes with it', () => {
		expect(engine.run(OP_READ, 'large', PARCEL).handle).toBeGreaterThan(0);
		for (const length of [0, 100, 16_384, 100_000]) {
			const answer = engine.run(OP_READ, 'large', { ...PARCEL, length });
			expect([answer.handle, answer.bytes.equals(content.subarray(0, length))]).toEqual([0, true]);
		}
		expect(sent.size).toBe(1);
	});

	it('a small read behind a large one ends first', () => {
		engine.run(OP_WRITE, 'small', { data: Buffer.from('s') });
		engine.calls.length = 0;
		engine.submit(OP_READ, 'large', PARCEL);
		engine.submit(OP_READ, 'small', PARCEL);
		engine.poll();
		expect(engine.calls.lastIndexOf('path_open')).toBeLessThan(engine.calls.lastIndexOf('parcel_read'));
		expect(engine.calls.indexOf('fd_close')).toBeLessThan(engine.calls.indexOf('parcel_send'));
	});

	it.each([ERRNO_NOMEM, 52])('a host that has none at the moment (errno %i): it goes through buffers', (errno) => {
		engine.intercept = (name) => (name === 'parcel_make' ? errno : undefined);
		const answer = engine.run(OP_READ, 'large', PARCEL);
		expect([answer.status, answer.handle, answer.bytes.equals(content)]).toEqual([0, 0, true]);
	});

	it('without the flag there is no parcel', () => {
		expect(engine.run(OP_READ, 'large').bytes.equals(content)).toBe(true);
		expect(made('parcel_make')).toBe(0);
	});

	it.each(['parcel_read', 'parcel_send'])('%s fails: so does the request, and the parcel is dropped', (failing) => {
		let left = 2;
		engine.intercept = (name) =>
			name === failing && (failing === 'parcel_send' || --left === 0) ? ERRNO_IO : undefined;
		const answer = engine.run(OP_READ, 'large', PARCEL);
		expect(answer.status).toBe(ERRNO_IO);
		expect([made('parcel_drop'), made('fd_close')]).toEqual([1, 1]);
		expect([sent.size, isEmpty()]).toEqual([0, true]);
	});

	it('an engine that was given up sends nothing any more', () => {
		engine.intercept = (name) => (name === 'parcel_send' ? STATUS_REVOKED : undefined);
		expect(engine.run(OP_READ, 'large', PARCEL).status).toBe(STATUS_REVOKED);
		expect([sent.size, isEmpty()]).toEqual([0, true]);
	});

	it('a cancelled request drops it', () => {
		let pieces = 0;
		let tag = 0;
		engine.intercept = (name) => {
			if (name === 'parcel_read' && ++pieces === 2) engine.ring.cancel(engine.ring.current, tag);
			return undefined;
		};
		tag = engine.submit(OP_READ, 'large', PARCEL);
		engine.poll();
		expect(engine.answer(tag)?.status).toBe(ERRNO_CANCELED);
		expect([pieces, sent.size, isEmpty()]).toEqual([2, 0, true]);
	});

	it('calls that are not ready are made again', () => {
		const waited = new Set<string>();
		engine.intercept = (name) => {
			if (!name.startsWith('parcel_') || waited.has(name)) return undefined;
			waited.add(name);
			return ERRNO_AGAIN;
		};
		const tag = engine.submit(OP_READ, 'large', PARCEL);
		for (let turn = 0; turn < 10 && engine.answer(tag) === undefined; turn++) {
			engine.poll();
			for (let slot = 0; slot < engine.plan.entries; slot++) engine.ring.ready(slot);
		}
		expect(sent.get(engine.answer(tag)?.handle ?? 0)?.equals(content)).toBe(true);
		expect([...waited].sort()).toEqual(['parcel_make', 'parcel_read', 'parcel_send']);
	});

	it('short reads go on', () => {
		engine.intercept = (name, values) => {
			if (name === 'parcel_read') values[2] = Math.min(values[2] as number, 700_000);
			return undefined;
		};
		const answer = engine.run(OP_READ, 'large', PARCEL);
		expect(sent.get(answer.handle)?.equals(content)).toBe(true);
		expect(made('parcel_read')).toBeGreaterThan(4);
	});

	it('a file that becomes shorter meanwhile ends where it ends', () => {
		const fd = engine.files.open(engine.root, 'large', 0, Access.write);
		engine.intercept = (name) => {
			if (name === 'parcel_read' && made('parcel_read') === 2) engine.files.truncate(fd, MIB + 10);
			return undefined;
		};
		const answer = engine.run(OP_READ, 'large', PARCEL);
		expect(sent.get(answer.handle)?.equals(content.subarray(0, MIB + 10))).toBe(true);
		engine.files.close(fd);
	});
});
