import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));

it('the table of runtimes in the README is the one that docs/runtimes.json makes', () => {
	const findings = JSON.parse(readFileSync(`${project}/docs/runtimes.json`, 'utf8')) as { runtime: string }[];
	expect(findings.length).toBeGreaterThan(4);
	execFileSync(process.execPath, ['scripts/runtime-table.js', 'check'], { cwd: project, stdio: 'pipe' });
});
