import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));

describe.each(['README.md', 'docs/reading.md'])('%s', (document) => {
	const text = readFileSync(join(project, document), 'utf8');
	const examples = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]);

	it('has examples', () => expect(examples.length).toBeGreaterThan(2));

	// `console.log(...); // expected` at the end of a line is checked against what the program prints, in order.
	it.each(examples.map((code, index) => [index + 1, code] as const))(
		'example %i runs and prints what it says',
		async (_, code) => {
			const folder = mkdtempSync(join(tmpdir(), 'holdfast-readme-'));
			try {
				mkdirSync(join(folder, 'node_modules'));
				symlinkSync(project, join(folder, 'node_modules/holdfast'));
				writeFileSync(join(folder, 'example.mjs'), code);
				const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], {
					cwd: folder,
					timeout: 120_000,
				});
				const expected = [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)$/gm)].map((match) => match[1].trim());
				const printed = stdout.trim().split('\n');
				for (const line of expected) expect(printed).toContain(line);
			} finally {
				rmSync(folder, { recursive: true });
			}
		},
	);
});
