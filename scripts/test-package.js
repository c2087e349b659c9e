// Packs the package as npm would publish it, installs it in an empty directory, and uses it there: a file that is missing
// from the package, or one that must not be in it, is noticed here.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const empty = mkdtempSync(join(tmpdir(), 'holdfast-package-'));
try {
	const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', empty], project));
	const { filename, files } = Array.isArray(packed) ? packed[0] : Object.values(packed)[0];
	const published = files.map((file) => file.path);
	for (const path of published) {
		if (path.includes('fault')) throw new Error(`${path} must not be published`);
		if (!/^(build\/|wit\/|README|LICENSE|CHANGELOG|ARCHITECTURE|SECURITY|package\.json)/.test(path))
			throw new Error(`${path} is not expected`);
	}

	writeFileSync(join(empty, 'package.json'), '{ "private": true, "type": "module" }');
	run('npm', ['install', '--no-audit', '--no-fund', join(empty, filename)], empty);
	writeFileSync(
		join(empty, 'use.js'),
		`import { Operator } from 'holdfast';
		for (const [scheme, options] of [['fs', { root: 'store' }], ['memory', {}]]) {
			const op = new Operator(scheme, options);
			await op.write('a/b.txt', 'packed');
			if ((await op.read('a/b.txt')).toString() !== 'packed') throw new Error(scheme);
			if (op.readSync('a/b.txt').toString() !== 'packed') throw new Error(scheme);
			await op.close();
		}`,
	);
	run(process.execPath, ['use.js'], empty);
	const listed = run('npx', ['--no-install', 'holdfast', '--root', 'store', 'cat', 'a/b.txt'], empty);
	if (listed !== 'packed') throw new Error(`the command line answered ${JSON.stringify(listed)}`);
	console.log(`packed, installed and used: ${published.length} files`);
} finally {
	rmSync(empty, { recursive: true, force: true });
}

function run(command, options, cwd) {
	return execFileSync(command, options, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
