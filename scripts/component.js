// Makes the component: compiles the engine with its component entry, gives the exports the names of the component model, embeds the
// WIT world, adapts preview 1 to WASI 0.2, and transpiles the result to JavaScript with its types.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentEmbed, componentNew, preview1AdapterReactorPath, transpile } from '@bytecodealliance/jco';
import { renameExports } from './rename-exports.js';

const INTERFACE = 'holdfast:storage/store@0.1.0';
/** What the component entry calls them, because a name in AssemblyScript is an identifier, and what WIT calls them. */
const FUNCTIONS = {
	stat: 'stat',
	read: 'read',
	write: 'write',
	createDirectory: 'create-directory',
	remove: 'delete',
	copy: 'copy',
	rename: 'rename',
	openReader: 'open-reader',
	openDirectory: 'open-directory',
	openWriter: 'open-writer',
	readReader: '[method]reader.read',
	pageDirectory: '[method]directory.page',
	writeWriter: '[method]writer.write',
	flushWriter: '[method]writer.flush',
	closeWriter: '[method]writer.close',
	abortWriter: '[method]writer.abort',
	closeReader: '[dtor]reader',
	closeDirectory: '[dtor]directory',
	dropWriter: '[dtor]writer',
};

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const OUTPUT = 'build/holdfast.component.wasm';
const TRANSPILED = 'build/component';

rmSync(TRANSPILED, { recursive: true, force: true });
mkdirSync(TRANSPILED, { recursive: true });
const compiled = join(TRANSPILED, 'compiled.wasm');
execFileSync(
	process.execPath,
	[
		'node_modules/assemblyscript/bin/asc.js',
		'assembly/component/index.ts',
		...['--config', 'asconfig.json', '--target', 'component', '--outFile', compiled],
	],
	{ stdio: 'inherit' },
);
const names = Object.fromEntries(Object.entries(FUNCTIONS).map(([from, to]) => [from, `${INTERFACE}#${to}`]));
const core = renameExports(readFileSync(compiled), names);
rmSync(compiled);
const embedded = await componentEmbed({ binary: core, witSource: readFileSync('wit/storage.wit', 'utf8') });
const adapter = readFileSync(preview1AdapterReactorPath());
const component = await componentNew(embedded, [['wasi_snapshot_preview1', adapter]]);
writeFileSync(OUTPUT, component);

// Instantiation is the caller's: an instance that trapped is followed by another one.
const { files } = await transpile(component, { name: 'storage', instantiation: 'sync', minify: true });
for (const [name, content] of Object.entries(files)) {
	mkdirSync(dirname(join(TRANSPILED, name)), { recursive: true });
	writeFileSync(join(TRANSPILED, name), content);
}
