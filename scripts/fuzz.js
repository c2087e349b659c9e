// Bundles the fuzzer, which is TypeScript, and runs it beside the built host: `npm run fuzz -- --help` says what it takes.
import { build } from 'esbuild';
import { fileURLToPath, pathToFileURL } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const outfile = 'build/fuzz/main.mjs';
await build({
	entryPoints: ['test/fuzz/main.ts'],
	outfile,
	bundle: true,
	platform: 'node',
	format: 'esm',
	target: 'node20',
	sourcemap: true,
	logLevel: 'warning',
	// The tests speak of files beside them.
	plugins: [{ name: 'outside', setup }],
});
await import(pathToFileURL(outfile).href);

/** What is built stays where it is: workers and modules find each other by their places. */
function setup({ onResolve }) {
	onResolve({ filter: /^(#|holdfast$)/ }, ({ path }) => ({ path, external: true }));
}
