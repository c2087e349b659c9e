import {
	CapabilityOverrideLayer,
	ConcurrentLimitLayer,
	LoggingLayer,
	layers,
	Operator,
	RetryLayer,
	ThrottleLayer,
	TimeoutLayer,
} from 'holdfast';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { callsOf } from '../calls.js';
import { expectBytes, expectCode } from '../expectations.js';
import { describeTopic } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const layerClasses = {
	RetryLayer,
	ConcurrentLimitLayer,
	TimeoutLayer,
	LoggingLayer,
	ThrottleLayer,
	CapabilityOverrideLayer,
};
type LayerName = keyof typeof layerClasses;
const layerNames = Object.keys(layerClasses) as LayerName[];

type Built = Parameters<Operator['layer']>[0];

const built: Readonly<Record<LayerName, () => Built>> = {
	RetryLayer: () => {
		const layer = new RetryLayer();
		layer.maxTimes = 3;
		layer.factor = 2;
		layer.jitter = true;
		layer.minDelay = 10;
		layer.maxDelay = 1000;
		return layer.build();
	},
	ConcurrentLimitLayer: () => new ConcurrentLimitLayer(4).build(),
	TimeoutLayer: () => {
		const layer = new TimeoutLayer();
		layer.timeout = 60_000;
		layer.ioTimeout = 60_000;
		return layer.build();
	},
	LoggingLayer: () => new LoggingLayer().build(),
	ThrottleLayer: () => new ThrottleLayer(1 << 30, 1 << 30).build(),
	CapabilityOverrideLayer: () => new CapabilityOverrideLayer('presign=false').build(),
};

/** `layer`: a layered operator means what the bare one means. What each layer adds has tests of its own. */
export function layerBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'layers', (scene) => {
		for (const name of layerNames) {
			it(`${name} is exported by name and under layers`, () => {
				expect(layerClasses[name]).toBeTypeOf('function');
				expect(layers[name]).toBe(layerClasses[name]);
			});

			it(`an operator with ${name} works and fails as the bare one does`, async () => {
				const directory = scene.fresh();
				const op = scene.op.layer(built[name]());
				expect(op).toBeInstanceOf(Operator);
				const calls = callsOf(op, scene.flavour);
				const content = patternBytes(100_000);
				await calls.write(`${directory}/file`, content);
				expectBytes(await calls.read(`${directory}/file`), content);
				expectBytes(await scene.calls.read(`${directory}/file`), content);
				const writer = await calls.writer(`${directory}/written`);
				await writer.write('x');
				await writer.close();
				const buffer = Buffer.alloc(1);
				expect(await (await calls.reader(`${directory}/written`)).read(buffer)).toBe(1n);
				expect(await (await calls.lister(`${directory}/`)).rest()).toHaveLength(3);
				await expectCode(calls.read(`${directory}/missing`), 'NotFound');
				await expectCode(calls.read('..'), 'InvalidPath');
			});

			it(`an operator with ${name} serves 50 calls at once`, async () => {
				const directory = scene.fresh();
				const calls = callsOf(scene.op.layer(built[name]()), scene.flavour);
				const paths = Array.from({ length: 50 }, (_, index) => `${directory}/${index}`);
				await Promise.all(paths.map((path) => calls.write(path, path)));
				const read = await Promise.all(paths.map((path) => calls.read(path)));
				for (const [index, bytes] of read.entries()) expectBytes(bytes, paths[index]);
			});
		}

		it('go on top of one another', async () => {
			let { op } = scene;
			for (const name of layerNames) op = op.layer(built[name]());
			const calls = callsOf(op, scene.flavour);
			const path = `${scene.fresh()}/file`;
			await calls.write(path, 'content');
			expectBytes(await calls.read(path), 'content');
		});

		it('CapabilityOverrideLayer takes a capability away, and the call is then refused', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'content');
			const layer = new CapabilityOverrideLayer('copy=false,write_can_append=false');
			const op = scene.op.layer(layer.build());
			const calls = callsOf(op, scene.flavour);
			expect(op.capability().copy).toBe(false);
			expect(op.capability().writeCanAppend).toBe(false);
			expect(op.capability().read).toBe(true);
			await expectCode(calls.copy(path, `${path}-copy`), 'Unsupported');
			await expectCode(calls.write(path, 'x', { append: true }), 'Unsupported');
			expectBytes(await calls.read(path), 'content');
			expect(scene.op.capability().copy, 'of the operator below').toBe(true);
		});
	});
}
