// The behaviour suite as a program for runtimes with real files: `RUNTIME behavior.mjs fs memory` prints one line of JSON, a
// `Report` by service, and ends. `HOLDFAST_ONLY` runs the cases whose names contain it. Every case is named on the
// standard error output before it begins, so that a runtime that dies of one says of which.
import { fsService, memoryService } from '../services.js';
import { runBehavior } from './behavior.js';
import type { Report } from './runner.js';

const services = { fs: fsService, memory: memoryService };
const reports: Record<string, Report> = {};
for (const name of process.argv.slice(2)) {
	if (!Object.hasOwn(services, name)) throw new Error(`unknown service '${name}'; known are fs and memory`);
	reports[name] = await runBehavior([services[name as keyof typeof services]], {
		only: process.env.HOLDFAST_ONLY,
		onCase: (title) => process.stderr.write(`${title}\n`),
	});
}
process.stdout.write(`${JSON.stringify(reports)}\n`, () => process.exit(0));
