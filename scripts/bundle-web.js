// Bundles the entries for platforms without Node into one file each, in build/web/: `name.web.js` beside `name.js` takes its place,
// and what is missing of Node's globals comes from host/web/globals.ts. An import that only Node has fails the build.

import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const OUTPUT = 'build/web';
const ENTRIES = ['edge', 'browser', 'browser-worker'].map((name) => `build/host/${name}.js`);

const twins = {
	name: 'twins',
	setup(bundler) {
		bundler.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
			const twin = resolve(resolveDir, path.replace(/\.js$/, '.web.js'));
			return existsSync(twin) ? { path: twin } : undefined;
		});
		bundler.onResolve({ filter: /^node:/ }, ({ path, importer }) => ({
			errors: [{ text: `${path} is imported by ${importer}, and only Node has it` }],
		}));
	},
};

rmSync(OUTPUT, { recursive: true, force: true });
await build({
	entryPoints: ENTRIES,
	outdir: OUTPUT,
	bundle: true,
	format: 'esm',
	platform: 'neutral',
	target: 'es2022',
	minify: true,
	sourcemap: true,
	inject: ['build/host/web/globals.js'],
	plugins: [twins],
	logLevel: 'warning',
});
