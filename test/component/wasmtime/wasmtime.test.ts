import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const FOLDER = here('../../../build/wasmtime');
const PYTHON = `${FOLDER}/bin/python`;
const RUN_MS = 900_000;

/** `.ci/install-wasmtime` puts it there. */
const isInstalled = existsSync(PYTHON);
if (!isInstalled) console.warn('the cases in Wasmtime were NOT run: .ci/install-wasmtime installs it');

describe.skipIf(!isInstalled)('component in Wasmtime, a runtime of WASI 0.2 that is not ours', () => {
	it('has the core cases', { timeout: RUN_MS }, () => {
		const output = run(PYTHON, [here('cases.py'), here('../../../build/holdfast.component.wasm')]);
		const { passed, failures } = JSON.parse(output) as { passed: number; failures: unknown[] };
		expect(failures).toEqual([]);
		expect(passed).toBe(15);
	});
});

function run(command: string, options: string[]): string {
	return execFileSync(command, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_MS });
}
