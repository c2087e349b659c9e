import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { ERRNO_SUCCESS, OP_ECHO, OP_FAULT, STATUS_MALFORMED } from '#assembly/layout';
import { InlineEngine } from '../engine/inline-engine.ts';

// What somebody gets who installs this package, and who could have put something into it.

const project = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${project}${path}`, 'utf8');
const manifest = JSON.parse(read('package.json'));
const sbom = JSON.parse(read('build/sbom.cdx.json'));
type Component = {
	name: string;
	version?: string;
	purl?: string;
	hashes: { alg: string; content: string }[];
	licenses?: unknown;
};

describe('the tarball', () => {
	let files: string[];
	beforeAll(() => {
		const options = { cwd: project, encoding: 'utf8' as const, stdio: ['ignore', 'pipe', 'ignore'] as never };
		const packed = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options));
		const [{ files: found }] = Array.isArray(packed) ? packed : Object.values(packed);
		files = found.map((file: { path: string }) => file.path);
	});

	it('has the engine, the host, the list of what is in it, and no engine with faults', () => {
		for (const path of [
			'build/engine.wasm',
			'build/host/index.js',
			'build/cli/holdfast.js',
			'build/sbom.cdx.json',
			'LICENSE',
		]) {
			expect(files).toContain(path);
		}
		const suspicious = files.filter((path) =>
			/fault|fuzz|test|bench|seam|simulator|\.ts\.|node_modules|\.env|\.npmrc/.test(path),
		);
		expect(suspicious).toEqual([]);
	});
});

describe('the published engine', () => {
	it('has no debug operation: what asks for one is malformed, and the engine goes on', () => {
		const engine = new InlineEngine({ module: 'engine.wasm' });
		for (let kind = 0; kind < 10; kind++)
			expect(engine.run(OP_FAULT, '', { offset: kind }).status).toBe(STATUS_MALFORMED);
		expect(engine.run(OP_ECHO, '', { data: Buffer.from('x') }).status).toBe(ERRNO_SUCCESS);
	});

	it('the build for tests has it, so that the test above can fail', () => {
		const engine = new InlineEngine({ module: 'engine.fault.wasm' });
		expect(() => engine.run(OP_FAULT, '', { offset: 1 })).toThrow(WebAssembly.RuntimeError);
	});

	it('exports nothing but how to start and run it', () => {
		const module = new WebAssembly.Module(readFileSync(`${project}build/engine.wasm`));
		const names = WebAssembly.Module.exports(module).map(({ name }) => name);
		expect(names.filter((name) => /fault|debug|test/i.test(name))).toEqual([]);
	});
});

describe('the manifest and the lockfile', () => {
	it('install nothing beside the package, and run nothing', () => {
		expect(manifest.dependencies ?? {}).toEqual({});
		expect(manifest.optionalDependencies ?? {}).toEqual({});
		const hooks = [
			'preinstall',
			'install',
			'postinstall',
			'prepare',
			'prepublish',
			'preprepare',
			'postprepare',
			'dependencies',
		];
		expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([]);
	});

	it('pin every package for development by version and digest, and name no place to get it from', () => {
		for (const version of Object.values(manifest.devDependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
		const lock = JSON.parse(read('package-lock.json'));
		const entries = Object.entries(
			lock.packages as Record<
				string,
				{ resolved?: string; integrity?: string; inBundle?: boolean; optional?: boolean }
			>,
		);
		expect(entries.length).toBeGreaterThan(50);
		for (const [path, { resolved, integrity, inBundle, optional }] of entries) {
			if (path === '') continue;
			expect(resolved, path).toBeUndefined();
			// Of builds for other systems the lockfile was made without seeing them: the version is all that pins those.
			if (inBundle !== true && optional !== true) expect(integrity, path).toMatch(/^sha512-/);
		}
		expect(read('package-lock.json')).not.toMatch(/https?:\/\/[^"]*registry/);
	});

	it('npm audit finds nothing in what the package needs at run time', (context) => {
		const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
			cwd: project,
			encoding: 'utf8',
			timeout: 150_000,
		});
		const report = stdout === null || stdout === '' ? {} : JSON.parse(stdout);
		if (report.metadata?.vulnerabilities === undefined) {
			context.skip('NOT RUN: the registry offers no audits here, or cannot be reached');
		}
		expect(report.metadata.vulnerabilities.total).toBe(0);
	});
});

describe('the SBOM', () => {
	it('is CycloneDX, of this version of the package', () => {
		expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
		expect(sbom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
		expect(sbom.metadata.component).toMatchObject({ name: manifest.name, version: manifest.version });
	});

	it('has the digests of the engines as they are', () => {
		const digest = createHash('sha256')
			.update(readFileSync(`${project}build/engine.wasm`))
			.digest('hex');
		const engine = (sbom.components as Component[]).find(({ name }) => name === 'engine.wasm');
		expect(engine?.hashes).toEqual([{ alg: 'SHA-256', content: digest }]);
		expect((sbom.components as Component[]).some(({ name }) => name.includes('fault'))).toBe(false);
	});

	it('has every package whose code is in the bundles, with version, licence and digest', () => {
		const bundled = [...read('build/cli/LICENSES.txt').matchAll(/^(\S+) (\d+\.\d+\.\d+\S*) \(/gm)].map(
			([, name, version]) => `${name}@${version}`,
		);
		expect(bundled.length).toBeGreaterThan(1);
		const packages = (sbom.components as Component[]).filter(({ purl }) => purl !== undefined);
		const listed = packages.map(({ name, version }) => `${name}@${version}`);
		for (const name of bundled) expect(listed).toContain(name);
		expect(listed).toContain(`assemblyscript@${manifest.devDependencies.assemblyscript}`);
		for (const { hashes, licenses } of packages) {
			expect(hashes[0].content).toMatch(/^[0-9a-f]{128}$/);
			expect(licenses).toMatchObject([{ license: { id: expect.stringMatching(/^[A-Za-z0-9.-]+$/) } }]);
		}
	});
});

describe('the workflow that publishes', () => {
	const workflow = read('.github/workflows/publish.yml');

	it('publishes with provenance, and may do nothing else', () => {
		expect(workflow).toContain('npm publish --provenance');
		expect(workflow).toMatch(/id-token: write/);
		expect(workflow).toMatch(/contents: read/);
		expect(workflow).not.toMatch(/: write(?!\s*#?)/g);
		expect(workflow.match(/: write/g)).toHaveLength(1);
	});

	it('uses actions by commit, and checks everything before', () => {
		const uses = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
		expect(uses.length).toBeGreaterThan(0);
		for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
		expect(workflow.indexOf('.ci/run')).toBeLessThan(workflow.indexOf('npm publish'));
	});
});
