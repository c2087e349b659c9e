import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from 'holdfast';
import { type ImportObject, instantiate, openComponent } from 'holdfast/component';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleBehavior } from '../behavior/portable/bundle.js';
import type { Report } from '../behavior/portable/runner.js';
import { importsOver } from './service.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const build = here('../../build');

/**
 * Cases that fail for a reason that lies in the runtime below the component, by the end of their names. A case that passes
 * although it is here fails this test too.
 */
const KNOWN: readonly [string, string][] = [
	[
		'a backslash is written, found, listed, read, copied, renamed and deleted',
		'preview2-shim takes it for a separator',
	],
	['a backslash is made, written into, listed and deleted', 'preview2-shim takes it for a separator'],
	['names that the file system shows are the names that were given', 'preview2-shim takes a backslash for a separator'],
	['a byte order mark is written, found, listed, read, copied, renamed and deleted', 'jco drops it from a string'],
	['a byte order mark is made, written into, listed and deleted', 'jco drops it from a string'],
	['a path of 4,095 bytes is fine', 'preview2-shim opens by the whole path'],
];

let folder: string;
let root: string;
beforeAll(() => {
	// Within the package, so that `holdfast` is this package.
	mkdirSync(build, { recursive: true });
	folder = mkdtempSync(join(build, 'component-test-'));
	root = mkdtempSync(join(tmpdir(), 'holdfast-component-'));
});
afterAll(() => {
	for (const directory of [folder, root]) rmSync(directory, { recursive: true, force: true });
});

describe('component, transpiled by jco, over preview2-shim', () => {
	it('has the core of the behaviour suite', { timeout: 600_000 }, async () => {
		const outfile = join(folder, 'program.mjs');
		await bundleBehavior(here('program.ts'), { outfile, external: ['holdfast/component', '@bytecodealliance/*'] });
		const output = execFileSync(process.execPath, [outfile], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'ignore'],
			timeout: 590_000,
		});
		const { passed, failures } = JSON.parse(output) as Report;
		const unknown = failures.filter(({ name }) => !KNOWN.some(([end]) => name.endsWith(end)));
		expect(unknown).toEqual([]);
		// Each of them in both flavours.
		expect(failures.length).toBe(2 * KNOWN.length);
		expect(passed).toBeGreaterThan(600);
		console.log(`component: ${passed} of ${passed + failures.length} cases, ${failures.length} known failures`);
	});
});

describe('openComponent', () => {
	it('replaces an instance that trapped, and says what was lost with it', () => {
		const faulty = faultyImports();
		const op = openComponent({ imports: faulty.imports });
		op.writeSync('file', 'before');
		const writer = op.writerSync('lost');
		writer.write('never seen');
		const reader = op.readerSync('file');
		expect(reader.read(Buffer.alloc(3))).toBe(3n);

		faulty.isBroken = true;
		const trapped = caught(() => op.writeSync('file', 'in the middle'));
		expect(trapped.code).toBe('EngineTrapped');
		expect(trapped.cause).toBeInstanceOf(WebAssembly.RuntimeError);
		faulty.isBroken = false;

		expect(op.readSync('file').toString()).toBe('before');
		expect(caught(() => writer.write('more')).code).toBe('EngineTrapped');
		expect(op.existsSync('lost')).toBe(false);
		expect(caught(() => reader.read(Buffer.alloc(3))).code).toBe('Closed');
		op.writeSync('file', 'after');
		expect(op.readSync('file').toString()).toBe('after');
		expect(readdirSync(root).filter((name) => name.startsWith('.holdfast-component-'))).not.toEqual([]);
	});

	it('promises no durability that it cannot give', () => {
		const op = openComponent({ imports: importsOver(root) });
		const error = caught(() => op.writeSync('full', 'x', { durability: 'full' }));
		expect(error.code).toBe('Unsupported');
		expect(op.existsSync('full')).toBe(false);
		expect(() => op.pool).toThrow('no pool');
	});

	it('reads at most 64 MiB at once, and more through a reader', () => {
		const bytes = 64 * 1024 ** 2 + 1;
		writeFileSync(join(root, 'large'), Buffer.alloc(bytes, 7));
		const op = openComponent({ imports: importsOver(root) });
		expect(caught(() => op.readSync('large')).code).toBe('Unsupported');
		expect(op.readSync('large', { size: 10n }).length).toBe(10);
		const reader = op.readerSync('large');
		let seen = 0n;
		for (const chunk = Buffer.alloc(8 * 1024 ** 2); ; ) {
			const count = reader.read(chunk);
			if (count === 0n) break;
			seen += count;
		}
		expect(seen).toBe(BigInt(bytes));
	});

	it('calls a path with .. invalid, and not a directory', () => {
		const { store } = instantiate(
			(name) => new WebAssembly.Module(readFileSync(join(build, 'component', name))),
			importsOver(root),
		);
		const code = (act: () => unknown): string => {
			try {
				act();
			} catch (error) {
				return (error as { payload: { code: string } }).payload.code;
			}
			return expect.fail('nothing was thrown');
		};
		const content = new Uint8Array(20_000);
		for (const path of ['..', '../', 'a/..', 'a/../b', 'a\0']) {
			expect(code(() => store.read(path, { tag: 'everything' }, []))).toBe('invalid-path');
			expect(code(() => store.write(path, content, 'replace', 'content', []))).toBe('invalid-path');
			expect(code(() => store.copy('a/', path, false, 'content'))).toBe('invalid-path');
			expect(code(() => store.openWriter(path, 'replace', 'content', []))).toBe('invalid-path');
		}
		expect(code(() => store.read('a/', { tag: 'everything' }, []))).toBe('is-a-directory');
	});

	it('leaves an instance closed that trapped', () => {
		const faulty = faultyImports();
		const { store } = instantiate(
			(name) => new WebAssembly.Module(readFileSync(join(build, 'component', name))),
			faulty.imports,
		);
		expect(store.createDirectory('made')).toBe(undefined);
		faulty.isBroken = true;
		expect(() => store.createDirectory('trap')).toThrow(WebAssembly.RuntimeError);
		faulty.isBroken = false;
		expect(() => store.createDirectory('closed')).toThrow();
		expect(readdirSync(root)).not.toContain('closed');
	});
});

describe('build/holdfast.component.wasm', () => {
	it('is a component, and imports nothing but WASI 0.2', async () => {
		const { componentWit } = await import('@bytecodealliance/jco');
		const wit = await componentWit(readFileSync(join(build, 'holdfast.component.wasm')));
		const imports = [...wit.matchAll(/^ {2}import (\S+);$/gm)].map(([, name]) => name);
		expect(imports.length).toBeGreaterThan(0);
		for (const name of imports) expect(name).toMatch(/^wasi:(cli|clocks|filesystem|io|random)\/[a-z-]+@0\.2\./);
		expect(wit).toContain('export holdfast:storage/store@0.1.0;');
	});
});

/** WASI whose random numbers are too many while it is broken: the component traps when it receives them. */
function faultyImports(): { imports: ImportObject; isBroken: boolean } {
	const imports = importsOver(root);
	const name = Object.keys(imports).find((key) => key.startsWith('wasi:random/random')) as keyof ImportObject;
	const random = imports[name] as unknown as { getRandomBytes(count: bigint): Uint8Array };
	const faulty = { imports, isBroken: false };
	const getRandomBytes = (count: bigint) => random.getRandomBytes(faulty.isBroken ? count + 100_000n : count);
	faulty.imports = { ...imports, [name]: { ...random, getRandomBytes } } as ImportObject;
	return faulty;
}

function caught(act: () => unknown): HoldfastError {
	try {
		act();
	} catch (error) {
		if (error instanceof HoldfastError) return error;
		throw error;
	}
	return expect.fail('nothing was thrown');
}
