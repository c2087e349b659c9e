import { Operator } from 'holdfast';
import { runBehavior } from '../behavior/portable/behavior.js';
import type { Report } from '../behavior/portable/runner.js';
import type { Opened, ServiceUnderTest } from '../behavior/service.js';
import { lacksNode } from './lacks.js';

/** The cases of one topic keep what they write until the last of them. */
const MAXIMUM_BYTES = 512 * 1024 ** 2;

/** The memory service of `holdfast/edge`, in whatever runtime this is bundled for. */
export function memoryOf(module: WebAssembly.Module): ServiceUnderTest {
	const opened = (op: Operator): Opened => ({
		op,
		root: null,
		outside: null,
		again: null,
		dispose: () => op.close(),
	});
	return {
		name: 'memory of the edge',
		open: async (options) => opened(new Operator('memory', { module, maximumBytes: MAXIMUM_BYTES, ...options })),
		openUri: async () => opened(Operator.fromUri('memory://localhost/', { module })),
	};
}

// What the layer for logging says to the console is nobody's business here.
console.debug = () => undefined;
// Some cases wait for a turn of the event loop with this.
globalThis.setImmediate ??= ((turn: () => void) => setTimeout(turn, 0)) as unknown as typeof setImmediate;

export function runSuite(module: WebAssembly.Module, only?: string): Promise<Report> {
	return runBehavior([memoryOf(module)], { only, lacks: lacksNode });
}
