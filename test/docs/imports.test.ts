import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// What ARCHITECTURE.md and docs/adding-a-host.md say of imports, held against the sources.

const project = fileURLToPath(new URL('../..', import.meta.url));
const host = join(project, 'host');

interface Import {
	/** The file that is imported, relative to `host/`, without its end. */
	readonly target: string;
	readonly isType: boolean;
}

/** Every source of the host, relative to `host/` and without its end, with what it imports of the host. */
const files = new Map<string, { readonly text: string; readonly imports: readonly Import[] }>();
for (const name of readdirSync(host, { recursive: true, encoding: 'utf8' })) {
	if (!/(?<!\.d)\.ts$/.test(name)) continue;
	const text = readFileSync(join(host, name), 'utf8');
	files.set(name.slice(0, -3), { text, imports: importsOf(text, dirname(name)) });
}

function importsOf(text: string, folder: string): Import[] {
	const found: Import[] = [];
	for (const [, isType, clause, path] of text.matchAll(/^(?:import|export)( type)? ([^;]*?)from '(\.[^']+)';$/gm)) {
		const target = relative(host, join(host, folder, path)).replace(/\.js$/, '');
		const names = clause.replace(/[{}\s]+/g, ' ').split(',');
		const onlyTypes = names.every((name) => name.trim() === '' || name.trim().startsWith('type '));
		if (!target.startsWith('..')) found.push({ target, isType: isType !== undefined || onlyTypes });
	}
	return found;
}

/** What is loaded along with a file. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
	for (const { target, isType } of files.get(file)?.imports ?? []) {
		if (isType || seen.has(target)) continue;
		seen.add(target);
		loadedBy(target, seen);
	}
	return seen;
}

const implementing = (name: string): string[] =>
	[...files]
		.filter(([, { text }]) => new RegExp(`^export class .*implements ${name} {$`, 'm').test(text))
		.map(([file]) => file);

describe('imports within the host', () => {
	it('make no circle', () => {
		expect(files.size).toBeGreaterThan(150);
		expect([...files.keys()].filter((file) => loadedBy(file).has(file))).toEqual([]);
	});

	it('between folders are those that ARCHITECTURE.md has in its table', () => {
		const text = readFileSync(join(project, 'ARCHITECTURE.md'), 'utf8');
		const rows = [...text.matchAll(/^\| `host\/(\w+)\/` \|.*\| (.*) \|$/gm)];
		const folders = new Set([...files.keys()].filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
		expect(rows.map(([, folder]) => folder).sort()).toEqual([...folders].sort());
		for (const [, folder, allowed] of rows) {
			const used = new Set<string>();
			for (const [file, { imports }] of files) {
				if (!file.startsWith(`${folder}/`)) continue;
				for (const { target } of imports) {
					const other = target.includes('/') ? target.split('/')[0] : '';
					if (other !== '' && other !== folder) used.add(other);
				}
			}
			const listed = allowed === 'nothing' ? [] : allowed.split(', ');
			expect([...used].sort(), `host/${folder}/`).toEqual(listed.sort());
		}
	});
});

describe('docs/adding-a-host.md', () => {
	const hosts = [...implementing('Files'), ...implementing('TreeStorage')];

	it('is right that no host knows another one', () => {
		expect(hosts.length).toBeGreaterThan(6);
		const known = hosts.flatMap((file) => {
			const loaded = loadedBy(file);
			return hosts.filter((other) => other !== file && loaded.has(other)).map((other) => `${file} -> ${other}`);
		});
		// The same files of Node, for a runtime whose descriptors belong to threads.
		expect(known).toEqual(['wasi/thread-bound-files -> wasi/node-files']);
	});

	it('is right that nothing between the engine and a host knows one', () => {
		for (const file of files.keys()) {
			if (!/^(ring|pool|inline|worker|memory)\/|^wasi\/preview1/.test(file)) continue;
			const loaded = loadedBy(file);
			expect(
				hosts.filter((one) => loaded.has(one)),
				file,
			).toEqual([]);
		}
	});

	it('names only files that exist', () => {
		const text = readFileSync(join(project, 'docs/adding-a-host.md'), 'utf8');
		const named = [...text.matchAll(/`((?:host|test|scripts)\/[\w./-]+)`/g)].map(([, path]) => path);
		expect(named.length).toBeGreaterThan(8);
		expect(named.filter((path) => !path.includes('NAME') && !existsSync(join(project, path)))).toEqual([]);
	});
});
