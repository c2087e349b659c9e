import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { openFiles } from '#host/wasi/node-files';

vi.mock('node:fs', async (load) => {
	const original = await load<typeof import('node:fs')>();
	return { ...original, existsSync: vi.fn(original.existsSync) };
});

test('openFiles says what is missing on a platform without descriptor paths', () => {
	const table = new DescriptorTable(new ArrayBuffer(DescriptorTable.bytes(2)), 0, 1);
	const context = { table, epoch: new Int32Array(1), shared: undefined };
	vi.mocked(existsSync).mockImplementation((path) => !String(path).startsWith('/proc'));
	expect(() => openFiles(context)).toThrow(/needs Linux with \/proc\/self\/fd.*memory service/);
	expect(() => openFiles(context)).toThrow(expect.objectContaining({ code: 'Unsupported' }));
	vi.mocked(existsSync).mockImplementation(() => true);
	expect(openFiles(context)).toHaveProperty('open');
});
