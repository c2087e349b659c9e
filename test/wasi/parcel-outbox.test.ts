import { constants } from 'node:buffer';
import { beforeEach, describe, expect, it } from 'vitest';
import { ERRNO_NOMEM } from '#assembly/layout';
import { type Parcel, ParcelOutbox } from '#host/wasi/parcel-outbox';

let sent: Parcel[];
let taken: number;
let outbox: ParcelOutbox;
beforeEach(() => {
	sent = [];
	taken = 0;
	outbox = new ParcelOutbox({
		send: (parcel) => sent.push(parcel),
		get taken() {
			return taken;
		},
	});
});

function put(parcel: number, text: string): void {
	const room = outbox.room(parcel, text.length) as Uint8Array;
	room.set(Buffer.from(text).subarray(0, room.length));
	outbox.fill(parcel, room.length);
}

describe('ParcelOutbox', () => {
	it('sends what was filled, one behind the other, under the number that it gave', () => {
		const [first, second] = [outbox.make(10), outbox.make(10)];
		expect(first).not.toBe(second);
		put(first, 'abc');
		put(second, 'xyz');
		put(first, 'def');
		expect(outbox.send(first)).toBe(true);
		expect(sent.map(({ number, bytes }) => [number, bytes.toString()])).toEqual([[first, 'abcdef']]);
		expect(sent[0]?.bytes.buffer.byteLength).toBe(10);
	});

	it('has no room beyond the size, and sends nothing that was not filled', () => {
		const parcel = outbox.make(4);
		put(parcel, 'abcdefgh');
		expect(outbox.room(parcel, 100)?.length).toBe(0);
		outbox.send(parcel);
		const unfilled = outbox.make(1000);
		outbox.room(unfilled, 500)?.fill(1);
		outbox.send(unfilled);
		expect(sent.map(({ bytes }) => bytes.toString())).toEqual(['abcd', '']);
	});

	it('knows a parcel no more that was sent, dropped or never made', () => {
		const [gone, dropped, cleared] = [outbox.make(1), outbox.make(1), outbox.make(1)];
		expect(outbox.send(gone)).toBe(true);
		expect(outbox.drop(dropped)).toBe(true);
		outbox.clear();
		for (const parcel of [gone, dropped, cleared, 0, 4_000_000_000]) {
			expect(outbox.room(parcel, 1)).toBeUndefined();
			expect(outbox.send(parcel)).toBe(false);
			expect(outbox.drop(parcel)).toBe(false);
		}
		expect(sent).toHaveLength(1);
	});

	it('refuses sizes that no Buffer has', () => {
		for (const bytes of [0, constants.MAX_LENGTH + 1, 2 ** 53, 2 ** 64]) expect(outbox.make(bytes)).toBe(-ERRNO_NOMEM);
	});

	it('makes at most 4,096 that nobody has taken', () => {
		const make = () => outbox.make(1);
		const numbers = Array.from({ length: 4096 }, make);
		expect(make()).toBe(-ERRNO_NOMEM);
		outbox.send(numbers[0] as number);
		expect(make()).toBe(-ERRNO_NOMEM);
		taken++;
		expect(make()).toBeGreaterThan(0);
		outbox.drop(numbers[1] as number);
		expect(make()).toBeGreaterThan(0);
		expect(make()).toBe(-ERRNO_NOMEM);
	});
});
