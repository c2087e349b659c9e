import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '#host/services/index';

// Directories count as unchanged for long in these workers.
const internals = { seam: new URL('../seams/old.mjs', import.meta.url).href };
let root: string;
let op: Operator;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'holdfast-idle-'));
	op = Operator.fromStore(openStore('fs', { root, workers: 1 }, internals));
});

afterEach(async () => {
	await op.close();
	rmSync(root, { recursive: true });
});

const isOpen = (name: string) =>
	readdirSync('/proc/self/fd').some((fd) => {
		try {
			return readlinkSync(`/proc/self/fd/${fd}`) === join(root, name);
		} catch {
			// The one that the listing itself used.
			return false;
		}
	});

it('a worker that nobody asks for anything gives up the files that it kept, and then sleeps', async () => {
	await op.write('file', 'content', { durability: 'none' });
	// It is kept for a moment only, and this thread may be late.
	const isKept = async () => String(await op.read('file')) === 'content' && isOpen('file');
	await expect.poll(isKept).toBe(true);
	await expect.poll(() => isOpen('file')).toBe(false);
	const [{ heartbeat }] = op.pool.heartbeats();
	await new Promise((resolve) => setTimeout(resolve, 2500));
	expect(op.pool.heartbeats()).toMatchObject([{ heartbeat, isSleeping: true }]);
});

it('a file that is kept in the last batch of all is given up too', async () => {
	await op.write('file', 'content', { durability: 'none' });
	for (let round = 0; round < 3; round++) {
		// When this batch begins nothing is kept any more.
		expect(String(await op.read('file'))).toBe('content');
		await expect.poll(() => isOpen('file'), { timeout: 30_000 }).toBe(false);
	}
});
