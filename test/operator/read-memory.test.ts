import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const FILE_BYTES = 4 * 2 ** 30;
const PEAK_MAX_MIB = 150;
const child = fileURLToPath(new URL('children/read-large.mjs', import.meta.url));
const run = promisify(execFile);

let root: string;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), 'holdfast-large-'));
	// Of holes: the page cache holds their zeros like any other content, and they are read and copied like it.
	const fd = openSync(join(root, 'large'), 'w');
	ftruncateSync(fd, FILE_BYTES);
	closeSync(fd);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a file of 4 GiB', () => {
	it.each([
		['a Node stream', ['stream']],
		['a Node stream of 2 MiB chunks', ['stream', '2097152']],
		['leases', ['leases']],
		['a Web stream', ['web']],
	])(
		`read as %s stays under ${PEAK_MAX_MIB} MiB of resident memory`,
		async (way, values) => {
			const { stdout } = await run(process.execPath, [child, root, ...values], { timeout: 350_000 });
			const { bytes, peakMib } = JSON.parse(stdout) as { bytes: number; peakMib: number };
			console.log(`4 GiB as ${way}: at most ${peakMib} MiB resident, Node and the pool included.`);
			expect(bytes).toBe(FILE_BYTES);
			expect(peakMib).toBeLessThan(PEAK_MAX_MIB);
		},
		360_000,
	);
});
