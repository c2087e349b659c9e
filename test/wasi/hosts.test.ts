import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const HOST = fileURLToPath(new URL('../../host', import.meta.url));
/** Whoever answers the engine's imports, and what keeps bytes behind `tree-files.ts`. */
const IMPLEMENTATIONS = [
	'wasi/node-files.ts',
	'wasi/memory-files.ts',
	'wasi/tree-files.ts',
	'wasmer/wasmer-files.ts',
	'component/component-engine.ts',
	'inline/memory-home.ts',
	'tree/key-value-storage.ts',
	'tree/private-storage.ts',
];

/** What a file of `host/` imports of `host/`, types left out, and what that imports. */
function reachedFrom(path: string, reached = new Set<string>()): Set<string> {
	const text = readFileSync(join(HOST, path), 'utf8');
	for (const [, what, from] of text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^;]*?\sfrom\s+)?'(\.[^']+)\.js'/gm)) {
		const target = relative(HOST, join(HOST, dirname(path), `${from}.ts`));
		if (what !== undefined || reached.has(target) || !existsSync(join(HOST, target))) continue;
		reachedFrom(target, reached.add(target));
	}
	return reached;
}

describe('an implementation of what stands between the engine and its files', () => {
	it.each(IMPLEMENTATIONS)('%s knows none of the others', (path) => {
		const reached = reachedFrom(path);
		expect(reached.size).toBeGreaterThan(0);
		expect([...reached].filter((other) => IMPLEMENTATIONS.includes(other))).toEqual([]);
	});

	it('is found by this test when another one imports it', () => {
		expect([...reachedFrom('services/tree-store.ts')]).toContain('wasi/tree-files.ts');
	});
});
