import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_KIND_UNREACHABLE } from '#assembly/layout';
import type { Report } from '../behavior/portable/runner.js';
import { bundleForEdge, here } from '../edge/bundle.js';
import { type Findings, keep } from '../runtimes/runtimes.js';
import { CHROMIUM, launch } from './chromium.js';
import { Site } from './site.js';

const PAGE = `<!doctype html><meta charset="utf-8"><title>suite</title>
<script type="importmap">{ "imports": { "holdfast": "/build/web/browser.js", "holdfast/browser": "/build/web/browser.js" } }</script>
<script type="module" src="/test/suite.js"></script>`;

/** For the whole suite in one case, also on a machine that is busy with other work. */
const SUITE_TIMEOUT_MS = 1_800_000;

/** Runs the cases whose names contain it. */
const ONLY = process.env.HOLDFAST_ONLY;

type Browsing = typeof globalThis & {
	runSuite(only?: string): Promise<Report>;
	openPrivateFiles: typeof import('#host/browser')['openPrivateFiles'];
	sharesMemory(): boolean;
	Operator: typeof import('#host/browser')['Operator'];
};
declare const self: Browsing;

/** What a page can do, as `test/runtimes/probe.ts` finds it out elsewhere. Runs in the page. */
async function probe(fault: number): Promise<Pick<Findings, 'memory' | 'syncCalls' | 'trapsReplaced'>> {
	const module = await WebAssembly.compileStreaming(fetch('/build/engine.unshared.wasm'));
	const memory = new self.Operator('memory', { module });
	await memory.write('a/b', 'content');
	const isThere = (await memory.readText('a/b')) === 'content' && memory.readTextSync('a/b') === 'content';
	await memory.close();
	const faulty = self.sharesMemory() ? '/build/engine.fault.wasm' : '/build/engine.unshared.fault.wasm';
	const op = await self.openPrivateFiles({ name: 'probe', module: faulty });
	let syncCalls = true;
	try {
		op.writeSync('kept', 'content');
	} catch {
		syncCalls = false;
		await op.write('kept', 'content');
	}
	const code = await op.pool.dispatch('fault', fault).then(
		() => '',
		(error: { code: string }) => error.code,
	);
	const isKept = (await op.readText('kept')) === 'content';
	await op.close();
	return { memory: isThere, syncCalls, trapsReplaced: code === 'EngineTrapped' && isKept };
}

const MODES = { 'shared memory': true, messages: false };

for (const [mode, isIsolated] of Object.entries(MODES)) {
	describe.skipIf(CHROMIUM === undefined)(`holdfast/browser with ${mode}`, () => {
		const folder = mkdtempSync(join(tmpdir(), 'holdfast-browser-'));
		let browser: BrowserContext;
		let site: Site;

		beforeAll(async () => {
			const external = ['holdfast', 'holdfast/browser'];
			await bundleForEdge(here('../browser/suite.ts'), {
				outfile: join(folder, 'suite.js'),
				alias: { holdfast: 'holdfast' },
				external,
			});
			writeFileSync(join(folder, 'index.html'), PAGE);
			site = await Site.open({ '/test/': `${folder}/`, '/build/': here('../../build/') }, isIsolated);
			browser = await launch();
		});

		afterAll(async () => {
			await browser?.close();
			await site?.close();
			rmSync(folder, { recursive: true, force: true });
		});

		async function openPage(): Promise<Page> {
			const page = await browser.newPage();
			page.on('pageerror', (error) => console.error(error));
			await page.goto(`${site.url}/test/`);
			await page.waitForFunction('globalThis.runSuite !== undefined');
			return page;
		}

		it(
			'passes the behaviour suite over the origin private file system',
			async () => {
				const page = await openPage();
				expect(await page.evaluate(() => self.sharesMemory())).toBe(isIsolated);
				const report = await page.evaluate((only) => self.runSuite(only), ONLY);
				expect(report.failures).toEqual([]);
				if (ONLY === undefined) expect(report.passed).toBeGreaterThan(500);
				for (const { message } of report.skips)
					expect(message).toMatch(/^(this platform lacks|the content|nobody else|this service)/);
				console.log(`behaviour suite: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
				const found = await page.evaluate(probe, FAULT_KIND_UNREACHABLE);
				expect(found).toEqual({ memory: true, syncCalls: false, trapsReplaced: true });
				const session = await browser.newCDPSession(page);
				const version = (await session.send('Browser.getVersion')).product.replace(/^.*\//, '');
				const { passed, failed } = report;
				const runtime = `Chromium with ${mode}`;
				const cases = passed + failed;
				if (ONLY === undefined) keep({ threads: 'one', files: true, ...found, runtime, version, cases, passed });
				await page.close();
			},
			SUITE_TIMEOUT_MS,
		);

		it('has everything again after a reload', async () => {
			const page = await openPage();
			await page.evaluate(async () => {
				const op = await self.openPrivateFiles({ name: 'kept' });
				await op.write('dir/file', 'content');
				await op.write('dir/large', new Uint8Array(3_000_000).fill(7));
				await op.write('gone', 'x');
				await op.delete('gone');
				await op.write('log', 'a', { append: true });
				await op.write('log', 'b', { append: true });
				// Not closed: as when a tab is closed.
			});
			const before = await page.evaluate(() => performance.timeOrigin);
			await page.reload();
			await page.waitForFunction('globalThis.runSuite !== undefined');
			const found = await page.evaluate(async () => {
				const op = await self.openPrivateFiles({ name: 'kept' });
				const large = await op.read('dir/large');
				const found = {
					timeOrigin: performance.timeOrigin,
					paths: (await op.list('/', { recursive: true })).map((entry) => entry.path()),
					text: await op.readText('dir/file'),
					log: await op.readText('log'),
					large: [large.length, large.every((byte) => byte === 7)],
				};
				await op.close();
				return found;
			});
			expect(found.timeOrigin).not.toBe(before);
			expect(found).toMatchObject({
				paths: ['/', 'dir/', 'dir/file', 'dir/large', 'log'],
				text: 'content',
				log: 'ab',
				large: [3_000_000, true],
			});
			await page.close();
		});

		it('says so when another page has the store open', async () => {
			const [first, second] = [await browser.newPage(), await browser.newPage()];
			for (const page of [first, second]) {
				await page.goto(`${site.url}/test/`);
				await page.waitForFunction('globalThis.runSuite !== undefined');
			}
			await first.evaluate(async () => Object.assign(self, { op: await self.openPrivateFiles({ name: 'one' }) }));
			const refused = await second.evaluate(() =>
				self.openPrivateFiles({ name: 'one' }).then(
					() => 'opened',
					(error: Error) => error.message,
				),
			);
			expect(refused).toMatch(/^Unexpected: another tab or worker has this store open/);
			await first.close();
			const text = await second.evaluate(async () => {
				for (let tries = 0; ; tries++) {
					try {
						const op = await self.openPrivateFiles({ name: 'one' });
						await op.write('file', 'mine now');
						return await op.readText('file');
					} catch (error) {
						if (tries === 50) throw error;
						await new Promise((resolve) => setTimeout(resolve, 100));
					}
				}
			});
			expect(text).toBe('mine now');
			await second.close();
		});
	});
}
