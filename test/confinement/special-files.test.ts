import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError, Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FifoPartner } from '../fifo-partner.js';
import { descriptorsIn } from '../wasi/opened-files.js';

const isRoot = process.getuid?.() === 0;
/** No driver has this number (it is for local use): to open such a device fails with an errno of its own. */
const DRIVERLESS = ['c', '240', '0'];

let base: string;
let op: Operator;
let partner: FifoPartner | undefined;
let server: Server | undefined;
const at = (path: string) => join(base, 'root', path);

beforeEach(() => {
	base = mkdtempSync(join(tmpdir(), 'holdfast-special-'));
	mkdirSync(join(base, 'root'));
	writeFileSync(at('plain'), 'plain');
});

afterEach(async () => {
	await op.close();
	await partner?.end();
	partner = undefined;
	server?.close();
	server = undefined;
	const left = descriptorsIn(base);
	rmSync(base, { recursive: true, force: true });
	expect(left).toBe(0);
});

type Attempt = (path: string) => unknown;

/** Everything that opens, or could, what a path names; each is refused. */
const uses: Readonly<Record<string, Attempt>> = {
	stat: (path) => op.stat(path),
	exists: (path) => op.exists(path),
	read: (path) => op.read(path),
	'read of a range': (path) => op.read(path, { offset: 1n, size: 1n }),
	readSync: (path) => op.readSync(path),
	reader: async (path) => (await op.reader(path)).read(Buffer.alloc(10)),
	write: (path) => op.write(path, 'new'),
	'write of more than a buffer': (path) => op.write(path, Buffer.alloc(5 * 1024 ** 2)),
	'write with append': (path) => op.write(path, 'new', { append: true }),
	'write with ifNotExists': (path) => op.write(path, 'new', { ifNotExists: true }),
	writer: async (path) => {
		const writer = await op.writer(path);
		await writer.write('new');
		await writer.close();
	},
	'writer that appends': async (path) => {
		const writer = await op.writer(path, { append: true });
		await writer.write('new');
		await writer.close();
	},
	createDir: (path) => op.createDir(`${path}/`),
	'copy from': (path) => op.copy(path, 'copied'),
	'copy to': (path) => op.copy('plain', path),
};

/** What acts on the name: under `'within'` on that of a symlink itself. */
const moves: Readonly<Record<string, Attempt>> = {
	'rename from': (path) => op.rename(path, 'moved'),
	'rename to': (path) => op.rename('plain', path),
	delete: (path) => op.delete(path),
	'delete with recursive': (path) => op.delete(path, { recursive: true }),
	remove: (path) => op.remove([path]),
	removeAll: (path) => op.removeAll(path),
};

async function accepted(attempts: Readonly<Record<string, Attempt>>, path: string): Promise<string[]> {
	const found: string[] = [];
	for (const [name, attempt] of Object.entries(attempts)) {
		try {
			await attempt(path);
			found.push(name);
		} catch (error) {
			const isRefusal = error instanceof HoldfastError && error.code === 'InvalidPath';
			if (!isRefusal) found.push(`${name}: ${String(error)}`);
		}
	}
	return found;
}

const kinds: [string, (path: string) => unknown][] = [
	['a FIFO at which a writer waits', (path) => wait(path, 'writer')],
	['a FIFO at which a reader waits', (path) => wait(path, 'reader')],
	['a socket', listen],
];
if (isRoot) kinds.push(['a device without a driver', (path) => execFileSync('mknod', [path, ...DRIVERLESS])]);

async function wait(path: string, side: 'reader' | 'writer'): Promise<void> {
	partner = await FifoPartner.waitAt(path, side, join(base, 'content'));
}

async function listen(path: string): Promise<void> {
	server = createServer();
	await once(server.listen(path), 'listening');
}

describe.each(['refuse', 'within'] as const)("with symlinks: '%s'", (symlinks) => {
	test.each(kinds)('%s is refused by every method and not touched', async (_name, make) => {
		op = new Operator('fs', { root: join(base, 'root'), symlinks, workers: 1, syncWorkers: 1 });
		mkdirSync(at('below'));
		await make(at('below/special'));
		// More often than a file is asked for before it is kept open.
		for (let times = 0; times < 3; times++) expect(await accepted(uses, 'below/special')).toEqual([]);
		expect(await accepted(moves, 'below/special')).toEqual([]);
		symlinkSync('below/special', at('link'));
		expect(await accepted(uses, 'link')).toEqual([]);
		expect((await op.list('/', { recursive: true })).map((entry) => entry.path())).toEqual(['/', 'below/', 'plain']);
		expect(String(await op.read('plain'))).toBe('plain');
		expect(partner?.isWaiting ?? true).toBe(true);

		await op.removeAll('below/');
		expect(lstatSync(at('below'), { throwIfNoEntry: false })).toBeUndefined();
		expect(partner?.isWaiting ?? true).toBe(true);
	});
});
