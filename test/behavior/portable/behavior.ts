import type { ServiceUnderTest } from '../service.js';
import { behaviors } from '../suite/index.js';
import { type Report, type RunOptions, runCases } from './runner.js';

/** Runs the whole behaviour suite over these services, without vitest; the bundle must have replaced it (`bundle.ts`). */
export function runBehavior(services: readonly ServiceUnderTest[], options?: RunOptions): Promise<Report> {
	for (const behavior of behaviors) for (const service of services) behavior(service);
	return runCases(options);
}
