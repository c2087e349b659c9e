// Bundles the command line into build/cli/: its arguments and progress bars come from packages that the published package does
// not depend on. The library itself is not bundled: the programs load ../host/, so that there is one copy of it.

import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeSbom } from './sbom.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const OUTPUT = 'build/cli';
const SOURCES = 'build/host/cli';
const PROGRAMS = ['holdfast', 'main-job'];
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Whatever of ours is not part of the command line is loaded from where the compiler has put it. */
const keepLibraryOutside = {
	name: 'keep-library-outside',
	setup(bundler) {
		bundler.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
			const target = resolve(resolveDir, path);
			if (target.startsWith(resolve(SOURCES) + sep) || target.includes(`${sep}node_modules${sep}`)) return undefined;
			return { path: relative(OUTPUT, target), external: true };
		});
	},
};

rmSync(OUTPUT, { recursive: true, force: true });
const { metafile } = await build({
	entryPoints: PROGRAMS.map((name) => `${SOURCES}/${name}.js`),
	outdir: OUTPUT,
	bundle: true,
	splitting: false,
	platform: 'node',
	format: 'esm',
	target: 'node20',
	define: { HOLDFAST_VERSION: JSON.stringify(version) },
	// Packages in CommonJS ask for Node's own modules with `require`, which a module does not have by itself.
	banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
	plugins: [keepLibraryOutside],
	metafile: true,
	logLevel: 'warning',
});
for (const name of PROGRAMS) chmodSync(`${OUTPUT}/${name}.js`, 0o755);
const packages = packagesOf(Object.keys(metafile.inputs));
writeFileSync(`${OUTPUT}/LICENSES.txt`, licenses(packages));
writeSbom(packages);

/** The directories of the packages in the bundle. */
function packagesOf(inputs) {
	return [...new Set(inputs.filter((input) => input.includes('node_modules/')).map(packageOf))].sort();
}

/** Their licenses, which want to be passed on with it. */
function licenses(directories) {
	const texts = directories.map((directory) => {
		const { name, version: packaged, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
		const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
		if (file === undefined) throw new Error(`${directory} has no license file; see what may be done with it`);
		return `${name} ${packaged} (${license})\n\n${readFileSync(join(directory, file), 'utf8').trim()}\n`;
	});
	return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** The nearest directory with a manifest. */
function packageOf(input) {
	let directory = dirname(input);
	while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
	return directory;
}
