import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OFLAGS_CREAT, OFLAGS_TRUNC } from '#assembly/layout';
import { Access } from '#host/wasi/files';
import { ModuleFiles } from './module-files.js';
import { expectBytes, type FilesOfStore, get, getOpen, list, openStore, pattern, removeAll } from './opened-store.js';
import { ModelFile, TreeModel } from './tree-model.js';

interface Opened {
	readonly fd: number;
	readonly file: ModelFile;
}

/** A store and its model, with files that were left open on both sides. */
interface Pair {
	readonly store: FilesOfStore;
	readonly model: TreeModel;
	readonly open: Opened[];
}

type Command = { readonly toString: () => string; readonly run: (pair: Pair) => void };

const RUNS = 1000;
const COMMANDS_MAX = 60;
const OPEN_MAX = 8;
const MAXIMUM_BYTES = 256 * 1024 ** 2;

const name = fc.constantFrom(
	'a',
	'b',
	'c',
	'd',
	'a name that is longer than one small slot of the store'.padEnd(120, '.'),
);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
// Near the sizes at which a file changes its shape: slots, a page, and the 4 MiB of the first index.
const size = fc.oneof(
	{ weight: 6, arbitrary: fc.nat(200) },
	{ weight: 6, arbitrary: fc.nat(10_000) },
	{ weight: 3, arbitrary: fc.constantFrom(64, 128, 2048, 4095, 4096, 4097, 8192) },
	{ weight: 1, arbitrary: fc.integer({ min: 4_180_000, max: 4_220_000 }) },
);
const length = fc.oneof({ weight: 9, arbitrary: fc.nat(9000) }, { weight: 1, arbitrary: fc.nat(600_000) });
const seed = fc.nat(255);
const index = fc.nat(OPEN_MAX - 1);

const command: fc.Arbitrary<Command> = fc.oneof(
	fc.tuple(path, length, seed).map(([path, length, seed]) => ({
		toString: () => `replace ${path} by ${length} bytes`,
		run: (pair: Pair) =>
			change(pair, path, OFLAGS_CREAT | OFLAGS_TRUNC, Access.write, (fd, file) => {
				file.resize(0);
				write(pair, fd, file, pattern(length, seed), 0);
			}),
	})),
	fc.tuple(path, size, length, seed).map(([path, position, length, seed]) => ({
		toString: () => `write ${length} bytes to ${path} at ${position}`,
		run: (pair: Pair) =>
			change(pair, path, OFLAGS_CREAT, Access.write, (fd, file) => {
				write(pair, fd, file, pattern(length, seed), position);
			}),
	})),
	fc.tuple(path, length, seed).map(([path, length, seed]) => ({
		toString: () => `append ${length} bytes to ${path}`,
		run: (pair: Pair) =>
			change(pair, path, OFLAGS_CREAT, Access.append, (fd, file) => {
				expect(pair.store.files.append(fd, pattern(length, seed))).toBe(length);
				file.write(pattern(length, seed), file.bytes.length);
			}),
	})),
	fc.tuple(path, size).map(([path, size]) => ({
		toString: () => `truncate ${path} to ${size}`,
		run: (pair: Pair) =>
			change(pair, path, 0, Access.write, (fd, file) => {
				expect(pair.store.files.truncate(fd, size)).toBe(0);
				file.resize(size);
			}),
	})),
	fc.tuple(path, path).map(([source, target]) => ({
		toString: () => `rename ${source} to ${target}`,
		run: ({ store: { files, root }, model }: Pair) =>
			expect(files.rename(root, source, root, target)).toBe(model.rename(source, target)),
	})),
	fc.tuple(path, path).map(([source, target]) => ({
		toString: () => `link ${source} to ${target}`,
		run: ({ store: { files, root }, model }: Pair) =>
			expect(files.link(root, source, root, target)).toBe(model.link(source, target)),
	})),
	path.map((path) => ({
		toString: () => `unlink ${path}`,
		run: ({ store: { files, root }, model }: Pair) => expect(files.unlink(root, path)).toBe(model.unlink(path)),
	})),
	path.map((path) => ({
		toString: () => `createDirectory ${path}`,
		run: ({ store: { files, root }, model }: Pair) =>
			expect(files.createDirectory(root, path)).toBe(model.createDirectory(path)),
	})),
	path.map((path) => ({
		toString: () => `removeDirectory ${path}`,
		run: ({ store: { files, root }, model }: Pair) =>
			expect(files.removeDirectory(root, path)).toBe(model.removeDirectory(path)),
	})),
	path.map((path) => ({
		toString: () => `list ${path}`,
		run: ({ store, model }: Pair) => expect(list(store, path)).toEqual(model.list(path)),
	})),
	fc.tuple(path, size, length).map(([path, position, length]) => ({
		toString: () => `read ${length} bytes of ${path} at ${position}`,
		run: (pair: Pair) =>
			change(pair, path, 0, Access.read, (fd, file) => {
				const bytes = new Uint8Array(length);
				const count = pair.store.files.read(fd, bytes, position);
				expectBytes(bytes.subarray(0, count), file.bytes.subarray(position, position + length));
			}),
	})),
	path.map((path) => ({
		toString: () => `open ${path} and keep it`,
		run: ({ store: { files, root }, model, open }: Pair) => {
			const file = model.file(path, false);
			if (open.length === OPEN_MAX || !(file instanceof ModelFile)) return;
			open.push({ fd: files.open(root, path, 0, Access.write), file });
		},
	})),
	fc.tuple(index, size, length, seed).map(([index, position, length, seed]) => ({
		toString: () => `write ${length} bytes to the kept file ${index} at ${position}`,
		run: (pair: Pair) => {
			const opened = pair.open[index];
			if (opened) write(pair, opened.fd, opened.file, pattern(length, seed), position);
		},
	})),
	index.map((index) => ({
		toString: () => `read and close the kept file ${index}`,
		run: ({ store, open }: Pair) => {
			const [opened] = open.splice(index, 1);
			if (!opened) return;
			expectBytes(getOpen(store, opened.fd), opened.file.bytes);
			expect(store.files.close(opened.fd)).toBe(0);
		},
	})),
);

/** Opens a file on both sides, which must agree whether that is possible, and changes both. */
function change(
	{ store: { files, root }, model }: Pair,
	path: string,
	oflags: number,
	access: Access,
	change: (fd: number, file: ModelFile) => void,
): void {
	const fd = files.open(root, path, oflags, access);
	const file = model.file(path, (oflags & OFLAGS_CREAT) !== 0);
	// Only reading opens a directory.
	if (fd >= 0 && !(file instanceof ModelFile) && access === Access.read) {
		files.close(fd);
		return;
	}
	if (!(file instanceof ModelFile)) {
		expect(fd).toBe(file);
		return;
	}
	expect(fd).toBeGreaterThanOrEqual(0);
	change(fd, file);
	files.close(fd);
}

function write({ store }: Pair, fd: number, file: ModelFile, bytes: Uint8Array, position: number): void {
	expect(store.files.write(fd, bytes, position)).toBe(bytes.length);
	if (bytes.length > 0) file.write(bytes, position);
}

function compare({ store, model }: Pair, path = ''): void {
	const names = model.list(path) as string[];
	expect([...(list(store, path) as string[])].sort()).toEqual([...names].sort());
	for (const name of names) {
		const child = path === '' ? name : `${path}/${name}`;
		const file = model.file(child, false);
		if (file instanceof ModelFile) expectBytes(get(store, child), file.bytes);
		else compare({ store, model, open: [] }, child);
	}
}

/** Runs commands on a store and on the model, and leaves nothing open. */
function play<Store extends FilesOfStore>(commands: readonly Command[], store: Store): Store {
	const pair: Pair = { store, model: new TreeModel(), open: [] };
	for (const command of commands) command.run(pair);
	compare(pair);
	for (const { fd, file } of pair.open) {
		expectBytes(getOpen(store, fd), file.bytes);
		store.files.close(fd);
	}
	return store;
}

function removeBelow({ files, root }: FilesOfStore, path = ''): void {
	for (const name of list({ files, root }, path) as string[]) {
		const child = path === '' ? name : `${path}/${name}`;
		if (files.unlink(root, child) === 0) continue;
		removeBelow({ files, root }, child);
		expect(files.removeDirectory(root, child)).toBe(0);
	}
}

const allCommands = fc.array(command, { maxLength: COMMANDS_MAX, size: 'max' });

test('MemoryFiles behaves as a tree of maps does, and leaves nothing behind', () => {
	fc.assert(
		fc.property(allCommands, (commands) => {
			expect(removeAll(play(commands, openStore({ maximumBytes: MAXIMUM_BYTES })))).toBe(0);
		}),
		{ numRuns: RUNS },
	);
});

test('the files in the memory of a second instance behave as a tree of maps does, and leave nothing behind', () => {
	fc.assert(
		fc.property(allCommands, (commands) => {
			const files = new ModuleFiles(MAXIMUM_BYTES);
			const emptyBytes = files.usedBytes();
			removeBelow(play(commands, { files, root: files.root }));
			expect(files.usedBytes()).toBe(emptyBytes);
		}),
		{ numRuns: RUNS },
	);
});
