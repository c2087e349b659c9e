import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const KIBIBYTE = 1024;
const at = (path: string): string => fileURLToPath(new URL(`../../build/${path}`, import.meta.url));

/**
 * What somebody downloads who uses the engine where there is no Node, compressed. Whatever comes to the host for the edge has to make room for
 * itself: decision 0040 says what did so before, and what each gave.
 */
const LIMITS = { engine: 24 * KIBIBYTE, edge: 24 * KIBIBYTE, page: 26.7 * KIBIBYTE, worker: 19.5 * KIBIBYTE };

describe('size, with gzip', () => {
	it('of the engine', () => {
		const bytes = Math.max(
			...['engine.wasm', 'engine.unshared.wasm'].map((name) => compressed(readFileSync(at(name)))),
		);
		tell('engine', bytes);
		expect(bytes).toBeLessThan(LIMITS.engine);
	});

	it('of the host for the edge, as the bundler of who imports Operator puts it out', async () => {
		const bytes = await bundled(`import { Operator } from '${at('web/edge.js')}'; globalThis.made = Operator;`);
		tell('host for the edge', bytes);
		tell(
			'host for the edge with layers and key-value stores, the file as it is',
			compressed(readFileSync(at('web/edge.js'))),
		);
		expect(bytes).toBeLessThan(LIMITS.edge);
	});

	it('of the host for the browser: what the page loads, and what its worker loads', async () => {
		const name = 'openPrivateFiles';
		const page = await bundled(`import { ${name} } from '${at('web/browser.js')}'; globalThis.made = ${name};`);
		const worker = compressed(readFileSync(at('web/browser-worker.js')));
		tell('host for the browser, page', page);
		tell('host for the browser, worker', worker);
		expect(page).toBeLessThan(LIMITS.page);
		expect(worker).toBeLessThan(LIMITS.worker);
	});
});

async function bundled(contents: string): Promise<number> {
	const { outputFiles } = await build({
		stdin: { contents, resolveDir: '/' },
		bundle: true,
		minify: true,
		format: 'esm',
		target: 'es2022',
		write: false,
	});
	return compressed(outputFiles[0].contents);
}

function compressed(bytes: Uint8Array): number {
	return gzipSync(bytes, { level: 9 }).length;
}

function tell(what: string, bytes: number): void {
	console.log(`${what}: ${(bytes / KIBIBYTE).toFixed(1)} KiB with gzip`);
}
