import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Result, type RunOptions, holdfast as runHoldfast } from './command.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
/** More than one piece of a transfer, and no multiple of it. */
const LARGE = Buffer.alloc(3_000_001, 'holdfast');

/** Runs a command in the directory of the test, with a store beside it. */
function holdfast(args: readonly string[], options?: RunOptions): Promise<Result> {
	return runHoldfast(['--root', 'store', ...args], { cwd: scratch.path, ...options });
}

function stored(path: string): Buffer {
	return readFileSync(scratch.at('store', path));
}

describe('put', () => {
	test('stores a local file and makes parents and root', async () => {
		scratch.file('local.bin', LARGE);
		expect(await holdfast(['put', 'local.bin', 'a/b.bin'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
		expect(stored('a/b.bin').equals(LARGE)).toBe(true);
		expect(scratch.files('store')).toEqual(['a/b.bin']);
	});

	test('stores below a path that ends in a slash, under the name of the local file', async () => {
		scratch.file('local.txt', 'x');
		await holdfast(['put', './local.txt', 'dir/']);
		expect(scratch.files('store')).toEqual(['dir/local.txt']);
	});

	test('stores standard input', async () => {
		expect(await holdfast(['put', '-', 'in.bin'], { input: LARGE })).toMatchObject({ code: 0, stderr: '' });
		expect(stored('in.bin').equals(LARGE)).toBe(true);
	});

	test('stores standard input that is empty as an empty file', async () => {
		expect(await holdfast(['put', '-', 'empty'], { input: '' })).toMatchObject({ code: 0 });
		expect(stored('empty').length).toBe(0);
	});

	test('--append adds to what is there', async () => {
		await holdfast(['put', '--append', '-', 'log'], { input: 'one\n' });
		await holdfast(['put', '--append', '-', 'log'], { input: 'two\n' });
		expect(stored('log').toString()).toBe('one\ntwo\n');
	});

	test('--no-clobber fails when the path exists, and leaves it as it is', async () => {
		scratch.file('store/kept', 'old');
		const result = await holdfast(['put', '-n', '-', 'kept'], { input: 'new' });
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: ConditionNotMatch: .*\n$/);
		expect(stored('kept').toString()).toBe('old');
	});

	test('--json describes what was stored', async () => {
		const { stdout } = await holdfast(['--json', 'put', '-', 'd//x'], { input: '12345' });
		expect(JSON.parse(stdout)).toMatchObject({ path: 'd/x', mode: 'file', contentLength: 5 });
	});

	test('says that a directory wants import', async () => {
		const result = await holdfast(['put', '.', 'x']);
		expect(result).toMatchObject({ code: 2, stdout: '' });
		expect(result.stderr).toMatch(/^holdfast: usage: .*import.*\n$/);
	});

	test('says which local file is missing', async () => {
		const result = await holdfast(['put', 'no-such-file', 'x']);
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: ENOENT: .*no-such-file.*\n$/);
	});
});

describe('get', () => {
	test('copies a stored file to a local one and replaces it', async () => {
		scratch.file('store/a.bin', LARGE);
		scratch.file('local.bin', 'old');
		expect(await holdfast(['get', 'a.bin', 'local.bin'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
		expect(readFileSync(scratch.at('local.bin')).equals(LARGE)).toBe(true);
		expect(scratch.files('.')).toEqual(['local.bin', 'store/a.bin']);
	});

	test('copies into a directory under its own name', async () => {
		scratch.file('store/d/a.txt', 'x');
		mkdirSync(scratch.at('there'));
		expect(await holdfast(['get', 'd/a.txt', 'there'])).toMatchObject({ code: 0 });
		expect(scratch.files('there')).toEqual(['a.txt']);
	});

	test('writes through a local symlink and keeps the link', async () => {
		scratch.file('store/a', 'new');
		scratch.file('real', 'old');
		symlinkSync('real', scratch.at('link'));
		expect(await holdfast(['get', 'a', 'link'])).toMatchObject({ code: 0, stderr: '' });
		expect(readFileSync(scratch.at('real'), 'utf8')).toBe('new');
	});

	test('writes to a device without replacing it', async () => {
		scratch.file('store/a', 'x');
		expect(await holdfast(['get', 'a', '/dev/null'])).toMatchObject({ code: 0, stderr: '' });
	});

	test('- is standard output', async () => {
		scratch.file('store/a.bin', LARGE);
		const { code, bytes } = await holdfast(['get', 'a.bin', '-']);
		expect(code).toBe(0);
		expect(bytes.equals(LARGE)).toBe(true);
	});

	test('of a missing file leaves the local one alone', async () => {
		scratch.file('store/other', '');
		scratch.file('local', 'old');
		const result = await holdfast(['get', 'missing', 'local']);
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: NotFound: .*'missing'.*\n$/);
		expect(readFileSync(scratch.at('local'), 'utf8')).toBe('old');
	});

	test('--json says where it went', async () => {
		scratch.file('store/a', '123');
		const { stdout } = await holdfast(['--json', 'get', 'a', 'local']);
		expect(JSON.parse(stdout)).toMatchObject({ path: 'a', contentLength: 3, local: 'local' });
	});
});

describe('cat', () => {
	test('writes files one behind the other, byte by byte', async () => {
		scratch.file('store/one', LARGE);
		scratch.file('store/two', Buffer.from([0, 255, 10]));
		const { code, bytes } = await holdfast(['cat', 'one', 'two']);
		expect(code).toBe(0);
		expect(bytes.equals(Buffer.concat([LARGE, Buffer.from([0, 255, 10])]))).toBe(true);
	});

	test('gives what it could read before it fails', async () => {
		scratch.file('store/one', 'text');
		const result = await holdfast(['cat', 'one', 'missing']);
		expect(result).toMatchObject({ code: 1, stdout: 'text' });
		expect(result.stderr).toMatch(/^holdfast: NotFound: .*'missing'.*\n$/);
	});

	test('refuses --json', async () => {
		scratch.file('store/one', 'text');
		expect(await holdfast(['--json', 'cat', 'one'])).toMatchObject({ code: 2, stdout: '' });
	});
});

describe('ls', () => {
	test('lists a directory in order, directories with their slash', async () => {
		for (const path of ['b', 'a', 'd/inner', 'é "quoted"']) scratch.file(`store/${path}`, 'x');
		expect((await holdfast(['ls'])).lines).toEqual(['a', 'b', 'd/', 'é "quoted"']);
	});

	test('gives paths that other commands take, whatever slashes the argument has', async () => {
		scratch.file('store/d/e/x', '');
		expect((await holdfast(['ls', 'd'])).lines).toEqual(['d/e/']);
		expect((await holdfast(['ls', '/d//e/'])).lines).toEqual(['d/e/x']);
		expect((await holdfast(['ls', 'd/e/x'])).lines).toEqual(['d/e/x']);
	});

	test('-r goes down', async () => {
		scratch.file('store/d/e/x', '');
		scratch.file('store/y', '');
		expect((await holdfast(['ls', '-r'])).lines).toEqual(['d/', 'd/e/', 'd/e/x', 'y']);
	});

	test('-U gives the same entries in any order', async () => {
		for (const path of ['b', 'a', 'd/inner']) scratch.file(`store/${path}`, 'x');
		expect((await holdfast(['ls', '-U', '-r'])).lines.sort()).toEqual(['a', 'b', 'd/', 'd/inner']);
	});

	test('-l shows size and time', async () => {
		scratch.file('store/d/x', Buffer.alloc(12_345));
		const { lines } = await holdfast(['ls', '-l', '-r']);
		expect(lines[0]).toMatch(/^ +- {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}d\/$/);
		expect(lines[1]).toMatch(/^ +12345 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}d\/x$/);
	});

	test('--json gives one document per line, also for names with line breaks', async () => {
		scratch.file('store/line\nbreak', '1234');
		scratch.file('store/d/x', '');
		const { lines } = await holdfast(['--json', 'ls']);
		const entries = lines.map((line) => JSON.parse(line));
		expect(entries).toMatchObject([
			{ path: 'd/', mode: 'directory' },
			{ path: 'line\nbreak', mode: 'file', contentLength: 4, lastModified: expect.stringMatching(/^20.*Z$/) },
		]);
	});

	test('of an empty directory gives nothing', async () => {
		mkdirSync(scratch.at('store'));
		expect(await holdfast(['ls'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
	});

	test('of a missing directory is NotFound', async () => {
		mkdirSync(scratch.at('store'));
		const result = await holdfast(['ls', 'nowhere']);
		expect(result).toMatchObject({ code: 1, stdout: '' });
		expect(result.stderr).toMatch(/^holdfast: NotFound: .*'nowhere'.*\n$/);
	});
});

describe('stat', () => {
	test('shows a file', async () => {
		scratch.file('store/x', 'four');
		const { code, lines } = await holdfast(['stat', 'x']);
		expect(code).toBe(0);
		expect(lines).toEqual([
			'path      x',
			'kind      file',
			'size      4 B',
			expect.stringMatching(/^modified {2}20.*Z$/),
			expect.stringMatching(/^etag {6}"/),
		]);
	});

	test('--json gives one document', async () => {
		scratch.file('store/d/x', 'four');
		const file = JSON.parse((await holdfast(['--json', 'stat', 'd/x'])).stdout);
		expect(file).toMatchObject({ path: 'd/x', mode: 'file', contentLength: 4 });
		const directory = JSON.parse((await holdfast(['--json', 'stat', 'd'])).stdout);
		expect(directory).toMatchObject({ path: 'd/', mode: 'directory', etag: null });
	});
});

describe('cp and mv', () => {
	test('cp copies and keeps the source', async () => {
		scratch.file('store/a', 'x');
		expect(await holdfast(['cp', 'a', 'd/b'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
		expect(scratch.files('store')).toEqual(['a', 'd/b']);
	});

	test('mv moves, into a directory under the same name', async () => {
		scratch.file('store/a', 'x');
		expect(await holdfast(['mv', 'a', 'd/'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
		expect(scratch.files('store')).toEqual(['d/a']);
	});

	test.each(['cp', 'mv'])('%s -n leaves both files as they are', async (command) => {
		scratch.file('store/a', 'one');
		scratch.file('store/b', 'two');
		const result = await holdfast([command, '-n', 'a', 'b']);
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: ConditionNotMatch: /);
		expect([stored('a').toString(), stored('b').toString()]).toEqual(['one', 'two']);
	});

	test.each(['cp', 'mv'])('%s of a missing file is NotFound', async (command) => {
		mkdirSync(scratch.at('store'));
		const result = await holdfast([command, 'a', 'b']);
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: NotFound: .*\n$/);
	});

	test('--json says what went where', async () => {
		scratch.file('store/a', 'x');
		expect(JSON.parse((await holdfast(['--json', 'mv', 'a', 'd/'])).stdout)).toEqual({ source: 'a', target: 'd/a' });
	});
});

describe('rm', () => {
	test('removes files', async () => {
		for (const path of ['a', 'b', 'c']) scratch.file(`store/${path}`, '');
		expect(await holdfast(['rm', 'a', 'c'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
		expect(scratch.files('store')).toEqual(['b']);
	});

	test('-r removes a directory with all that is in it', async () => {
		for (const path of ['d/a', 'd/e/b', 'dd']) scratch.file(`store/${path}`, '');
		expect(await holdfast(['rm', '-r', 'd'])).toMatchObject({ code: 0, stderr: '' });
		expect(scratch.files('store')).toEqual(['dd']);
		expect(existsSync(scratch.at('store/d'))).toBe(false);
	});

	test('refuses a directory without -r', async () => {
		scratch.file('store/d/a', '');
		const result = await holdfast(['rm', 'd']);
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: IsADirectory: .*rm -r.*\n$/);
		expect(scratch.files('store')).toEqual(['d/a']);
	});

	test('of a missing file fails, and with -f does not', async () => {
		scratch.file('store/a', '');
		expect((await holdfast(['rm', 'missing'])).stderr).toMatch(/^holdfast: NotFound: /);
		expect(await holdfast(['rm', '-f', 'missing', 'a'])).toMatchObject({ code: 0, stderr: '' });
		expect(scratch.files('store')).toEqual([]);
	});

	test.each(['/', '.', './/'])('refuses to empty the root (%s)', async (root) => {
		scratch.file('store/a', '');
		expect(await holdfast(['rm', '-r', '-f', root])).toMatchObject({ code: 2 });
		expect(scratch.files('store')).toEqual(['a']);
	});

	test('--json names what was removed', async () => {
		scratch.file('store/a', '');
		scratch.file('store/d/b', '');
		const { stdout } = await holdfast(['--json', 'rm', '-r', '-f', 'a', 'missing', 'd']);
		expect(JSON.parse(stdout)).toEqual({ removed: ['a', 'd/'] });
	});
});
