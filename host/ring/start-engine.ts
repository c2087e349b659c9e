import type { Plan } from './plan.js';

/** What the engine exports. */
export interface StartedEngine {
	/** The event loop of a worker: returns 0 when the host says stop, 1 when the thread's own event loop is to have a turn before the next call. */
	run(): number;
	/** One pass for hosts without threads. Milliseconds until the next timer, or -1. */
	poll(): number;
}

/** How files in memory (`assembly/memory/`) reach the engine that they answer, and the time. */
export interface MemoryReach {
	engine_read(target: number, source: number, bytes: number): void;
	engine_write(target: number, source: number, bytes: number): void;
	host_time(isMonotonic: number): number;
}

/** What an instance imports beside functions for files. Only one that keeps files reaches an engine; the module is the same. */
export function environment(memory: WebAssembly.Memory, reach?: MemoryReach): WebAssembly.ModuleImports {
	const unused = (): number => 0;
	return { memory, ...(reach ?? { engine_read: unused, engine_write: unused, host_time: unused }) };
}

/** Makes an instance over a prepared memory. Throws when it cannot be made, or refuses its configuration. */
export function startEngine(
	module: WebAssembly.Module,
	memory: WebAssembly.Memory,
	plan: Plan,
	imports: WebAssembly.Imports,
): StartedEngine {
	const instance = new WebAssembly.Instance(module, { ...imports, env: environment(memory) });
	const engine = instance.exports as unknown as StartedEngine & { start(config: number): number };
	const errno = engine.start(plan.config);
	if (errno !== 0) throw new Error(`the engine refused its configuration (WASI errno ${errno})`);
	return engine;
}
