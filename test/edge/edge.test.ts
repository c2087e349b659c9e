import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report } from '../behavior/portable/runner.js';
import { keep } from '../runtimes/runtimes.js';
import { bundleForEdge, here } from './bundle.js';
import { probe, Workerd } from './workerd.js';

const ENGINE = here('../../build/engine.unshared.wasm');
/** For the whole suite in one case, also on a machine that is busy with other work. */
const SUITE_TIMEOUT_MS = 900_000;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-edge-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every case passed, but for those that need what no platform without Node has. */
function expectPassed(report: Report): void {
	expect(report.failures).toEqual([]);
	expect(report.passed).toBeGreaterThan(1000);
	const reasons = new Set(report.skips.map(({ message }) => message));
	for (const reason of reasons)
		expect(reason).toMatch(/^(this platform lacks|the content of|nobody else|this service)/);
	console.log(`behaviour suite: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
}

describe('holdfast/edge', () => {
	it('imports nothing at all, and above all nothing of Node', async () => {
		const result = await build({
			stdin: { contents: "export * from 'holdfast/edge'", resolveDir: here('.') },
			bundle: true,
			format: 'esm',
			platform: 'neutral',
			write: false,
			metafile: true,
		});
		const inputs = Object.values(result.metafile.inputs);
		expect(inputs.length).toBeGreaterThan(0);
		expect(inputs.flatMap(({ imports }) => imports).filter(({ external }) => external)).toEqual([]);
		expect(result.outputFiles[0]?.text).not.toMatch(/from\s*["']node:|import\s*\(\s*["']node:|require\(/);
	});

	it(
		'passes the behaviour suite in the thread of its caller, in Node',
		async () => {
			const outfile = join(folder, 'suite.mjs');
			await bundleForEdge('suite.ts', { outfile });
			const { runSuite } = (await import(outfile)) as typeof import('./suite.js');
			expectPassed(await runSuite(new WebAssembly.Module(readFileSync(ENGINE))));
		},
		SUITE_TIMEOUT_MS,
	);

	it(
		'passes the behaviour suite in workerd, without the Node compatibility of that',
		async () => {
			const script = await bundleForEdge('worker.ts', { external: ['./engine.wasm'] });
			const workerd = await Workerd.start({ folder, script, engine: ENGINE });
			try {
				const report = await workerd.json<Report>('/');
				expectPassed(report);
				const { passed, failed } = report;
				const { version } = createRequire(import.meta.url)('workerd/package.json') as { version: string };
				const found = { threads: false, files: false, memory: true, syncCalls: true };
				const probed = await probe({ folder, script });
				expect(probed).toEqual({ trapsReplaced: true });
				keep({ ...found, ...probed, runtime: 'workerd', version, cases: passed + failed, passed });
			} finally {
				await workerd.stop();
			}
		},
		SUITE_TIMEOUT_MS,
	);
});
