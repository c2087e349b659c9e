// Builds everything into build/: the engine (shared, unshared, fault), their digests, the component, the host, the command line.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
// What was compiled from files that are gone must not be found, or published.
for (const folder of ['build/host', 'build/assembly', 'build/cli']) rmSync(folder, { recursive: true, force: true });
mkdirSync('build', { recursive: true });

// The engine takes most of the time and seldom changes: it is made again only when something that it is made from has changed.
const ENGINE_SOURCES = [
	'assembly',
	'asconfig.json',
	'wit',
	'scripts/build.js',
	'scripts/component.js',
	'package-lock.json',
];
const ENGINE_KEY = 'build/engine.key';
/** What the making of the engine leaves behind, and what must be there before it counts as made. */
const ENGINES = [
	'engine.wasm',
	'engine.unshared.wasm',
	'engine.fault.wasm',
	'engine.unshared.fault.wasm',
	'holdfast.component.wasm',
];
if (!isEngineMade()) buildEngine();
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
run('scripts/bundle-workers.js');
run('scripts/bundle.js');
run('scripts/bundle-web.js');

function engineKey() {
	return digestOf([...ENGINE_SOURCES.flatMap(filesOf), ...ENGINES.map((name) => `build/${name}`)]);
}

function isEngineMade() {
	return (
		[ENGINE_KEY, 'build/component', ...ENGINES.map((name) => `build/${name}`)].every(existsSync) &&
		readFileSync(ENGINE_KEY, 'utf8') === engineKey()
	);
}

function buildEngine() {
	rmSync(ENGINE_KEY, { force: true });
	const targets = { release: 'index', unshared: 'unshared', fault: 'fault', unsharedFault: 'unshared-fault' };
	for (const [target, entry] of Object.entries(targets)) {
		const source = `assembly/${entry}.ts`;
		run('node_modules/assemblyscript/bin/asc.js', source, '--config', 'asconfig.json', '--target', target);
	}
	// The host refuses a module whose bytes are not these: half of all single-bit flips still validate as wasm.
	const names = ['engine.wasm', 'engine.unshared.wasm', 'engine.fault.wasm'];
	const digests = Object.fromEntries(names.map((name) => [name, sha256Of(`build/${name}`)]));
	writeFileSync('build/engine.json', `${JSON.stringify(digests, null, '\t')}\n`);
	// Before the host, which is compiled against its types.
	run('scripts/component.js');
	writeFileSync(ENGINE_KEY, engineKey());
}

function filesOf(path) {
	if (path.includes('.')) return [path];
	const entries = readdirSync(path, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}

function sha256Of(path) {
	return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Of names and contents. */
function digestOf(paths) {
	const hash = createHash('sha256');
	for (const path of paths) hash.update(path).update(readFileSync(path));
	return hash.digest('hex');
}

function run(script, ...options) {
	try {
		execFileSync(process.execPath, [script, ...options], { stdio: 'inherit' });
	} catch (error) {
		console.error(`build: ${script} ${options.join(' ')} failed`);
		process.exit(error.status ?? 1);
	}
}
