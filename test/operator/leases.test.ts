import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Lease, Operator } from 'holdfast';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FAULT_KIND_UNREACHABLE } from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import { LoggingLayer } from '#host/layers/index';
import { patternBytes } from '../behavior/bytes.js';
import { Scene } from '../supervision/scene.js';
import { refusal, rejection } from './refusal.js';

const KIB = 1024;
const CHUNK_BYTES = 256 * KIB;
const CHUNKS = 12;
const content = patternBytes(CHUNKS * CHUNK_BYTES - 1000);
/** Four leases at a time: half of ten, less the one for the quarantine. */
const BUFFERS = 10;
const LEASES_MAX = 4;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let scene: Scene;
afterEach(() => scene.close());

async function opened(service: 'fs' | 'memory', options = {}): Promise<Operator> {
	const modulePath = fileURLToPath(new URL('../../build/engine.fault.wasm', import.meta.url));
	const own = { service, buffers: BUFFERS, bufferBytes: CHUNK_BYTES, ...options };
	scene = new Scene(own, undefined, { modulePath });
	await scene.op.write('file', content);
	return scene.op;
}

async function trap(): Promise<void> {
	await scene.pool.submit(scene.fault(FAULT_KIND_UNREACHABLE)).then(
		() => expect.fail('The engine did not trap.'),
		() => {},
	);
}

async function take(iterator: AsyncGenerator<Lease, void, undefined>): Promise<Lease> {
	const { value } = await iterator.next();
	return value ?? expect.fail('It ended.');
}

describe.each(['fs', 'memory'] as const)('%s: Reader.leases()', (service) => {
	it('give the file without a copy, in order', async () => {
		const op = await opened(service);
		const hash = createHash('sha256');
		const offsets: number[] = [];
		for await (const lease of (await op.reader('file')).leases()) {
			expect(lease.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
			hash.update(lease.bytes);
			offsets.push(lease.offset);
			lease.release();
		}
		expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
		expect(offsets).toEqual(Array.from({ length: CHUNKS }, (_, index) => index * CHUNK_BYTES));
	});

	it('go on from where the reader is, with the size that is asked for', async () => {
		const op = await opened(service);
		const reader = await op.reader('file');
		await reader.read(Buffer.alloc(1000));
		const pieces: Buffer[] = [];
		for await (const lease of reader.leases({ chunkBytes: 100_000 })) {
			pieces.push(Buffer.from(lease.bytes));
			lease[Symbol.dispose]();
		}
		expect(pieces[0]).toHaveLength(100_000);
		expect(Buffer.concat(pieces).equals(content.subarray(1000))).toBe(true);
		for (const chunkBytes of [0, 1000, CHUNK_BYTES + 1, Number.NaN]) {
			const refused = (await op.reader('file')).leases({ chunkBytes }).next();
			expect((await rejection(refused)).code).toBe('ConfigInvalid');
		}
	});

	it('of an empty and of a missing file', async () => {
		const op = await opened(service);
		await op.write('empty', '');
		for await (const _ of (await op.reader('empty')).leases()) expect.fail('There is nothing to lease.');
		expect((await rejection((await op.reader('none')).leases().next())).code).toBe('NotFound');
		// Neither kept a place.
		const iterator = (await op.reader('file')).leases();
		for (let count = 0; count < LEASES_MAX; count++) await take(iterator);
	});

	it('after the release bytes throw; releasing again is fine', async () => {
		const op = await opened(service);
		const iterator = (await op.reader('file')).leases();
		const lease = await take(iterator);
		lease.release();
		lease.release();
		expect(refusal(() => lease.bytes).code).toBe('Closed');
		await iterator.return();
	});

	it('at most half of the buffers: then further leases wait, and nobody else', async () => {
		const op = await opened(service);
		const iterator = (await op.reader('file')).leases();
		const held: Lease[] = [];
		for (let count = 0; count < LEASES_MAX; count++) held.push(await take(iterator));
		let isThere = false;
		const next = take(iterator).then((lease) => {
			isThere = true;
			return lease;
		});
		for (let round = 0; round < 5; round++) {
			expect((await op.read('file')).equals(content)).toBe(true);
			await op.write(`other${round}`, content);
		}
		expect(isThere).toBe(false);
		for (const [index, lease] of held.entries()) {
			expect(lease.bytes.equals(content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))).toBe(true);
		}
		held[2].release();
		expect((await next).offset).toBe(LEASES_MAX * CHUNK_BYTES);
		await iterator.return();
	});

	it('places of what is only on its way are given up when somebody waits for one', async () => {
		const op = await opened(service);
		const slow = (await op.reader('file')).leases();
		for (let count = 0; count < 4; count++) (await take(slow)).release();
		const held = [await take(slow)];
		// Enough for both only if nothing is kept for the one that takes nothing now.
		const other = (await op.reader('file')).leases();
		for (let count = 1; count < LEASES_MAX; count++) held.push(await take(other));
		expect(held[0].bytes.equals(content.subarray(4 * CHUNK_BYTES, 5 * CHUNK_BYTES))).toBe(true);
		for (const lease of held) lease.release();
		await other.return();
		const rest: Buffer[] = [];
		for await (const lease of slow) {
			rest.push(Buffer.from(lease.bytes));
			lease.release();
		}
		expect(Buffer.concat(rest).equals(content.subarray(5 * CHUNK_BYTES))).toBe(true);
	});

	it('with reads in between they go on behind those', async () => {
		const op = await opened(service);
		const reader = await op.reader('file');
		const between = Buffer.alloc(1000);
		const pieces: Buffer[] = [];
		for await (const lease of reader.leases({ chunkBytes: 100_000 })) {
			pieces.push(Buffer.from(lease.bytes));
			lease.release();
			pieces.push(Buffer.from(between.subarray(0, Number(await reader.read(between)))));
		}
		expect(Buffer.concat(pieces).equals(content)).toBe(true);
	});

	it('a wait for a lease ends with the signal', async () => {
		const op = await opened(service);
		const controller = new AbortController();
		const holder = (await op.reader('file')).leases();
		const held = [await take(holder), await take(holder), await take(holder), await take(holder)];
		const waiting = (await op.reader('file', { signal: controller.signal })).leases().next();
		controller.abort();
		expect((await rejection(waiting)).code).toBe('Cancelled');
		for (const lease of held) lease.release();
		await take(holder);
	});

	it('left early: what is held stays readable, and every place comes back', async () => {
		const op = await opened(service);
		for (let round = 0; round < 3 * LEASES_MAX; round++) {
			for await (const lease of (await op.reader('file')).leases()) {
				lease.release();
				break;
			}
		}
		let kept: Lease | undefined;
		for await (const lease of (await op.reader('file')).leases()) {
			kept = lease;
			break;
		}
		await op.read('file');
		expect(kept?.bytes.equals(content.subarray(0, CHUNK_BYTES))).toBe(true);
	});

	it('poisoned: a view that was kept shows it, and the chunk is not given out at once', async () => {
		const op = await opened(service);
		const iterator = (await op.reader('file')).leases({ poison: true });
		const lease = await take(iterator);
		const kept = lease.bytes;
		lease.release();
		expect(kept.equals(Buffer.alloc(CHUNK_BYTES, 0xdb))).toBe(true);
		for (let round = 0; round < 3; round++) await op.read('file');
		expect(kept.equals(Buffer.alloc(CHUNK_BYTES, 0xdb))).toBe(true);
		let count = 1;
		for await (const next of iterator) {
			count++;
			next.release();
		}
		expect(count).toBe(CHUNKS);
	});

	it('after a trap a held lease stays readable, however many traps follow', async () => {
		const op = await opened(service, { maxRestarts: 100 });
		const iterator = (await op.reader('file')).leases();
		const lease = await take(iterator);
		const other = content.map((byte) => byte ^ 0xff);
		await op.write('other', other);
		for (let round = 0; round < 6; round++) {
			await trap();
			expect((await op.read('other')).equals(Buffer.from(other))).toBe(true);
			expect(lease.bytes.equals(content.subarray(0, CHUNK_BYTES))).toBe(true);
		}
		const second = await take(iterator);
		expect(second.bytes.equals(content.subarray(CHUNK_BYTES, 2 * CHUNK_BYTES))).toBe(true);
		lease.release();
		second.release();
		await iterator.return();
	});

	it('layers see how many bytes came, and limit them', async () => {
		const op = await opened(service);
		const lines: string[] = [];
		const logged = op.layer(new LoggingLayer((line) => void lines.push(line)).build());
		for await (const lease of (await logged.reader('file')).leases()) lease.release();
		for await (const _ of (await logged.reader('file', { chunk: CHUNK_BYTES })).createReadStream());
		const whole = lines.filter((line) => line.includes(`finished, ${CHUNK_BYTES} bytes read`));
		expect(whole).toHaveLength(2 * (CHUNKS - 1));
	});

	it('after a trap the memory is used again when its last lease is back', async () => {
		const op = await opened(service, { maxRestarts: 100 });
		const created = vi.spyOn(scene.pool, 'createMemory');
		const iterator = (await op.reader('file')).leases();
		const lease = await take(iterator);
		await trap();
		await op.read('file');
		expect(created).toHaveBeenCalledTimes(1);
		expect(lease.bytes.equals(content.subarray(0, CHUNK_BYTES))).toBe(true);
		lease.release();
		await iterator.return();
		for (let round = 0; round < 4; round++) {
			await trap();
			expect((await op.read('file')).equals(content)).toBe(true);
		}
		// From here on two take turns.
		expect(created).toHaveBeenCalledTimes(1);
	});

	it('a reply that a layer lets fall gives its buffer back', async () => {
		const op = await opened(service);
		const submit = scene.pool.submit.bind(scene.pool);
		const failing = vi.spyOn(scene.pool, 'submit').mockImplementation(async (request, options) => {
			const reply = await submit(request, options);
			if (reply.held !== undefined) throw new HoldfastError('Unexpected', 'a layer failed');
			return reply;
		});
		for (let round = 0; round < BUFFERS; round++) {
			expect((await rejection((await op.reader('file')).leases().next())).message).toMatch('a layer failed');
		}
		failing.mockRestore();
		// Without a buffer this waits for ever.
		let isRead = false;
		const reading = op.read('file').then((bytes) => {
			isRead = bytes.equals(content);
		});
		const isReadAfterCollection = () => {
			collectGarbage();
			return isRead;
		};
		await expect.poll(isReadAfterCollection).toBe(true);
		await reading;
	});

	it('views are refused and taken by the APIs of which docs/reading.md says so', async () => {
		const op = await opened(service);
		const lease = await take((await op.reader('file')).leases());
		const { bytes } = lease;
		const enqueued = new Promise((resolve, reject) => {
			const start = (controller: ReadableByteStreamController) => {
				try {
					resolve(controller.enqueue(bytes as never));
				} catch (error) {
					reject(error);
				}
			};
			new ReadableStream({ type: 'bytes', start });
		});
		await expect(enqueued).rejects.toThrow(TypeError);
		await expect(crypto.subtle.digest('SHA-256', bytes as never)).rejects.toThrow(TypeError);
		// A `TypeError` or a `DataCloneError`.
		expect(() => structuredClone(bytes, { transfer: [bytes.buffer as never] })).toThrow();
		const expected = content.subarray(0, CHUNK_BYTES);
		expect(Buffer.from(bytes).equals(expected)).toBe(true);
		expect(Buffer.from(await new Blob([bytes as never]).arrayBuffer()).equals(expected)).toBe(true);
		expect(gunzipSync(gzipSync(bytes)).equals(expected)).toBe(true);
		expect(new TextDecoder('latin1').decode(bytes)).toHaveLength(CHUNK_BYTES);
		await op.write('copy', bytes);
		expect((await op.read('copy')).equals(expected)).toBe(true);
		lease.release();
	});

	it('after the close of the operator a held lease stays readable', async () => {
		const op = await opened(service);
		const lease = await take((await op.reader('file')).leases());
		await op.close();
		expect(lease.bytes.equals(content.subarray(0, CHUNK_BYTES))).toBe(true);
		lease.release();
	});
});
