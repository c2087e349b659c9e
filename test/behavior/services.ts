import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Operator } from 'holdfast';
import type { Opened, Outside, ServiceUnderTest } from './service.js';

// The only place where the suite's operators are made.

const SMALLEST_POOL = { workers: 1, syncWorkers: 1, ringEntries: 2, buffers: 4, bufferBytes: 65_536 };

export const fsService: ServiceUnderTest = {
	name: 'fs',
	open: (options) =>
		openFs((root) => new Operator('fs', { root, ...options }), options === undefined ? 'fs' : undefined),
	openUri: () => openFs((root) => Operator.fromUri(pathToFileURL(root).href.replace(/^file:/, 'fs:'))),
};

/** The same with symlinks that are followed. */
export const fsWithinService: ServiceUnderTest = {
	...fsService,
	name: 'fs with symlinks within',
	open: (options) =>
		openFs(
			(root) => new Operator('fs', { root, symlinks: 'within', ...options }),
			options === undefined ? 'fs' : undefined,
		),
};

export const memoryService: ServiceUnderTest = {
	name: 'memory',
	open: (options) => openMemory(() => new Operator('memory', options), options === undefined ? 'memory' : undefined),
	openUri: () => openMemory(() => Operator.fromUri('memory://localhost/')),
};

/** The memory service over the smallest pool that there can be: everything has to wait for room, and nothing fits at once. */
export const smallPoolService: ServiceUnderTest = {
	...memoryService,
	name: 'memory in the smallest pool',
	open: (options) => memoryService.open({ ...SMALLEST_POOL, ...options }),
};

// Operators with equal options share a pool. One of each kind stays open, so that its threads serve all cases of a file.
let keptRoot: string | undefined;
const kept = new Map<string, Operator>();

function keep(kind: string, make: (root: string) => Operator): void {
	if (kept.has(kind)) return;
	if (keptRoot === undefined) {
		const root = fs.mkdtempSync(join(tmpdir(), 'holdfast-kept-'));
		process.once('exit', removeKeptRoot);
		keptRoot = root;
	}
	kept.set(kind, make(keptRoot));
}

/** The pools of those that stay open, and how many of them each has. */
export function keptPools(): { pool: Operator['pool']; roots: number }[] {
	const roots = new Map<Operator['pool'], number>();
	for (const { pool } of kept.values()) roots.set(pool, (roots.get(pool) ?? 0) + 1);
	return [...roots].map(([pool, count]) => ({ pool, roots: count }));
}

export async function closeKept(): Promise<void> {
	await Promise.all([...kept.values()].map((op) => op.close()));
	kept.clear();
	process.off('exit', removeKeptRoot);
	removeKeptRoot();
}

function removeKeptRoot(): void {
	if (keptRoot !== undefined) fs.rmSync(keptRoot, { recursive: true, force: true });
	keptRoot = undefined;
}

/** `kind` names operators that are made with equal options; absent: every case has a pool of its own. */
export async function openFs(make: (root: string) => Operator, kind?: string): Promise<Opened> {
	if (kind !== undefined) keep(kind, make);
	const place = fs.mkdtempSync(join(tmpdir(), 'holdfast-behavior-'));
	// Opening makes the root.
	const root = join(place, 'parent', 'root');
	const operators: Operator[] = [];
	const open = (): Operator => {
		const op = make(root);
		operators.push(op);
		return op;
	};
	const dispose = async (): Promise<void> => {
		await Promise.all(operators.map((op) => op.close()));
		fs.rmSync(place, { recursive: true, force: true });
	};
	try {
		return { op: open(), root, outside: outsideOf(place, root), again: open, dispose };
	} catch (error) {
		await dispose();
		throw error;
	}
}

export async function openMemory(make: () => Operator, kind?: string): Promise<Opened> {
	if (kind !== undefined) keep(kind, make);
	const op = make();
	return { op, root: null, outside: null, again: null, dispose: () => op.close() };
}

function outsideOf(place: string, root: string): Outside {
	const at = (path: string): string => join(root, path);
	return {
		makeDirectory: (path) => void fs.mkdirSync(at(path), { recursive: true }),
		write: (path, content) => fs.writeFileSync(at(path), content),
		read: (path) => fs.readFileSync(at(path)),
		exists: (path) => fs.lstatSync(at(path), { throwIfNoEntry: false }) !== undefined,
		names: (path) => fs.readdirSync(at(path)),
		rename: (from, to) => fs.renameSync(at(from), at(to)),
		remove: (path) => fs.rmSync(at(path), { recursive: true, force: true }),
		symlink: (target, path) => fs.symlinkSync(target, at(path)),
		isSymlink: (path) => fs.lstatSync(at(path), { throwIfNoEntry: false })?.isSymbolicLink() ?? false,
		fifo: (path) => void execFileSync('mkfifo', [at(path)]),
		mode: (path) => fs.statSync(at(path)).mode & 0o7777,
		setMode: (path, mode) => fs.chmodSync(at(path), mode),
		deny(path) {
			if (process.geteuid?.() === 0) return false;
			fs.chmodSync(at(path), 0);
			return true;
		},
		owner: (path) => fs.statSync(at(path)).uid,
		setOwner(path, owner) {
			if (process.geteuid?.() !== 0) return false;
			fs.chownSync(at(path), owner, owner);
			return true;
		},
		secret(content) {
			const path = join(place, 'secret');
			fs.writeFileSync(path, content);
			return path;
		},
	};
}
