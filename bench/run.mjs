// `npm run bench` runs every benchmark of this folder, `npm run bench -- NAME` one.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const helpers = new Set(['harness', 'run']);
const all = readdirSync(folder)
	.filter((file) => file.endsWith('.mjs'))
	.map((file) => basename(file, '.mjs'))
	.filter((name) => !helpers.has(name));
const wanted = process.argv.slice(2);
for (const name of wanted) {
	if (all.includes(name)) continue;
	console.error(`bench: there is no '${name}'; known are ${all.join(', ')}`);
	process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : all) {
	console.log(`\n== ${name}`);
	execFileSync(process.execPath, ['--expose-gc', `${folder}${name}.mjs`], { stdio: 'inherit' });
}
