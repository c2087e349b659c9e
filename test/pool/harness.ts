import { fileURLToPath } from 'node:url';
import { parsePoolOptions } from '#host/pool/options';
import { Pool, type PoolInternals } from '#host/pool/pool';
import { createMemoryStore, openFiles } from '#host/wasi/memory-files';

/** The engine with faults in it. */
export const FAULT_ENGINE = fileURLToPath(new URL('../../build/engine.fault.wasm', import.meta.url));

/** A pool over an empty memory store, for tests that need no files. */
export function openPool(options: Record<string, unknown> = {}, internals: PoolInternals = {}): Pool {
	const backend = {
		worker: new URL('../../build/host/services/memory-worker.cjs', import.meta.url).href,
		openFiles,
		shared: createMemoryStore({ maximumBytes: 16 * 1024 ** 2 }),
	};
	return new Pool(parsePoolOptions(options), backend, internals);
}
