import { afterEach, describe, expect, test, vi } from 'vitest';
import { DescriptorTable } from '#host/wasi/descriptor-table';

const link = vi.hoisted(() => ({ self: '' as string | Error }));

vi.mock('node:fs', async (load) => {
	const original = await load<typeof import('node:fs')>();
	const readlinkSync = (path: string, options?: BufferEncoding) => {
		if (path !== '/proc/self') return original.readlinkSync(path, options);
		if (link.self instanceof Error) throw link.self;
		return link.self;
	};
	return { ...original, readlinkSync };
});

afterEach(() => vi.resetModules());

describe('openFiles', () => {
	async function open(): Promise<unknown> {
		const { openFiles } = await import('#host/wasi/node-files');
		const table = new DescriptorTable(new ArrayBuffer(DescriptorTable.bytes(2)), 0, 1);
		return openFiles({ table, epoch: new Int32Array(1), shared: undefined });
	}

	test('says what is missing on a platform without descriptor paths', async () => {
		link.self = Object.assign(new Error('none'), { code: 'ENOENT', errno: -2, syscall: 'readlink' });
		await expect(open()).rejects.toThrow(/needs Linux with \/proc.*memory service/);
		await expect(open()).rejects.toMatchObject({ code: 'Unsupported' });
	});

	test('goes by the process number that /proc has for this process', async () => {
		link.self = '4711';
		await open();
		const { descriptorPath } = await import('#host/wasi/descriptor-path');
		expect(descriptorPath(5)).toBe('/proc/4711/fd/5');
	});
});
