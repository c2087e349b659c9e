// A program that plays with names below a root, as fast as it can: `door` is by turns a directory inside and a symlink to one
// outside, `file` a file inside and a symlink to one outside; with a third argument the symlinks lead to places inside by turns too.
// What others have taken away it makes anew. It ends when its input does.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';

const [root, outside, inside] = process.argv.slice(2);
let isOver = false;
process.stdin
	.on('end', () => {
		isOver = true;
	})
	.resume();

/** Name -> what it is made of: the place in the root, and outside. */
const NAMES = {
	door: { make: (path) => mkdirSync(path), outside: `${outside}/dir`, inside: 'real' },
	file: { make: (path) => writeFileSync(path, 'inside'), outside: `${outside}/secret`, inside: 'real/secret' },
};
let turns = 0;

/** Whatever of it fails is made right in the next turn. */
function attempt(work) {
	try {
		work();
	} catch {}
}

function swap(name) {
	const at = `${root}/${name}`;
	const { make, ...targets } = NAMES[name];
	const target = inside !== undefined && turns++ % 2 === 0 ? targets.inside : targets.outside;
	attempt(() => symlinkSync(target, `${at}.link`));
	attempt(() => make(`${at}.real`));
	for (let round = 0; round < 4; round++) {
		attempt(() => renameSync(at, `${at}.away`));
		attempt(() => renameSync(`${at}.link`, at));
		attempt(() => renameSync(at, `${at}.link`));
		attempt(() => renameSync(`${at}.away`, at));
	}
	attempt(() => renameSync(`${at}.real`, at));
	for (const left of ['link', 'away', 'real']) attempt(() => rmSync(`${at}.${left}`, { recursive: true }));
}

const run = () => {
	for (let round = 0; round < 50; round++) for (const name of Object.keys(NAMES)) swap(name);
	if (!isOver) setImmediate(run);
};
run();
