import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const FOLDER = here('../../../build/wasmtime');
const PYTHON = `${FOLDER}/bin/python`;
const WASMTIME = 'wasmtime==49.0.0';
const INSTALL_MS = 300_000;

/** Wasmtime comes as a package of Python; false where there is no Python, or nowhere to get it from. */
function isInstalled(): boolean {
	try {
		if (!existsSync(PYTHON)) run('python3', ['-m', 'venv', FOLDER]);
		run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--retries', '0', WASMTIME]);
		return true;
	} catch (error) {
		console.warn(`the cases in Wasmtime were NOT run: ${WASMTIME} cannot be installed (${error})`);
		return false;
	}
}

describe.skipIf(!isInstalled())('component in Wasmtime, a runtime of WASI 0.2 that is not ours', () => {
	it('has the core cases', { timeout: INSTALL_MS }, () => {
		const output = run(PYTHON, [here('cases.py'), here('../../../build/holdfast.component.wasm')]);
		const { passed, failures } = JSON.parse(output) as { passed: number; failures: unknown[] };
		expect(failures).toEqual([]);
		expect(passed).toBe(14);
	});
});

function run(command: string, options: string[]): string {
	return execFileSync(command, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: INSTALL_MS });
}
