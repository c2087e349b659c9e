import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from './errors.js';

/** The engine that is published; tests name the fault build beside it. */
export const ENGINE_PATH = fileURLToPath(new URL('../engine.wasm', import.meta.url));

/** An engine whose bytes are those that were built. */
export class EngineModule {
	#bytes: Uint8Array<ArrayBuffer> | undefined;
	#module: WebAssembly.Module | undefined;

	constructor(bytes: Uint8Array<ArrayBuffer>) {
		this.#bytes = bytes;
	}

	/** Compiled when it is first asked for: a thread that is to run it can be on its way meanwhile. */
	get module(): WebAssembly.Module {
		if (this.#module === undefined) {
			this.#module = new WebAssembly.Module(this.#bytes as Uint8Array<ArrayBuffer>);
			this.#bytes = undefined;
		}
		return this.#module;
	}
}

const engines = new Map<string, EngineModule>();

/**
 * Reads an engine once per process. Its SHA-256 must be the one that the build recorded: half of all single-bit flips
 * in a module still validate, and would run.
 */
export function loadEngine(path: string): EngineModule {
	const known = engines.get(path);
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
	const engine = new EngineModule(bytes);
	engines.set(path, engine);
	return engine;
}
