import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is; undefined when this machine has none. */
export const CHROMIUM = PATHS.find((path) => existsSync(path));

if (CHROMIUM === undefined) {
	console.warn(
		`the tests in a browser were NOT run: there is no Chromium in ${PATHS.join(' or ')}; install 'chromium'`,
	);
}

/** How long a page may take to show what is waited for, also on a machine that is busy with other work. */
export const WAIT_MS = 120_000;

/** Memory, where there is a file system of it: a browser syncs a great deal. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A browser with a profile of its own, which goes with it. */
export async function launch(): Promise<BrowserContext> {
	const profile = mkdtempSync(join(FOLDER, 'holdfast-chromium-'));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: CHROMIUM,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
	const close = context.close.bind(context);
	context.close = async () => {
		await close();
		// Its last processes may still write.
		await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	};
	return context;
}
