import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENGINE_PATH, loadEngine } from '#host/engine-module';

describe('loadEngine()', () => {
	it('refuses a module that is not the one that was built, although it still validates', () => {
		const folder = mkdtempSync(join(tmpdir(), 'holdfast-module-'));
		try {
			cpSync(join(dirname(ENGINE_PATH), 'engine.json'), join(folder, 'engine.json'));
			const bytes = readFileSync(ENGINE_PATH);
			let flipped: Buffer | undefined;
			for (let bit = bytes.length * 4; flipped === undefined; bit++) {
				const copy = Buffer.from(bytes);
				copy[bit >> 3] ^= 1 << (bit & 7);
				if (WebAssembly.validate(copy)) flipped = copy;
			}
			writeFileSync(join(folder, 'engine.wasm'), flipped);
			expect(() => loadEngine(join(folder, 'engine.wasm'))).toThrow(/EngineUnavailable.*SHA-256/);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it('compiles once', () => {
		expect(loadEngine(ENGINE_PATH).module).toBe(loadEngine(ENGINE_PATH).module);
	});

	it('exports what a host calls and nothing else, and has no fault in it', () => {
		const exported = WebAssembly.Module.exports(loadEngine(ENGINE_PATH).module).map((entry) => entry.name);
		expect(exported.sort()).toEqual(['memory', 'poll', 'run', 'start']);
		expect(readFileSync(ENGINE_PATH).includes(Buffer.from('a fault was asked for', 'utf16le'))).toBe(false);
	});
});
