import { linkSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
	ERRNO_FAULT,
	ERRNO_INVAL,
	ERRNO_NOENT,
	ERRNO_NOSYS,
	ERRNO_NOTCAPABLE,
	ERRNO_SUCCESS,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SYMBOLIC_LINK,
	FILETYPE_UNKNOWN,
	FLAG_DIRECTORY,
	LIST_ENTRY_KIND,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	OP_CLOSE,
	OP_DESCRIBE,
	OP_LIST,
	OP_OPEN,
	STATUS_MALFORMED,
	STATUS_SYMLINK,
} from '#assembly/layout';
import { ListPage } from '#host/operator/list-page';
import { FileStat, type Files } from '#host/wasi/files';
import { preview1 } from '#host/wasi/preview1';
import { InlineEngine } from '../engine/inline-engine.js';
import { type OpenedFiles, openFilesIn } from './opened-files.js';

let opened: OpenedFiles;
let at: (path: string) => string;

beforeEach(() => {
	opened = openFilesIn((base) => {
		mkdirSync(join(base, 'root', 'd'), { recursive: true });
		return join(base, 'root');
	});
	at = (path) => join(opened.path, path);
});

afterEach(() => {
	opened.files.dispose();
	opened.close();
});

const inodeOf = (path: string) => statSync(at(path), { bigint: true }).ino;

describe('what stat says of names in a directory', () => {
	/** Kinds, or negated errnos. */
	function look(path: string, names: readonly string[], inode = inodeOf(path)): number[] | number {
		const stat = new FileStat();
		const found: number[] = [];
		const failed = opened.files.describe(opened.root, path, inode, (describe) => {
			for (const name of names) found.push(describe(name, stat) || stat.kind);
			return 0;
		});
		return failed < 0 ? failed : found;
	}

	test('is that of the name itself, also in the root', () => {
		writeFileSync(at('d/file'), 'xyz');
		mkdirSync(at('d/below'));
		symlinkSync('/etc', at('d/link'));
		const kinds = [FILETYPE_REGULAR_FILE, FILETYPE_DIRECTORY, FILETYPE_SYMBOLIC_LINK, -ERRNO_NOENT];
		expect(look('d', ['file', 'below', 'link', 'gone'])).toEqual(kinds);
		expect(look('', ['d'])).toEqual([FILETYPE_DIRECTORY]);
	});

	test('is never that of something outside: a name is one name', () => {
		symlinkSync('/etc', at('d/link'));
		expect(look('d', ['link/passwd', '../d', '..', '.', ''])).toEqual([
			-ERRNO_INVAL,
			-ERRNO_INVAL,
			-ERRNO_NOTCAPABLE,
			-ERRNO_INVAL,
			-ERRNO_INVAL,
		]);
	});

	test('is not given of another directory that has taken the path', () => {
		writeFileSync(at('d/file'), '');
		const inode = inodeOf('d');
		renameSync(at('d'), at('e'));
		expect(look('d', ['file'], inode)).toBe(-ERRNO_NOENT);
		mkdirSync(at('d'));
		writeFileSync(at('d/file'), '');
		expect(look('d', ['file'], inode)).toBe(-ERRNO_NOENT);
		rmSync(at('d'), { recursive: true });
		symlinkSync('e', at('d'));
		opened.files.batch();
		expect(look('d', ['file'], inode)).toBe(-STATUS_SYMLINK);
	});
});

describe('entries of a page', () => {
	const memory = () => new WebAssembly.Memory({ initial: 1, maximum: 1 });
	const describeOf = (files: Files, shared: WebAssembly.Memory) =>
		(preview1(files, shared, () => true).holdfast as Record<string, (...input: (number | bigint)[]) => number>)
			.directory_describe;
	const entry = (bytes: Buffer, address: number, name: string) => {
		bytes.writeUInt32LE(name.length, address + LIST_ENTRY_NAME_BYTES);
		bytes.write(name, address + LIST_ENTRY_NAME, 'latin1');
		return address + Math.ceil((LIST_ENTRY_NAME + name.length) / 8) * 8;
	};

	test('are filled in where they are, some at a time; what is gone is of no kind', () => {
		const own = memory();
		const bytes = Buffer.from(own.buffer);
		bytes.write('d', 8);
		let end = 1024;
		for (let index = 0; index < 100; index++) {
			if (index !== 3) writeFileSync(at(`d/f${index}`), '');
			end = entry(bytes, end, `f${index}`);
		}
		const call = describeOf(opened.files, own);
		const kinds: number[] = [];
		for (let start = 1024; start < end; ) {
			expect(call(opened.root, 8, 1, inodeOf('d'), start, end - start, 16)).toBe(ERRNO_SUCCESS);
			const filled = bytes.readUInt32LE(16);
			expect(filled).toBeGreaterThan(0);
			for (let next = start; next < start + filled; next += 80) kinds.push(bytes.readUInt32LE(next + LIST_ENTRY_KIND));
			start += filled;
		}
		expect(kinds).toEqual(
			Array.from({ length: 100 }, (_, index) => (index === 3 ? FILETYPE_UNKNOWN : FILETYPE_REGULAR_FILE)),
		);
	});

	test('that reach beyond their page, or memory, are refused', () => {
		const own = memory();
		const bytes = Buffer.from(own.buffer);
		bytes.write('d', 8);
		const end = entry(bytes, 1024, 'name');
		const call = describeOf(opened.files, own);
		const inode = inodeOf('d');
		expect(call(opened.root, 8, 1, inode, 1024, LIST_ENTRY_NAME + 3, 16)).toBe(ERRNO_INVAL);
		expect(call(opened.root, 8, 1, inode, 1024, LIST_ENTRY_NAME - 1, 16)).toBe(ERRNO_INVAL);
		bytes.writeUInt32LE(0xffff_ffff, 1024 + LIST_ENTRY_NAME_BYTES);
		expect(call(opened.root, 8, 1, inode, 1024, end - 1024, 16)).toBe(ERRNO_INVAL);
		expect(call(opened.root, 8, 1, inode, 65536 - 8, 16, 16)).toBe(ERRNO_FAULT);
		expect(call(opened.root, 8, 1, inode, 1024, end - 1024, 65535)).toBe(ERRNO_FAULT);
		expect(describeOf({} as unknown as Files, own)(opened.root, 8, 1, inode, 1024, end - 1024, 16)).toBe(ERRNO_NOSYS);
	});

	test('come back from the engine with what a listing with stat says', () => {
		for (let index = 0; index < 150; index++) writeFileSync(at(`d/file${index}`), 'x'.repeat(index));
		linkSync(at('d/file7'), at('d/linked'));
		const engine = new InlineEngine({ store: { files: opened.files, root: opened.root } });
		const { fd } = engine.run(OP_OPEN, 'd', { flags: FLAG_DIRECTORY });
		const names = engine.run(OP_LIST, 'd', { fd });
		expect(names.total).toBe(0);
		const inode = Number(inodeOf('d'));
		const described = engine.run(OP_DESCRIBE, 'd', { offset: inode, data: names.bytes });
		expect(described.status).toBe(ERRNO_SUCCESS);
		const page = new ListPage(described);
		const sizes: bigint[] = [];
		for (let found = page.take(); found !== undefined; found = page.take()) sizes.push(found.stat.size);
		expect(sizes.length).toBe(151);
		expect(sizes.reduce((sum, size) => sum + size, 0n)).toBe(BigInt((149 * 150) / 2 + 7));
		expect(engine.run(OP_DESCRIBE, 'd', { offset: inode + 1, data: names.bytes }).status).toBe(ERRNO_NOENT);
		// One that is larger than the slot, so that it comes in a buffer.
		expect(engine.run(OP_DESCRIBE, 'd', { offset: inode, data: Buffer.alloc(20_000) }).status).toBe(STATUS_MALFORMED);
		engine.run(OP_CLOSE, '', { fd });
	});
});

describe('a large directory', () => {
	const COUNT = 3000;
	const NAMES = Array.from({ length: COUNT }, (_, index) => `file${index}`);

	beforeEach(() => {
		for (const name of NAMES) writeFileSync(at(`d/${name}`), '');
	});

	test('is listed by two engines, each name once', async () => {
		await using op = new Operator('fs', { root: opened.path, workers: 1 });
		const found: string[] = [];
		for await (const entry of await op.lister('d/')) found.push(entry.name());
		expect(found.slice(1).sort()).toEqual([...NAMES].sort());
		expect((await op.list('d/')).slice(1).map((entry) => entry.name())).toEqual([...NAMES].sort());
		expect(op.pool.health().instances.map(({ name }) => name)).toContain('holdfast listing 0');
	});

	test('is listed to its end when it is moved meanwhile, and another one takes its place', async () => {
		await using op = new Operator('fs', { root: opened.path, workers: 1 });
		const found: string[] = [];
		for await (const entry of await op.lister('d/')) {
			found.push(entry.name());
			if (found.length !== 100) continue;
			renameSync(at('d'), at('e'));
			mkdirSync(at('d'));
			writeFileSync(at('d/file1'), 'of another');
		}
		expect(found.slice(1).sort()).toEqual([...NAMES].sort());
	});
});
