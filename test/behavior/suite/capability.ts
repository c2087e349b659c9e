import { expect, it } from 'vitest';
import { expectBytes, expectCode } from '../expectations.js';
import { type CapabilityName, describeTopic, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

interface OptionCase {
	readonly option: Record<string, unknown>;
	readonly capability: CapabilityName;
}

const etag = '"an etag"';
const time = '2020-01-01T00:00:00Z';

const statOptions: readonly OptionCase[] = [
	{ option: { version: '1' }, capability: 'statWithVersion' },
	{ option: { ifMatch: etag }, capability: 'statWithIfMatch' },
	{ option: { ifNoneMatch: etag }, capability: 'statWithIfNoneMatch' },
	{ option: { ifModifiedSince: time }, capability: 'statWithIfModifiedSince' },
	{ option: { ifUnmodifiedSince: time }, capability: 'statWithIfUnmodifiedSince' },
	{ option: { overrideContentType: 'text/plain' }, capability: 'statWithOverrideContentType' },
	{ option: { overrideCacheControl: 'no-store' }, capability: 'statWithOverrideCacheControl' },
	{ option: { overrideContentDisposition: 'inline' }, capability: 'statWithOverrideContentDisposition' },
];

const readerOptions: readonly OptionCase[] = [
	{ option: { version: '1' }, capability: 'readWithVersion' },
	{ option: { ifMatch: etag }, capability: 'readWithIfMatch' },
	{ option: { ifNoneMatch: etag }, capability: 'readWithIfNoneMatch' },
	{ option: { ifModifiedSince: time }, capability: 'readWithIfModifiedSince' },
	{ option: { ifUnmodifiedSince: time }, capability: 'readWithIfUnmodifiedSince' },
];

const readOptions: readonly OptionCase[] = [
	...readerOptions,
	{ option: { contentType: 'text/plain' }, capability: 'readWithOverrideContentType' },
	{ option: { cacheControl: 'no-store' }, capability: 'readWithOverrideCacheControl' },
	{ option: { contentDisposition: 'inline' }, capability: 'readWithOverrideContentDisposition' },
];

const writeOptions: readonly OptionCase[] = [
	{ option: { append: true }, capability: 'writeCanAppend' },
	{ option: { ifNotExists: true }, capability: 'writeWithIfNotExists' },
	{ option: { ifMatch: etag }, capability: 'writeWithIfMatch' },
	{ option: { ifNoneMatch: etag }, capability: 'writeWithIfNoneMatch' },
	{ option: { ifModifiedSince: time }, capability: 'writeWithIfModifiedSince' },
	{ option: { ifUnmodifiedSince: time }, capability: 'writeWithIfUnmodifiedSince' },
	{ option: { contentType: 'text/plain' }, capability: 'writeWithContentType' },
	{ option: { contentDisposition: 'inline' }, capability: 'writeWithContentDisposition' },
	{ option: { cacheControl: 'no-store' }, capability: 'writeWithCacheControl' },
	{ option: { contentEncoding: 'gzip' }, capability: 'writeWithContentEncoding' },
	{ option: { userMetadata: { key: 'value' } }, capability: 'writeWithUserMetadata' },
];

const listOptions: readonly OptionCase[] = [
	{ option: { versions: true }, capability: 'listWithVersions' },
	{ option: { deleted: true }, capability: 'listWithDeleted' },
	{ option: { limit: 1 }, capability: 'listWithLimit' },
	{ option: { startAfter: 'a' }, capability: 'listWithStartAfter' },
	{ option: { recursive: true }, capability: 'listWithRecursive' },
];

const deleteOptions: readonly OptionCase[] = [{ option: { version: '1' }, capability: 'deleteWithVersion' }];

type Attempt = (scene: Scene, path: string, option: object) => Promise<unknown>;

const methods: readonly { name: string; attempt: Attempt; options: readonly OptionCase[] }[] = [
	{ name: 'stat', attempt: ({ calls }, path, option) => calls.stat(path, option), options: statOptions },
	{ name: 'read', attempt: ({ calls }, path, option) => calls.read(path, option), options: readOptions },
	{ name: 'reader', attempt: ({ calls }, path, option) => calls.reader(path, option), options: readerOptions },
	{ name: 'write', attempt: ({ calls }, path, option) => calls.write(path, 'new', option), options: writeOptions },
	{ name: 'writer', attempt: ({ calls }, path, option) => calls.writer(path, option), options: writeOptions },
	{ name: 'delete', attempt: ({ calls }, path, option) => calls.delete(path, option), options: deleteOptions },
	{ name: 'list', attempt: ({ calls }, path, option) => calls.list(path, option), options: listOptions },
	{ name: 'lister', attempt: ({ calls }, path, option) => calls.lister(path, option), options: listOptions },
];

/** An option that is not declared is refused and changes nothing; content metadata that is declared comes back. */
export function capabilityBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'options', (scene) => {
		for (const { name, attempt, options } of methods) {
			for (const { option, capability } of options) {
				it(`${name} with ${JSON.stringify(option)} says Unsupported unless ${capability} is declared`, async () => {
					if (scene.declares(capability)) return;
					const path = `${scene.fresh()}/file`;
					await scene.op.write(path, 'old');
					const error = await expectCode(attempt(scene, path, option), 'Unsupported');
					expect(error.message, 'the message names the option').toContain(Object.keys(option)[0]);
					expect(error.retryable).toBe(false);
					expectBytes(await scene.op.read(path), 'old');
				});
			}

			it(`${name} refuses an option that nobody knows`, async () => {
				const path = `${scene.fresh()}/file`;
				await scene.op.write(path, 'old');
				const unknown = { nonsense: 1 };
				const error = await expectCode(attempt(scene, path, unknown), 'Unsupported', 'ConfigInvalid');
				expect(error.message).toContain('nonsense');
				expectBytes(await scene.op.read(path), 'old');
			});

			it(`${name} takes options that are undefined for absent`, async () => {
				const path = `${scene.fresh()}/file`;
				await scene.op.write(path, 'old');
				const absent = Object.fromEntries(
					options.flatMap(({ option }) => Object.keys(option).map((key) => [key, undefined])),
				);
				await attempt(scene, path, absent);
			});
		}

		for (const [key, capability] of [
			['contentType', 'writeWithContentType'],
			['contentDisposition', 'writeWithContentDisposition'],
			['cacheControl', 'writeWithCacheControl'],
			['contentEncoding', 'writeWithContentEncoding'],
		] as const) {
			it(`write with ${key} keeps it for stat where ${capability} is declared`, async () => {
				if (!scene.declares(capability)) return;
				const path = `${scene.fresh()}/file`;
				const written = await scene.calls.write(path, 'x', { [key]: 'some/value' });
				expect(written[key]).toBe('some/value');
				expect((await scene.calls.stat(path))[key]).toBe('some/value');
			});
		}

		it('write with userMetadata keeps it for stat where writeWithUserMetadata is declared', async () => {
			if (!scene.declares('writeWithUserMetadata')) return;
			const path = `${scene.fresh()}/file`;
			await scene.calls.write(path, 'x', { userMetadata: { colour: 'blue' } });
			expect((await scene.calls.stat(path)).userMetadata).toEqual({ colour: 'blue' });
		});
	});
}
