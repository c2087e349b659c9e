import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from './errors.js';

/** The engine that is published; tests name the fault build beside it. */
export const ENGINE_PATH = fileURLToPath(new URL('../engine.wasm', import.meta.url));

const modules = new Map<string, WebAssembly.Module>();

/**
 * Compiles an engine once per process. Its SHA-256 must be the one that the build recorded: half of all single-bit flips
 * in a module still validate, and would run.
 */
export function loadEngine(path: string): WebAssembly.Module {
	const known = modules.get(path);
	if (known !== undefined) return known;
	const bytes = readFileSync(path);
	const recorded = JSON.parse(readFileSync(join(dirname(path), 'engine.json'), 'utf8')) as Record<string, string>;
	const digest = createHash('sha256').update(bytes).digest('hex');
	if (recorded[basename(path)] !== digest) {
		throw new HoldfastError(
			'EngineUnavailable',
			`the engine '${basename(path)}' is not the one that was built (its SHA-256 is ${digest}); install the package again`,
		);
	}
	const module = new WebAssembly.Module(bytes);
	modules.set(path, module);
	return module;
}
