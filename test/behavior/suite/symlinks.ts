import { expect, it } from 'vitest';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeTopic, type Scene } from '../scene.js';
import type { Outside, ServiceUnderTest } from '../service.js';

type Attempt = (scene: Scene, path: string, directory: string) => Promise<unknown>;

/** What uses the content behind a path: each follows the link, so each is refused when that leads out. */
const uses: Readonly<Record<string, Attempt>> = {
	stat: ({ calls }, path) => calls.stat(path),
	exists: ({ calls }, path) => calls.exists(path),
	read: ({ calls }, path) => calls.read(path),
	reader: async ({ calls }, path) => (await calls.reader(path)).read(Buffer.alloc(10)),
	write: ({ calls }, path) => calls.write(path, 'overwritten'),
	'write with append': ({ calls }, path) => calls.write(path, 'appended', { append: true }),
	'write with ifNotExists': ({ calls }, path) => calls.write(path, 'new', { ifNotExists: true }),
	writer: async ({ calls }, path) => {
		const writer = await calls.writer(path);
		await writer.write('overwritten');
		await writer.close();
	},
	createDir: ({ calls }, path) => calls.createDir(`${path}/`),
	list: ({ calls }, path) => calls.list(`${path}/`),
	'list with recursive': ({ calls }, path) => calls.list(`${path}/`, { recursive: true }),
	'copy from': ({ calls }, path, directory) => calls.copy(path, `${directory}/new`),
	'copy to': ({ calls }, path, directory) => calls.copy(`${directory}/plain`, path),
};

/** What acts on the name behind a link on the way. */
const usesBelow: Readonly<Record<string, Attempt>> = {
	...uses,
	'rename from': ({ calls }, path, directory) => calls.rename(path, `${directory}/new`),
	'rename to': ({ calls }, path, directory) => calls.rename(`${directory}/plain`, path),
	delete: ({ calls }, path) => calls.delete(path),
	'delete with recursive': ({ calls }, path) => calls.delete(path, { recursive: true }),
	remove: ({ calls }, path) => calls.remove([path]),
	removeAll: ({ calls }, path) => calls.removeAll(path),
};

async function deviations(attempts: Readonly<Record<string, Attempt>>, scene: Scene, path: string, directory: string) {
	const found: string[] = [];
	for (const [method, attempt] of Object.entries(attempts)) {
		const answer = await attempt(scene, path, directory).then(
			() => 'accepted',
			(error: { code?: string }) => error.code ?? String(error),
		);
		if (answer !== 'InvalidPath') found.push(`${method}: ${answer}`);
	}
	return found.join('\n');
}

/** A root whose symlinks are followed as long as they end inside. */
export function symlinkBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'symlinks within the root', (scene) => {
		/** A directory with a file `plain`, and a directory `real` with a file `file`. */
		const begin = (): { outside: Outside; directory: string } => {
			const { outside } = scene;
			if (outside === null) throw new Error('symlinks are for services with a root');
			const directory = scene.fresh();
			outside.makeDirectory(`${directory}/real`);
			outside.write(`${directory}/plain`, 'plain');
			outside.write(`${directory}/real/file`, 'real');
			return { outside, directory };
		};

		it('a link to a file is read, told and listed as that file', async () => {
			const { outside, directory } = begin();
			const { calls } = scene;
			outside.symlink('real/file', `${directory}/link`);
			outside.symlink('link', `${directory}/second`);
			for (const path of [`${directory}/link`, `${directory}/second`]) {
				expectBytes(await calls.read(path), 'real');
				expectBytes(await calls.read(path, { offset: 1n, size: 2n }), 'ea');
				const buffer = Buffer.alloc(4);
				expect(await (await calls.reader(path)).read(buffer)).toBe(4n);
				const metadata = await calls.stat(path);
				expect([metadata.isFile(), metadata.contentLength]).toEqual([true, 4n]);
				expect(metadata.etag).toBe((await calls.stat(`${directory}/real/file`)).etag);
				expect(await calls.exists(path)).toBe(true);
			}
			const entries = await calls.list(`${directory}/`);
			const names = ['', 'link', 'plain', 'real/', 'second'].map((name) => `${directory}/${name}`);
			expect(pathsOf(entries)).toEqual(names);
			expect([entries[1].metadata().isFile(), entries[1].metadata().contentLength]).toEqual([true, 4n]);
			await expectCode(calls.stat(`${directory}/link/`), 'NotFound');
		});

		it('writing through a link replaces what it leads to, and the link stays', async () => {
			const { outside, directory } = begin();
			const { calls } = scene;
			outside.symlink('real/file', `${directory}/link`);
			outside.setMode(`${directory}/real/file`, 0o640);
			const written = await calls.write(`${directory}/link`, 'new content');
			expect(written.contentLength).toBe(11n);
			expectBytes(outside.read(`${directory}/real/file`), 'new content');
			expect(outside.mode(`${directory}/real/file`).toString(8)).toBe('640');
			await calls.write(`${directory}/link`, ' and more', { append: true });
			const writer = await calls.writer(`${directory}/link`, { append: true });
			await writer.write('!');
			await writer.close();
			expectBytes(outside.read(`${directory}/real/file`), 'new content and more!');
			await expectCode(calls.write(`${directory}/link`, 'x', { ifNotExists: true }), 'ConditionNotMatch');
			const replacing = await calls.writer(`${directory}/link`);
			await replacing.write(Buffer.alloc(100_000, 'x'));
			await replacing.close();
			expect((await calls.stat(`${directory}/real/file`)).contentLength).toBe(100_000n);
			expect(outside.isSymlink(`${directory}/link`)).toBe(true);
			expect(outside.names(`${directory}/real`)).toEqual(['file']);
			expect(outside.names(directory).sort()).toEqual(['link', 'plain', 'real']);
		});

		it('writing through a link to nothing makes what it leads to, parents too', async () => {
			const { outside, directory } = begin();
			outside.symlink('made/below/file', `${directory}/link`);
			await expectCode(scene.calls.read(`${directory}/link`), 'NotFound');
			expect(await scene.calls.exists(`${directory}/link`)).toBe(false);
			await scene.calls.write(`${directory}/link`, 'made');
			expectBytes(outside.read(`${directory}/made/below/file`), 'made');
			outside.symlink('made/there', `${directory}/directory`);
			await scene.calls.createDir(`${directory}/directory/`);
			expect((await scene.calls.stat(`${directory}/made/there/`)).isDirectory()).toBe(true);
		});

		it('a link to a directory leads into it', async () => {
			const { outside, directory } = begin();
			const { calls } = scene;
			outside.symlink('real', `${directory}/link`);
			expectBytes(await calls.read(`${directory}/link/file`), 'real');
			expect((await calls.stat(`${directory}/link/`)).isDirectory()).toBe(true);
			await expectCode(calls.read(`${directory}/link`), 'IsADirectory');
			await expectCode(calls.write(`${directory}/link`, 'x'), 'IsADirectory');
			await calls.createDir(`${directory}/link/`);
			await calls.write(`${directory}/link/deep/new`, 'new');
			expectBytes(outside.read(`${directory}/real/deep/new`), 'new');
			await calls.createDir(`${directory}/link/made/`);
			expect(pathsOf(await calls.list(`${directory}/link/`))).toEqual(
				['', 'deep/', 'file', 'made/'].map((name) => `${directory}/link/${name}`),
			);
			await calls.rename(`${directory}/link/file`, `${directory}/link/moved`);
			await calls.copy(`${directory}/link/moved`, `${directory}/link/copy`);
			await calls.delete(`${directory}/link/moved`);
			await calls.removeAll(`${directory}/link/deep/`);
			expect(outside.names(`${directory}/real`).sort()).toEqual(['copy', 'made']);
		});

		it('a recursive listing shows links to directories and does not go through them', async () => {
			const { outside, directory } = begin();
			outside.symlink('..', `${directory}/real/circle`);
			outside.symlink('nothing', `${directory}/real/dangling`);
			outside.symlink('/etc', `${directory}/real/etc`);
			const wanted = ['', 'plain', 'real/', 'real/circle/', 'real/file'].map((name) => `${directory}/${name}`);
			expect(pathsOf(await scene.calls.list(`${directory}/`, { recursive: true }))).toEqual(wanted);
			const lister = await scene.calls.lister(`${directory}/`, { recursive: true });
			expect(pathsOf(await lister.rest()).sort()).toEqual(wanted);
			expectBytes(await scene.calls.read(`${directory}/real/circle/plain`), 'plain');
		});

		it('copying follows the link on both sides', async () => {
			const { outside, directory } = begin();
			outside.symlink('plain', `${directory}/source`);
			outside.symlink('real/file', `${directory}/target`);
			await scene.calls.copy(`${directory}/source`, `${directory}/target`);
			expectBytes(outside.read(`${directory}/real/file`), 'plain');
			expect(outside.isSymlink(`${directory}/target`)).toBe(true);
			await expectCode(scene.calls.copy(`${directory}/source`, `${directory}/plain`), 'IsSameFile');
			await expectCode(
				scene.calls.copy(`${directory}/source`, `${directory}/target`, { ifNotExists: true }),
				'ConditionNotMatch',
			);
		});

		it('renaming moves and replaces the link itself', async () => {
			const { outside, directory } = begin();
			const { calls } = scene;
			outside.symlink('plain', `${directory}/link`);
			await expectCode(calls.rename(`${directory}/link`, `${directory}/plain`), 'IsSameFile');
			await calls.rename(`${directory}/link`, `${directory}/moved`);
			expect(outside.isSymlink(`${directory}/moved`)).toBe(true);
			expectBytes(await calls.read(`${directory}/moved`), 'plain');
			await calls.rename(`${directory}/moved`, `${directory}/kept`, { ifNotExists: true });
			expect([outside.isSymlink(`${directory}/kept`), outside.exists(`${directory}/moved`)]).toEqual([true, false]);
			await expectCode(
				calls.rename(`${directory}/real/file`, `${directory}/kept`, { ifNotExists: true }),
				'ConditionNotMatch',
			);
			await calls.rename(`${directory}/real/file`, `${directory}/kept`);
			expect(outside.isSymlink(`${directory}/kept`)).toBe(false);
			expectBytes(outside.read(`${directory}/kept`), 'real');
			expectBytes(outside.read(`${directory}/plain`), 'plain');
		});

		it('deleting takes the link itself, and never what is behind it', async () => {
			const { outside, directory } = begin();
			const links: [string, string][] = [
				['to-file', 'plain'],
				['to-directory', 'real'],
				['to-nothing', 'nothing'],
				['to-outside', outside.secret('a secret')],
				['to-itself', 'to-itself'],
			];
			const ways: ((path: string) => Promise<unknown>)[] = [
				(path) => scene.calls.delete(path),
				(path) => scene.calls.delete(`${path}/`, { recursive: true }),
				(path) => scene.calls.remove([path]),
				(path) => scene.calls.removeAll(path),
			];
			for (const [name, target] of links) {
				for (const remove of ways) {
					outside.symlink(target, `${directory}/${name}`);
					await remove(`${directory}/${name}`);
					expect(outside.exists(`${directory}/${name}`), name).toBe(false);
				}
			}
			expectBytes(outside.read(`${directory}/plain`), 'plain');
			expectBytes(outside.read(`${directory}/real/file`), 'real');
		});

		it('removing a directory takes the links in it, and never what is behind them', async () => {
			const { outside, directory } = begin();
			outside.makeDirectory(`${directory}/tree`);
			outside.symlink('../real', `${directory}/tree/link`);
			outside.symlink('../plain', `${directory}/tree/other`);
			await scene.calls.removeAll(`${directory}/tree/`);
			expect(outside.exists(`${directory}/tree`)).toBe(false);
			expectBytes(outside.read(`${directory}/real/file`), 'real');
			expectBytes(outside.read(`${directory}/plain`), 'plain');
		});

		it('an absolute target, and one that leaves the root and comes back, count by where they end', async () => {
			const { outside, directory } = begin();
			const root = scene.opened.root as string;
			const name = root.slice(root.lastIndexOf('/') + 1);
			const inside: Record<string, string> = {
				absolute: `${root}/${directory}/plain`,
				'absolute with dots': `${root}/./${directory}//real/../plain`,
				'out and back': `../../${name}/${directory}/plain`,
				'out above the top and back': `${'../'.repeat(100)}${root.slice(1)}/${directory}/plain`,
				'through the root': `${root}/../${name}/${directory}/plain`,
			};
			for (const [link, target] of Object.entries(inside)) {
				outside.symlink(target, `${directory}/${link}`);
				expectBytes(await scene.calls.read(`${directory}/${link}`), 'plain');
			}
			outside.symlink(root, `${directory}/root`);
			expectBytes(await scene.calls.read(`${directory}/root/${directory}/plain`), 'plain');
			expect((await scene.calls.stat(`${directory}/root/`)).isDirectory()).toBe(true);
		});

		it('a link that leads out is refused by every method, whatever it looks like', async () => {
			const { outside, directory } = begin();
			const secret = outside.secret('a secret');
			const root = scene.opened.root as string;
			const targets: Record<string, string> = {
				absolute: secret,
				relative: '../../../secret',
				'of the parent of the root': '../..',
				'beside the root with a longer name': `${root}x/secret`,
				'through the root and out': `${root}/../../secret`,
				'through proc': '/proc/self/root/etc/passwd',
				'through a descriptor': '/proc/self/fd/0',
				'to the top': '/',
				'through a link that leads out': 'absolute',
				'to itself': 'to itself',
			};
			outside.symlink('two', `${directory}/one`);
			outside.symlink('one', `${directory}/two`);
			for (const [link, target] of Object.entries(targets)) outside.symlink(target, `${directory}/${link}`);
			for (const link of [...Object.keys(targets), 'one']) {
				const path = `${directory}/${link}`;
				expect(await deviations(uses, scene, path, directory), link).toBe('');
				expect(await deviations(usesBelow, scene, `${path}/file`, directory), link).toBe('');
			}
			expectBytes(outside.read(`${directory}/absolute`), 'a secret');
			expect(outside.names(directory).sort()).toEqual(['one', 'plain', 'real', 'two', ...Object.keys(targets)].sort());
		});

		it('40 links in a row are followed, and 41 are refused', async () => {
			const { outside, directory } = begin();
			outside.symlink('plain', `${directory}/1`);
			for (let link = 2; link <= 41; link++) outside.symlink(`${link - 1}`, `${directory}/${link}`);
			expectBytes(await scene.calls.read(`${directory}/40`), 'plain');
			await expectCode(scene.calls.read(`${directory}/41`), 'InvalidPath');
		});

		it('what does not exist cannot be left again', async () => {
			const { outside, directory } = begin();
			outside.symlink('nothing/../plain', `${directory}/link`);
			await expectCode(scene.calls.read(`${directory}/link`), 'NotFound');
			await expectCode(scene.calls.write(`${directory}/link`, 'x'), 'NotFound');
			expectBytes(outside.read(`${directory}/plain`), 'plain');
		});

		it('a link to a FIFO is refused', async () => {
			const { outside, directory } = begin();
			outside.fifo(`${directory}/fifo`);
			outside.symlink('fifo', `${directory}/link`);
			// What is not a directory lists as nothing.
			const { list: _list, 'list with recursive': _recursive, ...others } = uses;
			expect(await deviations(others, scene, `${directory}/link`, directory)).toBe('');
			expect(pathsOf(await scene.calls.list(`${directory}/`))).not.toContain(`${directory}/link`);
		});
	});
}
