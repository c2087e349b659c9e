// Builds everything into build/: the engine (shared, unshared, fault), their digests, the component, the host, the command line.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// What was compiled from files that are gone must not be found, or published.
for (const folder of ['build/host', 'build/assembly', 'build/cli']) rmSync(folder, { recursive: true, force: true });
mkdirSync('build', { recursive: true });

// Compiler before linker, engine before host; only what `build/` needs, so that a test run starts soon.
const targets = { release: 'index', unshared: 'index', fault: 'fault', unsharedFault: 'fault' };
for (const [target, entry] of Object.entries(targets)) {
	run(
		'node_modules/assemblyscript/bin/asc.js',
		`assembly/${entry}.ts`,
		'--config',
		'asconfig.json',
		'--target',
		target,
	);
}

// The host refuses a module whose bytes are not these: half of all single-bit flips still validate as wasm.
const digests = {};
for (const name of ['engine.wasm', 'engine.unshared.wasm', 'engine.fault.wasm']) {
	digests[name] = createHash('sha256')
		.update(readFileSync(`build/${name}`))
		.digest('hex');
}
writeFileSync('build/engine.json', `${JSON.stringify(digests, null, '\t')}\n`);

// Before the host, which is compiled against its types.
run('scripts/component.js');
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
run('scripts/bundle.js');
run('scripts/bundle-web.js');

function run(script, ...options) {
	try {
		execFileSync(process.execPath, [script, ...options], { stdio: 'inherit' });
	} catch (error) {
		console.error(`build: ${script} ${options.join(' ')} failed`);
		process.exit(error.status ?? 1);
	}
}
