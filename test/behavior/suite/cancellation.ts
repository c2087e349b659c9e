import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeScene, describeTopic, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

type Attempt = (scene: Scene, directory: string, signal: AbortSignal) => Promise<unknown>;

/** Every method; in the directory stands `file`, and the directory `empty/`. */
const attempts: Readonly<Record<string, Attempt>> = {
	stat: ({ calls }, at, signal) => calls.stat(`${at}/file`, { signal }),
	check: ({ calls }, _, signal) => calls.check({ signal }),
	exists: ({ calls }, at, signal) => calls.exists(`${at}/file`, { signal }),
	createDir: ({ calls }, at, signal) => calls.createDir(`${at}/new/`, { signal }),
	read: ({ calls }, at, signal) => calls.read(`${at}/file`, { signal }),
	reader: async ({ calls }, at, signal) => (await calls.reader(`${at}/file`, { signal })).read(Buffer.alloc(10)),
	write: ({ calls }, at, signal) => calls.write(`${at}/new`, 'x', { signal }),
	'write over a file': ({ calls }, at, signal) => calls.write(`${at}/file`, 'x', { signal }),
	'write with append': ({ calls }, at, signal) => calls.write(`${at}/file`, 'x', { append: true, signal }),
	writer: async ({ calls }, at, signal) => (await calls.writer(`${at}/file`, { signal })).close(),
	copy: ({ calls }, at, signal) => calls.copy(`${at}/file`, `${at}/new`, { signal }),
	rename: ({ calls }, at, signal) => calls.rename(`${at}/file`, `${at}/new`, { signal }),
	delete: ({ calls }, at, signal) => calls.delete(`${at}/file`, { signal }),
	remove: ({ calls }, at, signal) => calls.remove([`${at}/file`, `${at}/empty/`], { signal }),
	removeAll: ({ calls }, at, signal) => calls.removeAll(`${at}/`, { signal }),
	list: ({ calls }, at, signal) => calls.list(`${at}/`, { signal }),
	lister: async ({ calls }, at, signal) => (await calls.lister(`${at}/`, { signal })).next(),
};

/** `signal`: what it stops, and what it must not harm. */
export function cancellationBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'signal', (scene) => {
		for (const [method, attempt] of Object.entries(attempts)) {
			it(`${method} with an aborted signal says Cancelled, and does nothing`, async () => {
				const directory = await directoryOf(scene);
				const controller = new AbortController();
				controller.abort();
				const error = await expectCode(attempt(scene, directory, controller.signal), 'Cancelled');
				expect(error.retryable).toBeTypeOf('boolean');
				await expectUntouched(scene, directory);
			});

			it(`${method} with a signal that nobody aborts works, and leaves no listener behind when it is done`, async () => {
				const directory = await directoryOf(scene);
				const { signal } = new AbortController();
				await attempt(scene, directory, signal);
				// A reader or lister that is still open may listen as long as it likes.
				if (method !== 'reader' && method !== 'lister') expect(getEventListeners(signal, 'abort')).toEqual([]);
			});
		}
	});

	describeScene(service, 'signal in flight', 'async', (scene) => {
		it('cancels its call at once, and harms no other', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(3_000_000);
			await scene.op.write(path, content);
			const calls = Array.from({ length: 20 }, () => {
				const controller = new AbortController();
				return { controller, call: scene.op.read(path, { signal: controller.signal }) };
			});
			const outcomes = calls.map(({ call }, index) =>
				index % 2 === 0 ? expectCode(call, 'Cancelled') : call.then((bytes) => expectBytes(bytes, content)),
			);
			for (const [index, { controller }] of calls.entries()) if (index % 2 === 0) controller.abort();
			await Promise.all(outcomes);
			expectBytes(await scene.op.read(path), content);
		});

		it('of one controller cancels all calls that carry it, and only those', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.op.write(path, 'content');
			const controller = new AbortController();
			const cancelled = Array.from({ length: 50 }, () => scene.op.read(path, { signal: controller.signal }));
			const others = Array.from({ length: 50 }, () => scene.op.read(path));
			const outcomes = cancelled.map((call) => expectCode(call, 'Cancelled'));
			controller.abort();
			await Promise.all(outcomes);
			for (const bytes of await Promise.all(others)) expectBytes(bytes, 'content');
			expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
		});

		it('leaves the old or the new content of a file, whole, and no other name', async () => {
			const directory = scene.fresh();
			const [before, after] = [patternBytes(2_500_000, 1), patternBytes(3_000_000, 2)];
			await scene.op.write(`${directory}/file`, before);
			for (let turns = 0; turns < 12; turns++) {
				const controller = new AbortController();
				const call = scene.op.write(`${directory}/file`, after, { signal: controller.signal });
				const outcome = call.then(
					() => 'written',
					(error: unknown) => expectCode(Promise.reject(error), 'Cancelled'),
				);
				for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
				controller.abort();
				await outcome;
				// A call behind it on the same path is not harmed, and sees one of the two.
				const bytes = await scene.op.read(`${directory}/file`);
				expectBytes(bytes, bytes.length === before.length ? before : after);
			}
			const { outside } = scene;
			expect(pathsOf(await scene.op.list(`${directory}/`))).toEqual([`${directory}/`, `${directory}/file`]);
			// The engine finishes or undoes a cancelled write after its caller has been answered.
			if (outside !== null) await expect.poll(() => outside.names(directory)).toEqual(['file']);
		});

		it('leaves a new file absent or whole', async () => {
			const directory = scene.fresh();
			await scene.op.createDir(`${directory}/`);
			const content = patternBytes(3_000_000);
			for (let turns = 0; turns < 12; turns++) {
				const path = `${directory}/${turns}`;
				const controller = new AbortController();
				const call = scene.op.write(path, content, { signal: controller.signal });
				const outcome = call.catch((error: unknown) => expectCode(Promise.reject(error), 'Cancelled'));
				for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
				controller.abort();
				await outcome;
				if (await scene.op.exists(path)) expectBytes(await scene.op.read(path), content);
			}
		});

		it('aborted after the call has settled changes nothing', async () => {
			const path = `${scene.fresh()}/file`;
			const controller = new AbortController();
			await scene.op.write(path, 'content', { signal: controller.signal });
			const bytes = await scene.op.read(path, { signal: controller.signal });
			controller.abort();
			await new Promise(setImmediate);
			expectBytes(bytes, 'content');
			expectBytes(await scene.op.read(path), 'content');
		});

		it('aborted for 1,000 calls, more than there is room for at once, leaves room for others', async () => {
			const path = `${scene.fresh()}/file`;
			const content = patternBytes(100_000);
			await scene.op.write(path, content);
			const controller = new AbortController();
			const calls = Array.from({ length: 1000 }, () => scene.op.read(path, { signal: controller.signal }));
			const outcomes = calls.map((call) => expectCode(call, 'Cancelled'));
			controller.abort();
			await Promise.all(outcomes);
			const others = await Promise.all(Array.from({ length: 100 }, () => scene.op.read(path)));
			for (const bytes of others) expectBytes(bytes, content);
		});
	});
}

async function directoryOf(scene: Scene): Promise<string> {
	const directory = scene.fresh();
	await scene.op.write(`${directory}/file`, 'content');
	await scene.op.createDir(`${directory}/empty/`);
	return directory;
}

async function expectUntouched(scene: Scene, directory: string): Promise<void> {
	const paths = ['', 'empty/', 'file'].map((name) => `${directory}/${name}`);
	expect(pathsOf(await scene.op.list(`${directory}/`, { recursive: true }))).toEqual(paths);
	expectBytes(await scene.op.read(`${directory}/file`), 'content');
}
