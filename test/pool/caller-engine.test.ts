import { mkdirSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FILETYPE_DIRECTORY, FLAG_SEQUENTIAL, OP_OPEN, OP_READ, OP_READ_AT, OP_STAT } from '#assembly/layout';
import { parsePoolOptions } from '#host/pool/options';
import { Pool } from '#host/pool/pool';
import { type CallOptions, Request } from '#host/pool/request';
import { Access, type Files } from '#host/wasi/files';
import { openFiles } from '#host/wasi/node-files';

// Blocking calls that only read, served by an engine in the calling thread.

const LARGE = Buffer.alloc(5 * 1024 ** 2 + 7, 'holdfast ');
let place: string;
let pool: Pool;
let root: number;
/** What the next call of the calling thread's files throws. */
let bomb: Error | undefined;
/** What the calling thread's files open when they are made. */
let opens: string | undefined;

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), 'holdfast-caller-'));
	mkdirSync(join(place, 'a'));
	writeFileSync(join(place, 'a/file'), 'content');
	writeFileSync(join(place, 'large'), LARGE);
	bomb = undefined;
	opens = undefined;
	const explode = () => {
		const thrown = bomb;
		bomb = undefined;
		if (thrown !== undefined) throw thrown;
	};
	const open: typeof openFiles = (context) => {
		const files = openFiles(context) as Files & { readWhole: NonNullable<Files['readWhole']> };
		if (opens !== undefined) files.open(root, opens, 0, Access.read);
		const { readWhole, statPath } = files;
		files.readWhole = (...values) => {
			explode();
			return readWhole.apply(files, values);
		};
		files.statPath = (...values) => {
			explode();
			return statPath.apply(files, values);
		};
		return files;
	};
	const worker = new URL('../../build/host/services/fs-worker.cjs', import.meta.url).href;
	const backend = { worker, openFiles: open, shared: undefined, servesCaller: true };
	pool = new Pool(parsePoolOptions({ workers: 1 }), backend);
	root = pool.table.insert(openSync(place, 'r'), FILETYPE_DIRECTORY);
});

afterEach(async () => {
	await pool.close();
	pool.files.close(root);
	rmSync(place, { recursive: true });
});

function call(op: number, path: string, fields: Partial<Request> = {}, options?: CallOptions) {
	return pool.submitSync(Object.assign(new Request(op, 'test', path), { root, ...fields }), options);
}

const workers = () => pool.health().instances.length;
const open = () =>
	readdirSync('/proc/self/fd').filter((fd) => {
		try {
			return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${place}/`);
		} catch {
			// The one that the listing itself used.
			return false;
		}
	});

const isOf = (fd: string, end: string) => readlinkSync(`/proc/self/fd/${fd}`).endsWith(end);

describe('a blocking call', () => {
	it('that reads or looks starts no thread, whatever the size', () => {
		expect(String(call(OP_READ, 'a/file').bytes)).toBe('content');
		expect(LARGE.equals(call(OP_READ, 'large').bytes)).toBe(true);
		expect(call(OP_READ, 'large', { offset: 1_000_001, length: 3 }).bytes).toEqual(
			LARGE.subarray(1_000_001, 1_000_004),
		);
		expect(call(OP_STAT, 'a/file').stat?.size).toBe(7n);
		expect(() => call(OP_READ, 'missing')).toThrow(/NotFound/);
		expect(() => call(OP_READ, 'a')).toThrow(/IsADirectory/);
		expect(workers()).toBe(0);
	});

	it('with a deadline or a signal goes to a thread that can be left alone', () => {
		expect(String(call(OP_READ, 'a/file', {}, { timeoutMs: 10_000 }).bytes)).toBe('content');
		expect(workers()).toBe(1);
		expect(String(call(OP_READ, 'a/file', {}, { signal: new AbortController().signal }).bytes)).toBe('content');
	});

	it('that opens goes to a worker; what it opened is read here, unless it is read ahead there', () => {
		const { fd, incarnation } = call(OP_OPEN, 'a/file');
		const reply = call(OP_READ_AT, 'a/file', { fd, offset: 3, length: 4 });
		expect(String(reply.bytes)).toBe('tent');
		expect(reply.incarnation).not.toBe(incarnation);
		const ahead = { fd, length: 7, flags: FLAG_SEQUENTIAL, preferred: incarnation };
		expect(call(OP_READ_AT, 'a/file', ahead).incarnation).toBe(incarnation);
	});

	it.each([
		['foreign error', new TypeError('of somebody else')],
		['trap', new WebAssembly.RuntimeError('unreachable')],
		['stack overflow', new RangeError('Maximum call stack size exceeded')],
	])('whose engine ends with a %s is answered by a worker, and the reason is told', async (_, thrown) => {
		const told = vi.fn();
		pool.on('trap', told);
		call(OP_STAT, 'a/file');
		expect(pool.table.ownedBy(1)).toHaveLength(1);
		bomb = thrown;
		expect(String(call(OP_READ, 'a/file').bytes)).toBe('content');
		expect(workers()).toBe(1);
		await Promise.resolve();
		expect(told).toHaveBeenCalledOnce();
		expect(told.mock.calls[0][0]).toMatchObject({
			instance: 'holdfast caller',
			message: `${thrown.name}: ${thrown.message}`,
		});
		expect(pool.health()).toMatchObject({ restarts: 1, lastTrap: `${thrown.name}: ${thrown.message}` });
		// Nothing of the one that ended is open, and the next one serves.
		expect(pool.table.ownedBy(1)).toEqual([]);
		expect(String(call(OP_READ, 'a/file').bytes)).toBe('content');
	});

	it('whose engine cannot start is answered by a worker, and what its files have opened by then is closed', () => {
		opens = 'a/file';
		vi.spyOn(WebAssembly, 'Instance').mockImplementationOnce(function refuse() {
			expect(open().filter((fd) => isOf(fd, '/file'))).toHaveLength(1);
			throw new RangeError('WebAssembly.Instance(): Out of memory');
		} as never);
		expect(String(call(OP_READ, 'a/file').bytes)).toBe('content');
		expect(workers()).toBe(1);
		expect(pool.table.ownedBy(1)).toEqual([]);
		expect(open().filter((fd) => isOf(fd, '/file'))).toEqual([]);
		opens = undefined;
		vi.restoreAllMocks();
		expect(call(OP_STAT, 'a/file').stat?.size).toBe(7n);
	});

	it('leaves nothing open after the end of its root, or of the pool', async () => {
		for (let round = 0; round < 3; round++) call(OP_READ, 'a/file');
		expect(open().length).toBeGreaterThan(0);
		await pool.settleRoot(root);
		expect(open()).toEqual([]);
		call(OP_READ, 'a/file');
		await pool.close();
		expect(open()).toEqual([]);
		expect(() => call(OP_READ, 'a/file')).toThrow(/Closed/);
	});

	it('keeps no file open for longer than a moment, though no other call follows', async () => {
		// Directories count as unchanged for long.
		const now = Date.now;
		const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
		for (let round = 0; round < 4; round++) call(OP_READ, 'a/file');
		expect(open().some((fd) => isOf(fd, '/file'))).toBe(true);
		await expect.poll(() => open().some((fd) => isOf(fd, '/file'))).toBe(false);
		clock.mockRestore();
	});
});
