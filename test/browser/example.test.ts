import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { here } from '../edge/bundle.js';
import { CHROMIUM, launch, WAIT_MS } from './chromium.js';
import { Site } from './site.js';

const FOLDERS = { '/build/': here('../../build/'), '/': here('../../examples/browser/') };
/** With `HOLDFAST_SCREENSHOTS=folder` the page is put there as a person sees it. */
const SCREENSHOTS = process.env.HOLDFAST_SCREENSHOTS;

for (const isIsolated of [true, false]) {
	describe.skipIf(CHROMIUM === undefined)(`the example page, ${isIsolated ? '' : 'not '}isolated`, () => {
		let browser: BrowserContext;
		let site: Site;
		let page: Page;

		beforeAll(async () => {
			site = await Site.open(FOLDERS, isIsolated);
			browser = await launch();
			page = await browser.newPage();
			page.setDefaultTimeout(WAIT_MS);
			page.on('pageerror', (error) => expect.fail(String(error)));
			await page.goto(`${site.url}/`);
			await page.waitForSelector('#measure:enabled');
		});

		afterAll(async () => {
			await browser?.close();
			await site?.close();
		});

		const show = async (name: string): Promise<void> => {
			if (SCREENSHOTS === undefined) return;
			mkdirSync(SCREENSHOTS, { recursive: true });
			const path = join(SCREENSHOTS, `${isIsolated ? 'isolated' : 'messages'}-${name}.png`);
			await page.screenshot({ path, fullPage: true });
		};

		it('says how it speaks with its worker', async () => {
			expect(await page.textContent('#mode')).toMatch(isIsolated ? /^Shared memory/ : /^Messages/);
			await show('empty');
		});

		it('stores, lists and gives back what is chosen', async () => {
			await page.setInputFiles('#choose', [
				{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Hello') },
				{
					name: 'a photograph with quite a long name from the summer.jpg',
					mimeType: 'image/jpeg',
					buffer: Buffer.alloc(5_000_000, 7),
				},
			]);
			await page.waitForFunction("document.querySelectorAll('#files button').length === 4");
			expect(await page.textContent('#total')).toBe('2 files, 4.8 MiB');
			expect(await page.inputValue('#choose'), 'what was chosen can be chosen again').toBe('');
			const [download] = await Promise.all([
				page.waitForEvent('download'),
				page.click('li:has-text("photograph") button:has-text("Download")'),
			]);
			const parts: Buffer[] = [];
			for await (const part of await download.createReadStream()) parts.push(part as Buffer);
			expect(Buffer.concat(parts).equals(Buffer.alloc(5_000_000, 7))).toBe(true);
			await show('files');
		});

		it(
			'measures',
			async () => {
				await page.click('#measure');
				await page.waitForSelector('#measure:enabled');
				for (const id of ['#write-rate', '#read-rate']) expect(await page.textContent(id)).toMatch(/^\d+ MiB\/s$/);
			},
			2 * WAIT_MS,
		);

		it('recovers from a trap, with all files, and takes what is dropped, also beside its field', async () => {
			await page.click('#fault');
			await page.waitForSelector('#fault:enabled');
			expect(await page.textContent('#restarts')).toBe('1');
			expect(await page.textContent('#trap')).toMatch(/It trapped: a fault was asked for \(.*fault\.ts:\d+/);
			expect(await page.isHidden('#message')).toBe(true);
			expect(await page.locator('#files li').count()).toBe(2);
			await page.evaluate(() => {
				const dataTransfer = new DataTransfer();
				dataTransfer.items.add(new File(['after'], 'after.txt'));
				document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true, bubbles: true }));
			});
			await page.waitForFunction("document.querySelectorAll('#files button').length === 6");
			await show('trapped');
			await page.setViewportSize({ width: 360, height: 800 });
			await show('narrow');
		});

		it('has the files after a reload, and says in words what goes wrong', async () => {
			await page.reload();
			await page.waitForSelector('#measure:enabled');
			await page.waitForFunction("document.querySelectorAll('#files li').length === 3");
			const second = await browser.newPage();
			await second.goto(`${site.url}/`);
			await second.waitForSelector('#message:visible');
			expect(await second.textContent('#message')).toMatch(/another tab or worker has this store open; close it/);
			await second.close();
		});
	});
}
