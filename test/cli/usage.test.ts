import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HOLDFAST, holdfast, start } from './command.js';
import { eventually } from './eventually.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const COMMANDS = ['ls', 'cat', 'put', 'get', 'stat', 'cp', 'mv', 'rm', 'import', 'verify'];

describe('help', () => {
	test('names every command, the default root and the exit codes', async () => {
		const { code, stdout, stderr } = await holdfast(['--help']);
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
		for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
		expect(stdout.replaceAll(/\s+/g, ' ')).toContain('(default: the current directory)');
		expect(stdout).toContain('Exit codes:');
	});

	test.each(COMMANDS)('of %s shows its arguments and an example', async (command) => {
		const { code, stdout } = await holdfast([command, '--help']);
		expect(code).toBe(0);
		expect(stdout).toMatch(new RegExp(`^Usage: holdfast ${command} `));
		expect(stdout).toMatch(new RegExp(`^ {2}\\$ .*holdfast .*${command}`, 'm'));
	});

	test('--version is that of the package', async () => {
		const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
		expect((await holdfast(['--version'])).stdout).toBe(`${manifest.version}\n`);
	});
});

describe('a command line that cannot be used', () => {
	test.each([
		['an unknown command', ['frobnicate']],
		['an unknown option', ['ls', '--frobnicate']],
		['a missing argument', ['put', 'only-one']],
		['an argument too many', ['stat', 'a', 'b']],
		['a count that is none', ['--workers', 'many', 'ls']],
		['a count out of range', ['--workers', '0', 'ls']],
		['an unknown durability', ['--durability', 'some', 'ls']],
		['a root that is missing', ['--root', 'missing', 'ls']],
		['a root that is a file', ['--root', 'file', 'ls']],
		['an unknown scheme', ['--uri', 'gopher:///x', 'ls']],
		['a root and a URI', ['--root', '.', '--uri', 'memory://', 'ls']],
	])('%s ends with code 2 and one line', async (_what, args) => {
		scratch.file('file', '');
		const result = await holdfast(args, { cwd: scratch.path });
		expect(result).toMatchObject({ code: 2, stdout: '' });
		expect(result.stderr).toMatch(/^holdfast: [^\n]+\n$/);
	});

	test('a reading command does not make the root that it misses', async () => {
		await holdfast(['--root', 'missing', 'ls'], { cwd: scratch.path });
		expect(existsSync(scratch.at('missing'))).toBe(false);
	});

	test('no command at all shows the help on standard error', async () => {
		const { code, stdout, stderr } = await holdfast([]);
		expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
		expect(stderr).toContain('Usage: holdfast');
	});
});

describe('the store', () => {
	test('is the current directory when nothing is said', async () => {
		scratch.file('here', '');
		expect((await holdfast(['ls'], { cwd: scratch.path })).lines).toEqual(['here']);
	});

	test('can be a URI', async () => {
		scratch.file('dir with space/x', '');
		const uri = pathToFileURL(scratch.at('dir with space')).href.replace('file:', 'fs:');
		expect((await holdfast(['--uri', uri, 'ls'])).lines).toEqual(['x']);
	});

	test('is not left by .. or by a symlink', async () => {
		scratch.file('secret', 'secret');
		scratch.file('store/x', '');
		symlinkSync('../secret', scratch.at('store/link'));
		for (const path of ['../secret', 'link']) {
			const result = await holdfast(['--root', 'store', 'cat', path], { cwd: scratch.path });
			expect(result).toMatchObject({ code: 1, stdout: '' });
			expect(result.stderr).toMatch(/^holdfast: InvalidPath: /);
		}
	});

	test('options may stand behind the command, too', async () => {
		scratch.file('store/x', '');
		const { stdout } = await holdfast(['ls', '--json', '--root', scratch.at('store'), '--workers', '2']);
		expect(JSON.parse(stdout)).toMatchObject({ path: 'x' });
	});
});

describe('an error', () => {
	test('is one line, also with a name that has several', async () => {
		const result = await holdfast(['stat', 'a\nb\u001b[31m'], { cwd: scratch.path });
		expect(result.code).toBe(1);
		expect(result.stderr).toMatch(/^holdfast: NotFound: [^\n]*'a\\nb\\x1b\[31m'[^\n]*\n$/);
	});

	test('shows its stack with --debug only', async () => {
		expect((await holdfast(['stat', 'missing'], { cwd: scratch.path })).stderr).not.toMatch(/^ {4}at /m);
		expect((await holdfast(['--debug', 'stat', 'missing'], { cwd: scratch.path })).stderr).toMatch(/^ {4}at /m);
	});
});

describe('ends', () => {
	test('silently when the reader of its output goes away', async () => {
		// More than a pipe holds: it is still writing when the reader has gone.
		for (let index = 0; index < 1000; index++) scratch.file(`${index}-${'x'.repeat(200)}`, '');
		const child = spawn(process.execPath, [HOLDFAST, 'ls'], { cwd: scratch.path });
		child.stdout.once('data', () => child.stdout.destroy());
		const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	});

	test.each(['SIGINT', 'SIGTERM'] as const)('%s cleanly, in the middle of standard input', async (signal) => {
		const { child, result } = start(HOLDFAST, ['put', '-', 'x'], { cwd: scratch.path });
		child.stdin.write(Buffer.alloc(3_000_000));
		await eventually(() => readdirSync(scratch.path).length > 0);
		child.kill(signal);
		const { code, stderr } = await result;
		expect(stderr).toBe(`holdfast: Cancelled: interrupted by ${signal}\n`);
		expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
		expect(readdirSync(scratch.path)).toEqual([]);
	});
});
