import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode } from '../expectations.js';
import { describeTopic, Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

type Attempt = (scene: Scene) => Promise<unknown>;

const attempts: Readonly<Record<string, Attempt>> = {
	stat: ({ calls }) => calls.stat('file'),
	check: ({ calls }) => calls.check(),
	exists: ({ calls }) => calls.exists('file'),
	createDir: ({ calls }) => calls.createDir('new/'),
	read: ({ calls }) => calls.read('file'),
	reader: async ({ calls }) => (await calls.reader('file')).read(Buffer.alloc(10)),
	write: ({ calls }) => calls.write('new', 'x'),
	writer: async ({ calls }) => (await calls.writer('new')).close(),
	copy: ({ calls }) => calls.copy('file', 'new'),
	rename: ({ calls }) => calls.rename('file', 'new'),
	delete: ({ calls }) => calls.delete('file'),
	remove: ({ calls }) => calls.remove(['file']),
	removeAll: ({ calls }) => calls.removeAll('/'),
	list: ({ calls }) => calls.list('/'),
	lister: async ({ calls }) => (await calls.lister('/')).next(),
};

/** What is left of an operator that was closed: the code `Closed`, and nothing that hangs. */
export function closingBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'Operator.close()', (shared) => {
		/** Every case closes an operator of its own. */
		const withScene = async (run: (scene: Scene) => Promise<void>): Promise<void> => {
			const scene = new Scene(shared.flavour);
			await scene.open(service);
			try {
				await scene.op.write('file', 'content');
				await run(scene);
			} finally {
				await scene.close();
			}
		};

		it('makes every later call say Closed', () =>
			withScene(async (scene) => {
				await scene.op.close();
				for (const attempt of Object.values(attempts)) await expectCode(attempt(scene), 'Closed');
			}));

		it('can be called again', () =>
			withScene(async (scene) => {
				await scene.op.close();
				await scene.op.close();
				await Promise.all([scene.op.close(), scene.op.close()]);
			}));

		it('makes open readers, writers and listers say Closed', () =>
			withScene(async (scene) => {
				const { calls } = scene;
				const handles = {
					reader: await calls.reader('file'),
					writer: await calls.writer('new'),
					lister: await calls.lister('/'),
				};
				await handles.writer.write('x');
				await scene.op.close();
				await expectCode(handles.reader.read(Buffer.alloc(10)), 'Closed');
				await expectCode(handles.writer.close(), 'Closed');
				await expectCode(handles.lister.next(), 'Closed');
			}));

		it('settles every call in flight', () =>
			withScene(async (scene) => {
				const content = patternBytes(1_000_000);
				const calls = Array.from({ length: 40 }, (_, index) =>
					index % 2 === 0 ? scene.op.read('file') : scene.op.write(`new-${index}`, content),
				);
				const settled = Promise.allSettled(calls);
				await scene.op.close();
				for (const result of await settled) {
					if (result.status === 'rejected') await expectCode(Promise.reject(result.reason), 'Closed');
				}
			}));

		it('of one operator leaves another over the same content alone', ({ skip }) =>
			withScene(async (scene) => {
				const { again } = scene.opened;
				if (again === null) return skip('the content of this service belongs to one operator');
				const other = again();
				await scene.op.close();
				expectBytes(await other.read('file'), 'content');
				await other.write('after', 'x');
				expect(await other.exists('after')).toBe(true);
			}));

		it('is what `await using` does at the end of its block', () =>
			withScene(async (scene) => {
				await scene.op[Symbol.asyncDispose]();
				await expectCode(scene.calls.read('file'), 'Closed');
			}));
	});
}
