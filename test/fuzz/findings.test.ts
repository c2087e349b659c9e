import { once } from 'node:events';
import { inspect } from 'node:util';
import { ConcurrentLimitLayer, Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusal, rejection } from '../operator/refusal.ts';

// What `npm run fuzz` has found, each under its name.

let op: Operator;
beforeEach(() => {
	op = new Operator('memory', { workers: 1, syncWorkers: 1, ringEntries: 16, buffers: 4, bufferBytes: 65536 });
});
afterEach(async () => {
	expect(op.pool.health().restarts).toBe(0);
	await op.close();
});

const thrower = () => {
	throw new Error('mine');
};
const transfer = (view: Uint8Array) => void structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
type Resizable = ArrayBuffer & { resize(bytes: number): void };
const resizable = (bytes: number, most: number): Resizable =>
	new (ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable)(bytes, { maxByteLength: most });

describe('memory of the caller', () => {
	it.each([100, 60_000, 200_000])(
		'transferred while %i bytes are read into it: the call fails, the engine lives',
		async (bytes) => {
			await op.write('a', Buffer.alloc(bytes, 1));
			const reader = await op.reader('a');
			await reader.read(new Uint8Array(1));
			const into = new Uint8Array(bytes);
			const reading = reader.readAt(into, 0);
			transfer(into);
			expect((await rejection(reading)).code).toBe('ConfigInvalid');
			expect(await reader.readAt(new Uint8Array(10), 0)).toBe(10n);
			await reader.close();
		},
	);

	it('transferred while nothing is read into it, at the end of a file: the call fails all the same', async () => {
		await op.write('a', 'hello');
		const reader = await op.reader('a');
		await reader.read(new Uint8Array(1));
		const into = new Uint8Array(10);
		const reading = reader.readAt(into, 5);
		transfer(into);
		expect((await rejection(reading)).code).toBe('ConfigInvalid');
		await reader.close();
	});

	it('made smaller while it is read into: the call fails, the engine lives', async () => {
		await op.write('a', Buffer.alloc(60_000, 1));
		const reader = await op.reader('a');
		await reader.read(new Uint8Array(1));
		const memory = resizable(60_000, 60_000);
		const reading = reader.readAt(new Uint8Array(memory), 0);
		memory.resize(10);
		expect((await rejection(reading)).code).toBe('ConfigInvalid');
		await reader.close();
	});

	it('transferred before it is written: refused, and nothing is stored', async () => {
		const content = new Uint8Array(10);
		transfer(content);
		expect((await rejection(op.write('a', content))).code).toBe('ConfigInvalid');
		expect(await op.exists('a')).toBe(false);
		// What is empty is not transferred.
		expect((await op.write('a', new Uint8Array(0))).contentLength).toBe(0n);
	});

	it.each([0, 70_000])(
		'resized to %i bytes while the write waits in a layer: refused, and nothing is stored',
		async (bytes) => {
			const limited = op.layer(new ConcurrentLimitLayer(1).build());
			const first = limited.write('first', 'x');
			const memory = resizable(1000, 70_000);
			const writing = limited.write('a', new Uint8Array(memory));
			memory.resize(bytes);
			await first;
			expect((await rejection(writing)).code).toBe('ConfigInvalid');
			expect(await op.exists('a')).toBe(false);
		},
	);

	it('that only claims to be memory is refused', async () => {
		const claimed = Object.create(Uint8Array.prototype);
		expect((await rejection(op.write('a', claimed))).code).toBe('ConfigInvalid');
		const reader = await op.reader('a');
		expect((await rejection(reader.read(claimed))).code).toBe('ConfigInvalid');
	});
});

describe('streams', () => {
	it('that do not destroy themselves say that they have finished, and close when they are told to', async () => {
		const stream = (await op.writer('a')).createWriteStream({ autoDestroy: false });
		const finished = once(stream, 'finish');
		stream.end('content');
		await finished;
		expect(stream.destroyed).toBe(false);
		expect(await op.readText('a')).toBe('content');
		const closed = once(stream, 'close');
		stream.destroy();
		await closed;
		expect(await op.readText('a')).toBe('content');
	});
});

describe('options', () => {
	it('that throw when they are read are ConfigInvalid, with the error as the cause', async () => {
		const getter = Object.defineProperty({}, 'offset', { enumerable: true, get: thrower });
		for (const given of [
			getter,
			new Proxy({}, { ownKeys: thrower }),
			{ signal: Object.defineProperty({}, 'aborted', { get: thrower }) },
		]) {
			const error = await rejection(op.read('a', given));
			expect(error.code).toBe('ConfigInvalid');
			expect(error.cause).toMatchObject({ message: 'mine' });
		}
	});

	it('are shown without asking the value how', async () => {
		const value = { [inspect.custom]: thrower };
		expect((await rejection(op.read('a', { offset: value as never }))).code).toBe('ConfigInvalid');
	});

	it('are shown in part when they are long', () => {
		const long = 'x'.repeat(100_000);
		for (const make of [
			() => new Operator(long),
			() => Operator.fromUri(long),
			() => new Operator('memory', { [long]: 1 }),
		]) {
			expect(refusal(make).message.length).toBeLessThan(1000);
		}
	});

	it('are looked at after the path', async () => {
		expect((await rejection(op.blob(Symbol('path') as never, 5 as never))).code).toBe('InvalidPath');
	});

	it('of a chunk that no memory holds are refused', async () => {
		expect((await rejection(op.reader('a', { chunk: 2 ** 40 }))).message).toContain("'chunk'");
	});
});
