import { expect, it } from 'vitest';
import { expectBytes, expectCode } from '../expectations.js';
import { type CapabilityName, describeTopic, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const PAST = '2001-01-01T00:00:00Z';
const FUTURE = '2101-01-01T00:00:00Z';

interface Conditions {
	ifMatch?: string;
	ifNoneMatch?: string;
	ifModifiedSince?: string;
	ifUnmodifiedSince?: string;
}

type Attempt = (scene: Scene, path: string, conditions: Conditions) => Promise<unknown>;

const readers: Readonly<Record<'stat' | 'read' | 'reader', Attempt>> = {
	stat: ({ calls }, path, conditions) => calls.stat(path, conditions),
	read: ({ calls }, path, conditions) => calls.read(path, conditions),
	// A reader may look at its conditions when it opens or when it reads first.
	reader: async ({ calls }, path, conditions) => (await calls.reader(path, conditions)).read(Buffer.alloc(100)),
};

/** Conditions on reads and writes, where they are declared. */
export function conditionBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'conditions', (scene) => {
		for (const [method, attempt] of Object.entries(readers)) {
			const prefix = method === 'stat' ? 'statWith' : 'readWith';
			const capability = (name: string): CapabilityName => `${prefix}${name}` as CapabilityName;

			it(`${method} with ifMatch wants the etag of the file`, async () => {
				const { path, etag } = await fileOf(scene);
				if (await scene.lacks(capability('IfMatch'), () => attempt(scene, path, { ifMatch: etag }))) return;
				await attempt(scene, path, { ifMatch: etag });
				await attempt(scene, path, { ifMatch: '*' });
				await expectCode(attempt(scene, path, { ifMatch: '"another etag"' }), 'ConditionNotMatch');
				await scene.op.write(path, 'replaced');
				await expectCode(attempt(scene, path, { ifMatch: etag }), 'ConditionNotMatch');
			});

			it(`${method} with ifNoneMatch wants another etag`, async () => {
				const { path, etag } = await fileOf(scene);
				if (await scene.lacks(capability('IfNoneMatch'), () => attempt(scene, path, { ifNoneMatch: etag }))) return;
				await expectCode(attempt(scene, path, { ifNoneMatch: etag }), 'ConditionNotMatch');
				await attempt(scene, path, { ifNoneMatch: '"another etag"' });
				await scene.op.write(path, 'replaced');
				await attempt(scene, path, { ifNoneMatch: etag });
			});

			it(`${method} with ifModifiedSince wants a later change`, async () => {
				const { path } = await fileOf(scene);
				const since = (ifModifiedSince: string): Promise<unknown> => attempt(scene, path, { ifModifiedSince });
				if (await scene.lacks(capability('IfModifiedSince'), () => since(PAST))) return;
				await since(PAST);
				await expectCode(since(FUTURE), 'ConditionNotMatch');
			});

			it(`${method} with ifUnmodifiedSince wants no later change`, async () => {
				const { path } = await fileOf(scene);
				const since = (ifUnmodifiedSince: string): Promise<unknown> => attempt(scene, path, { ifUnmodifiedSince });
				if (await scene.lacks(capability('IfUnmodifiedSince'), () => since(FUTURE))) return;
				await since(FUTURE);
				await expectCode(since(PAST), 'ConditionNotMatch');
			});

			it(`${method} with conditions says NotFound for a missing file`, async () => {
				const path = `${scene.fresh()}/missing`;
				const find = (): Promise<unknown> => attempt(scene, path, { ifMatch: '"any etag"' });
				if (await scene.lacks(capability('IfMatch'), find)) return;
				await expectCode(find(), 'NotFound');
			});
		}

		it('an etag is the same until the content is replaced, and then another, even for equal content', async () => {
			const { path, etag } = await fileOf(scene);
			if (!scene.declares('statWithIfMatch')) return;
			const etags = new Set([etag]);
			expect((await scene.calls.stat(path)).etag).toBe(etag);
			for (let round = 0; round < 20; round++) {
				const { etag: replaced } = await scene.calls.write(path, 'content');
				expect(etags.has(replaced ?? ''), `etag ${replaced} of round ${round} was there before`).toBe(false);
				etags.add(replaced ?? '');
			}
		});

		it('write with ifMatch replaces only the content that was seen', async () => {
			const { path, etag } = await fileOf(scene);
			const write = (ifMatch: string): Promise<unknown> => scene.calls.write(path, 'new', { ifMatch });
			if (await scene.lacks('writeWithIfMatch', () => write(etag))) return;
			await expectCode(write('"another etag"'), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'content');
			await write(etag);
			expectBytes(await scene.op.read(path), 'new');
			await expectCode(write(etag), 'ConditionNotMatch');
		});

		it('write with ifMatch makes no missing file', async () => {
			const path = `${scene.fresh()}/missing`;
			const write = (): Promise<unknown> => scene.calls.write(path, 'new', { ifMatch: '"any etag"' });
			if (await scene.lacks('writeWithIfMatch', write)) return;
			await expectCode(write(), 'ConditionNotMatch', 'NotFound');
			expect(await scene.op.exists(path)).toBe(false);
		});

		it('write with ifNoneMatch: * makes a missing file and replaces none', async () => {
			const { path } = await fileOf(scene);
			const write = (to: string): Promise<unknown> => scene.calls.write(to, 'new', { ifNoneMatch: '*' });
			if (await scene.lacks('writeWithIfNoneMatch', () => write(path))) return;
			await expectCode(write(path), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'content');
			await write(`${path}-new`);
			expectBytes(await scene.op.read(`${path}-new`), 'new');
		});

		it('write with ifNoneMatch replaces any content but that one', async () => {
			const { path, etag } = await fileOf(scene);
			const write = (ifNoneMatch: string): Promise<unknown> => scene.calls.write(path, 'new', { ifNoneMatch });
			if (await scene.lacks('writeWithIfNoneMatch', () => write(etag))) return;
			await expectCode(write(etag), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'content');
			await write('"another etag"');
			expectBytes(await scene.op.read(path), 'new');
		});

		it('write with ifUnmodifiedSince replaces what has not changed after that time, and makes what is missing', async () => {
			const { path, before, after } = await agedFileOf(scene);
			const write = (to: string, time: Date): Promise<unknown> =>
				scene.calls.write(to, 'new', { ifUnmodifiedSince: time });
			if (await scene.lacks('writeWithIfUnmodifiedSince', () => write(path, after))) return;
			await expectCode(write(path, before), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'content');
			await write(path, after);
			expectBytes(await scene.op.read(path), 'new');
			await write(`${path}-new`, before);
			expectBytes(await scene.op.read(`${path}-new`), 'new');
		});

		it('write with ifModifiedSince replaces what has changed after that time, and makes what is missing', async () => {
			const { path, before, after } = await agedFileOf(scene);
			const write = (to: string, time: Date): Promise<unknown> =>
				scene.calls.write(to, 'new', { ifModifiedSince: time });
			if (await scene.lacks('writeWithIfModifiedSince', () => write(path, after))) return;
			await expectCode(write(path, after), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'content');
			await write(path, before);
			expectBytes(await scene.op.read(path), 'new');
			await write(`${path}-new`, after);
			expectBytes(await scene.op.read(`${path}-new`), 'new');
		});

		it('a writer with ifUnmodifiedSince replaces nothing that changed after that time', async () => {
			const { path, before, after } = await agedFileOf(scene);
			const options = (time: Date) => ({ ifUnmodifiedSince: time });
			const write = async (time: Date): Promise<void> => {
				const writer = await scene.calls.writer(path, options(time));
				await writer.write('new');
				await writer.close();
			};
			if (await scene.lacks('writeWithIfUnmodifiedSince', () => scene.calls.writer(path, options(after)))) return;
			await expectCode(write(before), 'ConditionNotMatch');
			expectBytes(await scene.op.read(path), 'content');
			await write(after);
			expectBytes(await scene.op.read(path), 'new');
		});
	});
}

/** A file, and times a minute before and after its last change. */
async function agedFileOf(scene: Scene): Promise<{ path: string; before: Date; after: Date }> {
	const path = `${scene.fresh()}/file`;
	await scene.op.write(path, 'content');
	const { lastModified } = await scene.op.stat(path);
	const changedMs = lastModified === null ? Date.now() : Date.parse(lastModified);
	return { path, before: new Date(changedMs - 60_000), after: new Date(changedMs + 60_000) };
}

async function fileOf(scene: Scene): Promise<{ path: string; etag: string }> {
	const path = `${scene.fresh()}/file`;
	const { etag } = await scene.op.write(path, 'content');
	return { path, etag: etag ?? '"no etag"' };
}
