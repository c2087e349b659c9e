// Runs the tests on every runtime that is pinned in test/runtimes/pinned: the whole suite on each version of Node that is not the one that this
// was started with, then the behaviour suite from the packed package on all of them, Deno and Bun. `HOLDFAST_NODES=22,26` takes some,
// `HOLDFAST_NODES=one` one of the others, which the commit chooses, and `HOLDFAST_NODES=none` leaves the whole suites out. With `--update` the table in the README is written anew from what was found.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const FOLDER = 'test/runtimes/pinned';
const VITEST = 'node_modules/vitest/vitest.mjs';
const STAMP = `${FOLDER}/node_modules/.installed-lock.json`;

const lockfile = readFileSync(`${FOLDER}/package-lock.json`, 'utf8');
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== lockfile) {
	run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER });
	writeFileSync(STAMP, lockfile);
}

const own = process.versions.node.split('.')[0];
const others = ['20', '22', '24', '26'].filter((major) => major !== own);
const wanted = wantedOf(process.env.HOLDFAST_NODES);
for (const major of wanted) {
	console.log(`\n== the whole suite on Node ${major}`);
	const folder = join(process.cwd(), FOLDER, 'node_modules', `node-${major}`, 'bin');
	const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
	run(join(folder, 'node'), [VITEST, 'run'], { env });
}

console.log('\n== the behaviour suite from the packed package, on every runtime');
run(process.execPath, [VITEST, 'run', '--config', 'vitest.runtimes.config.ts']);
if (process.argv.includes('--update')) run(process.execPath, ['scripts/runtime-table.js', 'update']);

function wantedOf(asked) {
	if (asked === undefined) return others;
	if (asked === 'none') return [];
	return asked === 'one' ? [chosenByCommit(others)] : asked.split(',');
}

/** Another one for another commit, the same one when a run is repeated; the newest where there is no commit. */
function chosenByCommit(majors) {
	const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
	return status === 0 ? majors[Number.parseInt(stdout.slice(0, 8), 16) % majors.length] : majors.at(-1);
}

function run(command, options, settings = {}) {
	const { status } = spawnSync(command, options, { stdio: 'inherit', ...settings });
	if (status !== 0) process.exit(status ?? 1);
}
