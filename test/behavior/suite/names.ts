import { HoldfastError, type Operator } from 'holdfast';
import { expect, it } from 'vitest';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeTopic, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const NAME_MAX_BYTES = 255;
const PATH_MAX_BYTES = 4095;

const goodNames: Readonly<Record<string, string>> = {
	'of ASCII letters, digits and signs': "aZ09-_.~!@#$%^&()+=[]{},;'",
	'with a colon, a star and a question mark': 'a:b*c?d<e>f|g',
	'with a backslash': 'back\\slash',
	'of German letters': 'Übergrößenträger',
	'in Chinese': '汉字文件',
	'in Arabic': 'ملف',
	'outside of the basic plane': '😀🏳️‍🌈',
	'with spaces inside, in front and behind': '  two words  ',
	'with double quotes': 'say "hello"',
	'with single quotes and backticks': "it's `quoted`",
	'with a newline': 'first line\nsecond line',
	'with a tab and other control characters': 'a\tb\rc\u0001d\u007f',
	'with a leading dot': '.hidden',
	'with two leading dots': '..hidden',
	'of three dots': '...',
	'with a trailing dot': 'trailing.',
	'with a per cent escape': 'a%2Fb%00c%2e%2e',
	'with a replacement character': 'a\ufffdb',
	'with a byte order mark': '\ufeffmarked',
	'of 255 bytes': 'n'.repeat(NAME_MAX_BYTES),
	'of 255 bytes in 85 characters': '漢'.repeat(NAME_MAX_BYTES / 3),
};

const badPaths: Readonly<Record<string, string>> = {
	'that is ..': '..',
	'that begins with ..': '../outside',
	'with .. inside': 'inside/../other',
	'that ends with ..': 'inside/..',
	'with .. after a leading slash': '/../outside',
	'that ends with ../': 'inside/../',
	'with a name of 256 bytes': 'n'.repeat(NAME_MAX_BYTES + 1),
	'with a name of 256 bytes in 86 characters': `${'漢'.repeat(85)}n`,
	'with a directory name of 256 bytes': `${'n'.repeat(NAME_MAX_BYTES + 1)}/file`,
	'with NUL': 'a\0b',
	'with NUL at the end': 'a\0',
	'with NUL in a directory name': 'a\0b/file',
	'with a lone high surrogate': 'a\ud800b',
	'with a lone low surrogate': 'a\udc00b',
	'with surrogates in the wrong order': 'a\udc00\ud800b',
	'with a high surrogate at the end': 'a\ud83d',
	'that is NUL': '\0',
	'with a lone surrogate in a directory name': 'a\udfffb/file',
	'of 100,000 characters': 'n'.repeat(100_000),
	'of 100,000 characters in 20,000 names': 'name/'.repeat(20_000),
	'of 10,000 components': `${'a/'.repeat(10_000)}file`,
	'of more than a million slashes': `${'/'.repeat(2 ** 20)}file`,
	'longer than a path can be': `${'component/'.repeat(Math.ceil(PATH_MAX_BYTES / 10))}file`,
};

type Attempt = (scene: Scene, path: string) => Promise<unknown>;

/** Every method that takes a path, and every place of it that takes one. `existing` is a file that exists. */
const attempts: Readonly<Record<string, Attempt>> = {
	stat: ({ calls }, path) => calls.stat(path),
	exists: ({ calls }, path) => calls.exists(path),
	createDir: ({ calls }, path) => calls.createDir(path.endsWith('/') ? path : `${path}/`),
	read: ({ calls }, path) => calls.read(path),
	'read of a range': ({ calls }, path) => calls.read(path, { offset: 1n, size: 1n }),
	reader: ({ calls }, path) => calls.reader(path),
	write: ({ calls }, path) => calls.write(path, 'x'),
	'write of nothing': ({ calls }, path) => calls.write(path, ''),
	'write with append': ({ calls }, path) => calls.write(path, 'x', { append: true }),
	'write with ifNotExists': ({ calls }, path) => calls.write(path, 'x', { ifNotExists: true }),
	writer: ({ calls }, path) => calls.writer(path),
	'copy from': ({ calls }, path) => calls.copy(path, 'target'),
	'copy to': ({ calls }, path) => calls.copy('existing', path),
	'rename from': ({ calls }, path) => calls.rename(path, 'target'),
	'rename to': ({ calls }, path) => calls.rename('existing', path),
	delete: ({ calls }, path) => calls.delete(path),
	'delete with recursive': ({ calls }, path) => calls.delete(path, { recursive: true }),
	remove: ({ calls }, path) => calls.remove([path]),
	'remove after a good one': ({ calls }, path) => calls.remove(['missing', path]),
	removeAll: ({ calls }, path) => calls.removeAll(path),
	list: ({ calls }, path) => calls.list(path),
	'list of a directory': ({ calls }, path) => calls.list(path.endsWith('/') ? path : `${path}/`),
	'list with recursive': ({ calls }, path) => calls.list(path, { recursive: true }),
	'list with startAfter': ({ calls }, path) => calls.list(path, { startAfter: 'a' }),
	lister: ({ calls }, path) => calls.lister(path),
	'lister with recursive': ({ calls }, path) => calls.lister(path, { recursive: true }),
	'writer with append': ({ calls }, path) => calls.writer(path, { append: true }),
};

/** Methods that have no blocking twin. */
const asyncAttempts: Readonly<Record<string, (op: Operator, path: string) => Promise<unknown>>> = {
	readText: (op, path) => op.readText(path),
	readJson: (op, path) => op.readJson(path),
	blob: (op, path) => op.blob(path),
	watch: async (op, path) => {
		const watch = op.watch(path);
		await watch.ready;
		watch.close();
	},
	presignRead: (op, path) => op.presignRead(path, 1),
	presignWrite: (op, path) => op.presignWrite(path, 1),
	presignStat: (op, path) => op.presignStat(path, 1),
	presignDelete: (op, path) => op.presignDelete(path, 1),
};

/** Long ways to write `file`. */
const longPaths: readonly string[] = [
	`${'/'.repeat(100_000)}file`,
	`${'./'.repeat(10_000)}file`,
	`${'/.'.repeat(5000)}//file`,
];

/** Which names work everywhere, and which are refused by every method. */
export function nameBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'names', (scene) => {
		for (const [kind, name] of Object.entries(goodNames)) {
			it(`a file ${kind} is written, found, listed, read, copied, renamed and deleted`, async () => {
				const { calls } = scene;
				const directory = scene.fresh();
				const path = `${directory}/${name}`;
				await calls.write(path, name);
				expectBytes(await calls.read(path), name);
				expect((await calls.stat(path)).isFile()).toBe(true);
				const entries = await calls.list(`${directory}/`);
				expect(pathsOf(entries)).toEqual([`${directory}/`, path]);
				expect(entries[1].name()).toBe(name);
				await calls.copy(path, `${directory}/copies/${name}`);
				await calls.rename(path, `${directory}/moved/${name}`);
				expect(await calls.exists(path)).toBe(false);
				expectBytes(await calls.read(`${directory}/copies/${name}`), name);
				expectBytes(await calls.read(`${directory}/moved/${name}`), name);
				await calls.delete(`${directory}/moved/${name}`);
				expect(await calls.exists(`${directory}/moved/${name}`)).toBe(false);
			});

			it(`a directory ${kind} is made, written into, listed and deleted`, async () => {
				const { calls } = scene;
				const directory = `${scene.fresh()}/${name}/`;
				await calls.createDir(directory);
				await calls.write(`${directory}${name}`, 'x');
				const entries = await calls.list(directory);
				expect(pathsOf(entries)).toEqual([directory, `${directory}${name}`]);
				expect(entries[0].name()).toBe(`${name}/`);
				await calls.delete(directory, { recursive: true });
				expect(await calls.exists(directory)).toBe(false);
			});
		}

		it('names that the file system shows are the names that were given', async ({ skip }) => {
			const { outside } = scene;
			if (outside === null) return skip('the content of this service cannot be seen from outside');
			const directory = scene.fresh();
			for (const name of Object.values(goodNames)) await scene.calls.write(`${directory}/${name}`, 'x');
			expect(outside.names(directory).sort()).toEqual(Object.values(goodNames).sort());
		});

		it('a path of 4,095 bytes is fine', async () => {
			const { calls } = scene;
			const directories = `${'d'.repeat(99)}/`.repeat(40);
			const path = `${directories}${'f'.repeat(PATH_MAX_BYTES - directories.length)}`;
			expect(path).toHaveLength(PATH_MAX_BYTES);
			try {
				await calls.write(path, 'deep');
				expectBytes(await calls.read(path), 'deep');
			} finally {
				// Below the directories of the store its whole path is too long for the calls that clean up after the suite.
				await calls.delete(directories.slice(0, directories.indexOf('/') + 1), { recursive: true });
			}
		});
	});

	describeTopic(service, 'refused names', (scene) => {
		for (const [method, attempt] of Object.entries(attempts)) {
			it(`${method} refuses each with InvalidPath, and changes nothing`, async () => {
				await scene.op.write('existing', 'untouched');
				const deviations: string[] = [];
				for (const [kind, path] of Object.entries(badPaths)) {
					const answer = await answerTo(attempt(scene, path));
					if (answer !== 'InvalidPath') deviations.push(`a path ${kind}: ${answer}`);
				}
				expect(deviations.join('\n')).toBe('');
				expectBytes(await scene.op.read('existing'), 'untouched');
				expect(pathsOf(await scene.op.list('/', { recursive: true }))).toEqual(['/', 'existing']);
			});
		}

		it('methods without a blocking twin refuse each with InvalidPath too', async () => {
			const deviations: string[] = [];
			for (const [method, attempt] of Object.entries(asyncAttempts)) {
				for (const [kind, path] of Object.entries(badPaths)) {
					const answer = await answerTo(attempt(scene.op, path));
					if (answer !== 'InvalidPath') deviations.push(`${method} of a path ${kind}: ${answer}`);
				}
			}
			expect(deviations.join('\n')).toBe('');
		});

		it('slashes and dots that mean nothing are left out by every method, however many', async () => {
			const { calls } = scene;
			for (const path of longPaths) {
				await calls.write('file', 'content');
				expectBytes(await calls.read(path), 'content');
				expect((await calls.stat(path)).contentLength).toBe(7n);
				expect(await calls.exists(path)).toBe(true);
				expect(pathsOf(await calls.list(path))).toEqual(['file']);
				expect(pathsOf(await (await calls.lister(path)).rest())).toEqual(['file']);
				expect(await (await calls.reader(path)).read(Buffer.alloc(10))).toBe(7n);
				await expectCode(calls.copy(path, 'file'), 'IsSameFile');
				await calls.copy(path, 'copy');
				await calls.copy('copy', path);
				await calls.rename(path, 'moved');
				await calls.rename('moved', path);
				const writer = await calls.writer(path, { append: true });
				await writer.write('!');
				expect((await writer.close()).contentLength).toBe(8n);
				await calls.remove(['copy', path]);
				await calls.write(path, 'x');
				await calls.removeAll(path);
				await calls.write(path, 'x');
				await calls.delete(path);
				expect(await calls.exists('file')).toBe(false);
			}
		});

		it('the error tells which name is meant, what is wrong with it, and that repeating is useless', async () => {
			const error = await expectCode(scene.calls.read('inside/../other'), 'InvalidPath');
			expect(error.path).toBe('inside/../other');
			expect(error.message).toContain('inside/../other');
			expect(error.retryable).toBe(false);
		});
	});
}

async function answerTo(call: Promise<unknown>): Promise<string> {
	try {
		await call;
		return 'accepted';
	} catch (error) {
		return error instanceof HoldfastError ? error.code : String(error);
	}
}
