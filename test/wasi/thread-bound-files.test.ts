import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ERRNO_FBIG, FILETYPE_DIRECTORY } from '#assembly/layout';
import { ThreadBoundFiles } from '#host/wasi/thread-bound-files';
import { type OpenedFiles, openFilesIn } from './opened-files.js';

let opened: OpenedFiles;
beforeEach(() => {
	opened = openFilesIn((base) => {
		mkdirSync(`${base}/root`);
		writeFileSync(`${base}/root/file`, 'content');
		return `${base}/root`;
	});
});
afterEach(() => opened.close());

test('ThreadBoundFiles reads on at the descriptor of a file that did not fit', () => {
	const { table, epoch, path } = opened;
	const files = new ThreadBoundFiles({ table, epoch, shared: undefined });
	const root = table.insert(openSync(path, 'r'), FILETYPE_DIRECTORY);
	files.batch();
	const bytes = Buffer.alloc(7);
	expect(files.readWhole(root, 'file', bytes)).toBe(-ERRNO_FBIG);
	expect(files.read(files.larger, bytes, 0)).toBe(7);
	expect(String(bytes)).toBe('content');
	expect(files.close(files.larger)).toBe(0);
	expect(files.isKeeping).toBe(false);
});
