import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleForEdge, here } from './bundle.js';
import { Workerd } from './workerd.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-shared-'));
let workerd: Workerd;

beforeAll(async () => {
	const script = await bundleForEdge('shared-worker.ts', { external: ['./engine.wasm'] });
	workerd = await Workerd.start({ folder, script, engine: here('../../build/engine.unshared.wasm') });
});

afterAll(async () => {
	await workerd?.stop();
	rmSync(folder, { recursive: true, force: true });
});

describe('an operator that all requests of a worker share', () => {
	it('can be made where the program begins, and serves one request after the other', async () => {
		expect(await workerd.json('/one')).toBe('/one');
		expect(await workerd.json('/two')).toBe('/two');
	});

	it('serves the next ones after a request that did not wait for its calls', async () => {
		for (let round = 0; round < 5; round++) {
			expect(await workerd.json('/hasty')).toBe('gone');
			expect(await workerd.json('/after')).toBe('/after');
		}
		expect(await Promise.all(['/hasty', '/hasty'].map((path) => workerd.json(path)))).toEqual(['gone', 'gone']);
		expect(await workerd.json('/last')).toBe('/last');
	});
});
