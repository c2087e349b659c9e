import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bundleForEdge, here } from './bundle.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-key-value-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a key-value store whose answers come later passes the behaviour suite, but for blocking calls', async () => {
	const outfile = join(folder, 'suite.mjs');
	await bundleForEdge('key-value-suite.ts', { outfile });
	const { runSuite } = (await import(outfile)) as typeof import('./key-value-suite.js');
	const module = new WebAssembly.Module(readFileSync(here('../../build/engine.unshared.wasm')));
	const report = await runSuite(module);
	expect(report.failures).toEqual([]);
	expect(report.passed).toBeGreaterThan(650);
	for (const { message } of report.skips)
		expect(message).toMatch(/^(this platform lacks|the content|nobody else|this service)/);
	console.log(`behaviour suite: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
}, 600_000);
