import * as holdfast from 'holdfast';
import { expect, it } from 'vitest';
import { expectBytes, expectCode } from '../expectations.js';
import { describeScene, describeTopic } from '../scene.js';
import type { Opened, ServiceUnderTest } from '../service.js';

const twins = [
	...['stat', 'check', 'exists', 'createDir', 'read', 'reader', 'write', 'writer'],
	...['copy', 'rename', 'delete', 'remove', 'removeAll', 'list', 'lister'],
];
const presigns = ['presignRead', 'presignWrite', 'presignStat', 'presignDelete'] as const;

const flagCapabilities = [
	...['stat', 'statWithIfMatch', 'statWithIfNoneMatch', 'statWithIfModifiedSince', 'statWithIfUnmodifiedSince'],
	...['statWithVersion', 'statWithOverrideContentType', 'statWithOverrideCacheControl'],
	...['statWithOverrideContentDisposition', 'read', 'readWithVersion', 'readWithIfModifiedSince'],
	...['readWithIfUnmodifiedSince', 'readWithIfMatch', 'readWithIfNoneMatch', 'readWithOverrideCacheControl'],
	...['readWithOverrideContentDisposition', 'readWithOverrideContentType', 'write', 'writeCanMulti', 'writeCanEmpty'],
	...['writeCanAppend', 'writeWithContentType', 'writeWithContentDisposition', 'writeWithCacheControl'],
	...['writeWithContentEncoding', 'writeWithUserMetadata', 'writeWithIfMatch', 'writeWithIfNoneMatch'],
	...[
		'writeWithIfModifiedSince',
		'writeWithIfUnmodifiedSince',
		'writeWithIfNotExists',
		'createDir',
		'delete',
		'deleteWithVersion',
		'copy',
		'rename',
		'list',
		'listWithLimit',
	],
	...['listWithStartAfter', 'listWithRecursive', 'listWithVersions', 'listWithDeleted', 'presign', 'presignRead'],
	...['presignStat', 'presignWrite', 'presignDelete', 'shared'],
];
const sizeCapabilities = ['writeMultiMaxSize', 'writeMultiMinSize', 'writeTotalMaxSize'];

/** The names that opendal's users know, and those that are ours. */
export function surfaceBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'surface', (scene) => {
		it('Operator has every method and its twin', () => {
			const op = scene.op as unknown as Record<string, unknown>;
			for (const name of twins) {
				expect(op[name], name).toBeTypeOf('function');
				expect(op[`${name}Sync`], `${name}Sync`).toBeTypeOf('function');
			}
			for (const name of ['capability', 'layer', 'close', ...presigns]) expect(op[name], name).toBeTypeOf('function');
		});

		it('EntryMode has the numbers of opendal', () => {
			expect([holdfast.EntryMode.FILE, holdfast.EntryMode.DIR, holdfast.EntryMode.Unknown]).toEqual([0, 1, 2]);
		});

		it('capability() answers every question with yes or no, and every size with a bigint or null', () => {
			const capability = scene.op.capability() as unknown as Record<string, unknown>;
			for (const name of flagCapabilities) expect(capability[name], name).toBeTypeOf('boolean');
			for (const name of sizeCapabilities) {
				const size = capability[name];
				expect(size === null || typeof size === 'bigint', `${name} is ${String(size)}`).toBe(true);
			}
		});

		it('capability() declares what no service here does without', () => {
			const basic = ['stat', 'read', 'write', 'writeCanMulti', 'writeCanEmpty', 'createDir', 'delete', 'list'] as const;
			for (const name of basic) expect(scene.declares(name), name).toBe(true);
		});

		it('metadata of a file has every getter', async () => {
			const path = `${scene.fresh()}/file`;
			await scene.calls.write(path, 'x');
			const metadata = await scene.calls.stat(path);
			expect(metadata).toBeInstanceOf(holdfast.Metadata);
			expect(metadata.contentLength).toBeTypeOf('bigint');
			const texts = ['lastModified', 'etag', 'version', 'contentType', 'contentMd5'] as const;
			const more = ['cacheControl', 'contentDisposition', 'contentEncoding'] as const;
			for (const name of [...texts, ...more]) {
				const value = metadata[name];
				expect(value === null || typeof value === 'string', `${name} is ${String(value)}`).toBe(true);
			}
		});

		it('handles are of the classes that carry their names', async () => {
			const { op } = scene;
			const path = `${scene.fresh()}/file`;
			await op.write(path, 'x');
			expect((await op.list(path))[0]).toBeInstanceOf(holdfast.Entry);
			expect(await op.reader(path)).toBeInstanceOf(holdfast.Reader);
			expect(op.readerSync(path)).toBeInstanceOf(holdfast.BlockingReader);
			expect(await op.lister('/')).toBeInstanceOf(holdfast.Lister);
			expect(op.listerSync('/')).toBeInstanceOf(holdfast.BlockingLister);
			const [writer, blocking] = [await op.writer(path), op.writerSync(path)];
			expect(writer).toBeInstanceOf(holdfast.Writer);
			expect(blocking).toBeInstanceOf(holdfast.BlockingWriter);
			await writer.abort();
			blocking.abort();
		});

		it('Operator.fromUri() opens the same service', async () => {
			const opened = await service.openUri();
			try {
				await opened.op.write('deep/file', 'content');
				expectBytes(opened.op.readSync('deep/file'), 'content');
				if (opened.outside !== null) expectBytes(opened.outside.read('deep/file'), 'content');
			} finally {
				await opened.dispose();
			}
		});
	});

	describeScene(service, 'Operator.presign…()', 'async', (scene) => {
		for (const method of presigns) {
			it(`${method} gives a request, or says Unsupported where the service has no URLs`, async () => {
				await scene.op.write('file', 'x');
				if (await scene.lacks(method, () => scene.op[method]('file', 60))) return;
				expect((await scene.op[method]('file', 60)).url).toMatch(/^https?:/);
			});
		}
	});

	describeScene(service, 'new Operator()', 'async', (scene) => {
		it('takes numbers and strings for its options', async () => {
			for (const options of [
				{ workers: 1, ringEntries: 64 },
				{ workers: '2', ringEntries: '128' },
			]) {
				const opened = await service.open(options);
				try {
					await opened.op.write('file', 'content');
					expectBytes(await opened.op.read('file'), 'content');
				} finally {
					await opened.dispose();
				}
			}
		});

		for (const [option, value] of [
			['workers', 0],
			['workers', -1],
			['workers', 1.5],
			['workers', 'many'],
			['workers', Number.NaN],
			['ringEntries', 1000],
			['ringEntries', 0],
			['nonsense', 1],
		] as const) {
			it(`says ConfigInvalid for ${option} of ${JSON.stringify(value)}, and names the option`, async () => {
				const error = await expectCode(closeAtOnce(service.open({ [option]: value })), 'ConfigInvalid');
				expect(error.message).toContain(option);
			});
		}

		it('says ConfigInvalid for a scheme that nobody knows', async () => {
			const open = async (): Promise<unknown> => new holdfast.Operator('no-such-scheme');
			const error = await expectCode(open(), 'ConfigInvalid');
			expect(error.message).toContain('no-such-scheme');
		});

		it('says ConfigInvalid for an empty root where there is a root, and makes one that is missing', async ({
			skip,
		}) => {
			if (scene.opened.root === null) return skip('this service has no root');
			await expectCode(closeAtOnce(service.open({ root: '' })), 'ConfigInvalid');
			await scene.op.check();
			expect(scene.outside?.exists('')).toBe(true);
		});
	});
}

/** Leaves nothing open when an opening that must fail succeeds. */
async function closeAtOnce(opening: Promise<Opened>): Promise<void> {
	await (await opening).dispose();
}
