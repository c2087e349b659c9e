// Bundles what a worker thread loads into one file per service, beside what the compiler made of it: a thread that loads some thirty
// modules one by one takes half as long again until its first answer (docs/decisions/0070-what-a-thread-loads.md). CommonJS, because
// Node needs its loader of modules for nothing else in such a thread.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const WORKERS = ['fs-worker', 'thread-bound-worker', 'memory-worker'];

await build({
	entryPoints: WORKERS.map((name) => `build/host/services/${name}.js`),
	outdir: 'build/host/services',
	outExtension: { '.js': '.cjs' },
	bundle: true,
	format: 'cjs',
	platform: 'node',
	target: 'node20',
	// Composed with those of the compiler: they lead to the sources.
	sourcemap: true,
	logLevel: 'warning',
});
