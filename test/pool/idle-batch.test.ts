import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
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
	for (let batch = 0; batch < 5; batch++) expect(String(await op.read('file'))).toBe('content');
	expect(isOpen('file')).toBe(true);
	await vi.waitFor(() => expect(isOpen('file')).toBe(false), { timeout: 30_000, interval: 50 });
	const [{ heartbeat }] = op.pool.heartbeats();
	await new Promise((resolve) => setTimeout(resolve, 2500));
	expect(op.pool.heartbeats()).toMatchObject([{ heartbeat, isSleeping: true }]);
});
