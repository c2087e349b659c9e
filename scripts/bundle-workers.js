// Bundles what a thread loads into one file per service, and one for those that only make fsyncs, beside what the compiler made of it: a thread that loads some thirty
// modules one by one takes half as long again until its first answer (docs/decisions/0070-what-a-thread-loads.md). CommonJS, because
// Node needs its loader of modules for nothing else in such a thread.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const WORKERS = ['services/fs-worker', 'services/thread-bound-worker', 'services/memory-worker', 'worker/fsync-thread'];

await build({
	entryPoints: WORKERS.map((name) => `build/host/${name}.js`),
	outbase: 'build/host',
	outdir: 'build/host',
	outExtension: { '.js': '.cjs' },
	bundle: true,
	format: 'cjs',
	platform: 'node',
	target: 'node20',
	// Composed with those of the compiler: they lead to the sources.
	sourcemap: true,
	logLevel: 'warning',
});
