import { afterEach, describe, expect, it } from 'vitest';
import { FAULT_KIND_UNREACHABLE } from '#assembly/layout';
import { patternBytes } from '../behavior/bytes.js';
import { type Fault, Scene } from '../supervision/scene.js';
import { FAULT_ENGINE } from './harness.ts';

const content = patternBytes(3 * 2 ** 20 + 777);

let scene: Scene;
afterEach(() => scene.close());

async function open(service: 'fs' | 'memory', fault?: Fault, internals = {}): Promise<void> {
	scene = new Scene({ service }, fault, internals);
	await scene.op.write('large', content);
}

describe.each(['fs', 'memory'] as const)('%s: results that travel without a copy', (service) => {
	it('are private: memory of their own that can be transferred, for whoever awaits and whoever blocks', async () => {
		await open(service);
		const results = [await scene.op.read('large'), scene.op.readSync('large')];
		for (const result of results) {
			expect(result.equals(content)).toBe(true);
			expect(result.buffer).toBeInstanceOf(ArrayBuffer);
			expect(result.buffer.byteLength).toBe(content.length);
		}
		const [first, second] = results as [Buffer, Buffer];
		structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
		second.fill(0);
		expect(first.byteLength).toBe(0);
		expect((await scene.op.read('large')).equals(content)).toBe(true);
	});

	it('many at a time each get their own', async () => {
		await open(service);
		const offsets = Array.from({ length: 40 }, (_, index) => index * 1000);
		const results = await Promise.all(offsets.map((offset) => scene.op.read('large', { offset, size: 2 ** 20 })));
		for (const [index, result] of results.entries()) {
			const offset = offsets[index] as number;
			expect(result.equals(content.subarray(offset, offset + 2 ** 20))).toBe(true);
		}
	});

	it('that nobody waits for any more are let go', async () => {
		await open(service);
		const controllers = Array.from({ length: 10 }, () => new AbortController());
		const reads = controllers.map(({ signal }) => scene.op.read('large', { signal }).catch(() => undefined));
		for (const controller of controllers) controller.abort();
		await Promise.all(reads);
		expect((await scene.op.read('large')).equals(content)).toBe(true);
		expect(scene.op.readSync('large').equals(content)).toBe(true);
	});

	it.each([
		['throw', 'before'],
		['throw', 'after'],
		['exit', 'before'],
		['exit', 'after'],
	] as const)('a host that ends (%s) %s the sending: the read is repeated, awaited or blocked', async (how, when) => {
		await open(service, { call: 'parcel_send', how, when, once: true });
		expect((await scene.op.read('large')).equals(content)).toBe(true);
		await scene.close();
		await open(service, { call: 'parcel_send', how, when, once: true });
		expect(scene.op.readSync('large').equals(content)).toBe(true);
		expect(scene.pool.health().restarts).toBe(1);
	});

	it('traps between many of them: each is whole', async () => {
		await open(service, undefined, { modulePath: FAULT_ENGINE });
		for (let round = 0; round < 3; round++) {
			const reads = Array.from({ length: 10 }, () => scene.op.read('large'));
			const trap = scene.pool.submit(scene.fault(FAULT_KIND_UNREACHABLE)).catch(() => undefined);
			const settled = await Promise.allSettled(reads);
			await trap;
			for (const result of settled) {
				if (result.status === 'fulfilled') expect(result.value.equals(content)).toBe(true);
				else expect(result.reason.code).toBe('EngineTrapped');
			}
			expect(settled.some(({ status }) => status === 'fulfilled')).toBe(true);
		}
	});
});
