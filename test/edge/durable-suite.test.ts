import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Report } from '../behavior/portable/runner.js';
import { keep } from '../runtimes/runtimes.js';
import { bundleForEdge, here } from './bundle.js';
import { probe, Workerd } from './workerd.js';

/** Memory, where there is a file system of it: the suite waits for the disk some ten thousand times. */
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'holdfast-durable-suite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a Durable Object passes the behaviour suite, but for blocking calls', async () => {
	const script = await bundleForEdge('durable-suite-worker.ts', { external: ['./engine.wasm'] });
	const disk = join(folder, 'disk');
	mkdirSync(disk);
	const engine = here('../../build/engine.unshared.wasm');
	const store = { className: 'Store', folder: disk };
	const workerd = await Workerd.start({ folder, script, engine, store });
	try {
		const report = await workerd.json<Report>(`/?only=${encodeURIComponent(process.env.HOLDFAST_ONLY ?? '')}`);
		expect(report.failures).toEqual([]);
		for (const { message } of report.skips)
			expect(message).toMatch(/^(this platform lacks|the content|nobody else|this service)/);
		console.log(`behaviour suite: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
		if (process.env.HOLDFAST_ONLY !== undefined) return;
		expect(report.passed).toBeGreaterThan(650);
		const { version } = createRequire(import.meta.url)('workerd/package.json') as { version: string };
		const { passed, failed } = report;
		const found = { threads: false, files: true, syncCalls: false };
		await workerd.stop();
		const probed = await probe({ folder, script, store });
		expect(probed).toEqual({ trapsReplaced: true });
		keep({ ...found, ...probed, runtime: 'workerd Durable Object', version, cases: passed + failed, passed });
	} finally {
		await workerd.stop();
	}
}, 900_000);
