// Attacks on a root. Each prepares a world, and acts on a contestant that was opened on its root. What a call gives is its output;
// whether that was an escape, the world decides.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, openSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const RACE_MS = 300;

/** Every call that uses one path, with what it is called in the table. */
const CALLS = {
	read: 'read',
	write: 'write',
	append: 'append to',
	stat: 'stat',
	list: 'list',
	createDirectory: 'make a directory at',
	remove: 'delete',
	removeAll: 'delete with all below',
};

/** A way to a place outside: what is prepared, the path that is used, and with which calls it makes sense. */
const WAYS = [
	['`..` in front', '../outside/secret', ['read', 'write', 'append', 'stat', 'remove', 'copy', 'rename']],
	['`..` in the middle', 'dir/../../outside/secret', ['read', 'write', 'stat', 'remove']],
	['`..` behind `.`', './../outside/secret', ['read', 'write']],
	['`..` behind slashes', '//..//outside//secret', ['read', 'write']],
	['`..` to a directory', '../outside/dir', ['list', 'removeAll']],
	['`..` to a new directory', '../outside/made', ['createDirectory']],
	['`..` and a slash at the end', 'dir/../../outside/dir/', ['list']],
	['`..` with a NUL behind', '../outside/secret\0.txt', ['read', 'write']],
	['the absolute path', ({ outside }) => `${outside}/secret`, ['read', 'write', 'stat', 'remove']],
	['`..` in per cent signs', '%2e%2e/outside/secret', ['read', 'write']],
	['`..` with backslashes', '..\\outside\\secret', ['read', 'write']],
	['`..` in wide letters', '\uff0e\uff0e/outside/secret', ['read']],
	[
		'a symlink to a file',
		'link',
		['read', 'write', 'append', 'stat', 'copy', 'copy to'],
		({ out }) => ({ link: out('secret') }),
	],
	['a relative symlink to a file', 'link', ['read', 'write', 'stat'], () => ({ link: '../outside/secret' })],
	['a symlink to a file, with a slash at its end', 'link/', ['read', 'stat'], ({ out }) => ({ link: out('secret') })],
	['a symlink to a symlink', 'one', ['read', 'write'], ({ out }) => ({ one: 'two', two: out('secret') })],
	[
		'a symlink to a directory',
		'link/secret',
		['read', 'write', 'append', 'stat', 'remove', 'copy', 'rename'],
		({ out }) => ({ link: out('dir') }),
	],
	['a symlink to a directory, at the end', 'link', ['list', 'listAll'], ({ out }) => ({ link: out('dir') })],
	[
		'a symlink to a directory, with a slash at its end',
		'link/',
		['list', 'listAll', 'removeAll'],
		({ out }) => ({ link: out('dir') }),
	],
	[
		'a symlink to a directory, with a dot at its end',
		'link/.',
		['list', 'removeAll'],
		({ out }) => ({ link: out('dir') }),
	],
	[
		'a symlink to a directory, with a new name behind it',
		'link/new',
		['write', 'createDirectory', 'copy to', 'rename to'],
		({ out }) => ({ link: out('dir') }),
	],
	['a symlink to nothing outside', 'link', ['write', 'append', 'createDirectory'], ({ out }) => ({ link: out('new') })],
	[
		'a symlink deep in the root',
		'dir/deep/up/secret',
		['read', 'write'],
		() => ({ 'dir/deep/up': '../../../outside' }),
	],
	['`..` behind a symlink', 'link/../secret', ['read', 'write'], ({ out }) => ({ link: out('dir') })],
	['a symlink to the parent of the root', 'link/outside/secret', ['read'], () => ({ link: '..' })],
	['a symlink that begins like the root', 'link/secret', ['read'], ({ root }) => ({ link: `${root}/../outside` })],
	['a symlink through `/proc/self/root`', 'link', ['read'], ({ out }) => ({ link: `/proc/self/root${out('secret')}` })],
	[
		'a symlink to `/proc/self/cwd`',
		'link/secret',
		['read', 'write'],
		(world) => {
			process.chdir(world.outside);
			return { link: '/proc/self/cwd' };
		},
	],
	[
		'a symlink to an open descriptor',
		'link/secret',
		['read', 'write'],
		(world) => {
			return { link: `/proc/self/fd/${openSync(world.outside, 'r')}` };
		},
	],
	['a directory in which a symlink lies', 'dir', ['removeAll', 'listAll'], ({ out }) => ({ 'dir/link': out('dir') })],
];

const ALL_CALLS = {
	...CALLS,
	listAll: 'list all below',
	copy: 'copy from',
	rename: 'rename from',
	'copy to': 'copy to',
	'rename to': 'rename to',
};

function call(contestant, name, path) {
	if (name === 'copy to') return contestant.copy('file', path);
	if (name === 'rename to') return contestant.rename('file', path);
	if (name === 'copy') return contestant.copy(path, 'taken').then(() => contestant.read('taken'));
	if (name === 'rename') return contestant.rename(path, 'taken');
	return contestant[name](path);
}

function* byWay() {
	for (const [way, path, calls, links = () => ({})] of WAYS) {
		for (const name of calls) {
			yield {
				name: `${ALL_CALLS[name]}: ${way}`,
				prepare(world) {
					for (const [link, target] of Object.entries(
						links({ root: world.root, outside: world.outside, out: (at) => world.out(at) }),
					))
						symlinkSync(target, world.in(link));
				},
				act: (contestant, world) => call(contestant, name, typeof path === 'string' ? path : path(world)),
			};
		}
	}
}

/** Several calls, of which some may fail: what all of them gave. */
async function all(...calls) {
	const outputs = [];
	for (const attempt of calls) {
		try {
			outputs.push(await attempt());
		} catch (error) {
			outputs.push(error.code ?? 'refused');
		}
	}
	return outputs.join(' ');
}

/** Between two calls somebody changes what the first one has seen. */
const CHANGES = [
	{
		name: 'read, write and list: a directory that was used is replaced by a symlink',
		act: (contestant, world) =>
			all(
				() => contestant.read('dir/file'),
				() => {
					renameSync(world.in('dir'), world.in('old'));
					symlinkSync(world.out('dir'), world.in('dir'));
				},
				() => contestant.read('dir/secret'),
				() => contestant.write('dir/new'),
				() => contestant.list('dir/'),
			),
	},
	{
		name: 'write and delete: a directory that was used is moved out of the root',
		act: (contestant, world) =>
			all(
				() => contestant.read('dir/deep/file'),
				() => {
					renameSync(world.in('dir/deep'), world.out('deep'));
					world.seal();
				},
				() => contestant.write('dir/deep/new'),
				() => contestant.remove('dir/deep/file'),
			),
	},
	{
		name: 'write: a directory that was used is moved out of the root, and a symlink to it comes in its place',
		act: (contestant, world) =>
			all(
				() => contestant.read('dir/deep/file'),
				() => {
					renameSync(world.in('dir/deep'), world.out('deep'));
					symlinkSync(world.out('deep'), world.in('dir/deep'));
					world.seal();
				},
				() => contestant.write('dir/deep/new'),
				() => contestant.remove('dir/deep/file'),
			),
	},
	{
		name: 'read and write: the root is moved, and a symlink comes in its place',
		act: (contestant, world) =>
			all(
				() => contestant.read('file'),
				() => {
					renameSync(world.root, join(world.base, 'moved'));
					symlinkSync(world.outside, world.root);
				},
				() => contestant.read('secret'),
				() => contestant.write('new'),
			),
	},
	{
		name: 'read and write: the root is moved, and another directory comes in its place',
		act: (contestant, world) =>
			all(
				() => contestant.read('file'),
				() => {
					renameSync(world.root, join(world.base, 'moved'));
					renameSync(world.outside, world.root);
					world.outside = world.root;
				},
				() => contestant.read('secret'),
				() => contestant.write('new'),
			),
	},
];

/** Names by which this library keeps what it has not finished, made by somebody else. */
const HIDDEN = [
	{
		name: 'append to: the lock of the name is a symlink to a directory',
		prepare: (world) => {
			symlinkSync(world.out('dir'), world.in(lockName('file')));
			// A second name makes readers look into the lock.
			linkSync(world.in('file'), world.in('second'));
		},
		act: (contestant) =>
			all(
				() => contestant.append('file'),
				() => contestant.read('file'),
				() => contestant.stat('file'),
			),
	},
	{
		name: 'open: names of a dead owner behind a symlink',
		prepare: (world) => {
			symlinkSync(world.out('dir'), world.in('link'));
			mkdirSync(world.out('dir/.holdfast-00000000-1-1-1-ff.lock'));
			writeFileSync(world.out('dir/.holdfast-00000000-1-1-1-ff.tmp'), '');
			utimesSync(world.out('dir/.holdfast-00000000-1-1-1-ff.tmp'), 1, 1);
		},
		act: async (contestant) => {
			await contestant.list('');
			await delay(300);
		},
	},
	{
		name: 'watch: a symlink to a directory',
		needs: 'watch',
		prepare: (world) => symlinkSync(world.out('dir'), world.in('link')),
		act: async (contestant, world) => {
			const watching = contestant.watch('link/');
			// It may be refused before anybody waits for it.
			watching.catch(() => undefined);
			await delay(100);
			writeFileSync(world.out('dir/hidden-treasure'), 'changed by its owner');
			world.seal();
			return watching;
		},
	},
];

/** The lock of a name; see `assembly/names.ts`. */
function lockName(name) {
	const halves = [0x811c9dc5, 0x2f6b1e97].map((seed) => {
		let hash = seed;
		for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
		return (hash >>> 0).toString(16).padStart(8, '0');
	});
	return `.holdfast-${halves.join('')}.lock`;
}

/** A second process swaps `door`, a directory, and `file` for symlinks that lead out. */
function race(name, act) {
	return {
		name: `${name}, raced by a process that swaps it for a symlink`,
		prepare(world) {
			mkdirSync(world.in('door'));
			writeFileSync(world.in('door/secret'), 'inside');
		},
		async act(contestant, world) {
			const swapper = spawn(process.execPath, [join(import.meta.dirname, 'swapper.mjs'), world.root, world.outside], {
				stdio: ['pipe', 'ignore', 'inherit'],
			});
			const ended = once(swapper, 'exit');
			await once(swapper, 'spawn');
			let output = '';
			const deadline = Date.now() + RACE_MS;
			while (Date.now() < deadline && world.verdict(output) === '') {
				for (let round = 0; round < 20; round++) output += await all(() => act(contestant, round));
				output = output.slice(-10_000);
			}
			swapper.stdin.end();
			await ended;
			return output;
		},
	};
}

const RACES = [
	race('read: a file', (contestant) => contestant.read('file')),
	race('read: a directory on the way', (contestant) => contestant.read('door/secret')),
	race('write: a directory on the way', (contestant) => contestant.write('door/secret')),
	race('append to: a file', (contestant) => contestant.append('file')),
	race('make a directory at: a directory on the way', (contestant, round) =>
		contestant.createDirectory(`door/made${round}`),
	),
	race('list: a directory', (contestant) => contestant.list('door/')),
	race('stat: a directory on the way', (contestant) => contestant.stat('door/secret')),
	race('rename to: a directory on the way', async (contestant, round) => {
		await contestant.write(`new${round}`);
		await contestant.rename(`new${round}`, 'door/new');
	}),
	race('delete: a directory on the way', (contestant) => contestant.remove('door/hidden-treasure')),
	race('delete with all below: a directory', (contestant) => contestant.removeAll('door/')),
];

/** Whoever opens one waits for somebody on the other side. */
const FIFOS = ['stat', 'read', 'write', 'copy to'].map((name) => ({
	name: `${ALL_CALLS[name]}: a FIFO`,
	mayBlock: true,
	prepare: (world) => execFileSync('mkfifo', [world.in('fifo')]),
	act: (contestant) => call(contestant, name, 'fifo'),
}));

export const attacks = [...byWay(), ...CHANGES, ...HIDDEN, ...RACES, ...FIFOS];
