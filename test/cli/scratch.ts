import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';

/** A directory for the tests of one file, and a fresh one in it for every test. */
export interface Scratch {
	/** Of this test alone. */
	readonly path: string;
	/** A path in it. */
	at(...names: string[]): string;
	/** Writes a file in it, with its parents. */
	file(path: string, content: string | Uint8Array): string;
	/** Paths of all files below a directory in it, in order; temporary and hidden ones included. */
	files(directory: string): string[];
}

export function useScratch(): Scratch {
	let base = '';
	let path = '';
	let tests = 0;
	beforeAll(() => {
		base = mkdtempSync(join(tmpdir(), 'holdfast-test-cli-'));
	});
	beforeEach(() => {
		path = join(base, String(++tests));
		mkdirSync(path);
	});
	afterAll(() => rmSync(base, { recursive: true, force: true }));
	return {
		get path() {
			return path;
		},
		at: (...names) => join(path, ...names),
		file(name, content) {
			const file = join(path, name);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, content);
			return file;
		},
		files: (directory) =>
			readdirSync(join(path, directory), { recursive: true, withFileTypes: true })
				.filter((entry) => !entry.isDirectory())
				.map((entry) => join(entry.parentPath, entry.name).slice(join(path, directory).length + 1))
				.sort(),
	};
}
