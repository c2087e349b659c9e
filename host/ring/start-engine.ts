import type { Plan } from './plan.js';

/** What the engine exports. */
export interface StartedEngine {
	/** The event loop of a worker: returns 0 when the host says stop, 1 when the thread's own event loop is to have a turn before the next call. */
	run(): number;
	/** One pass for hosts without threads. Milliseconds until the next timer, or -1. */
	poll(): number;
}

/** Makes an instance over a prepared memory. Throws when it cannot be made, or refuses its configuration. */
export function startEngine(
	module: WebAssembly.Module,
	memory: WebAssembly.Memory,
	plan: Plan,
	imports: WebAssembly.Imports,
): StartedEngine {
	const instance = new WebAssembly.Instance(module, { ...imports, env: { memory } });
	const engine = instance.exports as unknown as StartedEngine & { start(config: number): number };
	const errno = engine.start(plan.config);
	if (errno !== 0) throw new Error(`the engine refused its configuration (WASI errno ${errno})`);
	return engine;
}
