import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { emptyStore } from '../engine/inline-engine.js';
import { ModuleFiles } from '../memory/module-files.js';
import { openFilesIn } from './opened-files.js';
import { SEAM_CASES } from './seam-cases.js';

describe('Files', () => {
	for (const [name, run] of Object.entries(SEAM_CASES)) {
		it(`in memory: ${name}`, () => run(emptyStore()));
		it(`in the memory of a second instance: ${name}`, () => {
			const files = new ModuleFiles(16 * 1024 ** 2);
			run({ files, root: files.root });
		});
		it(`on the disk: ${name}`, () => {
			const opened = openFilesIn((base) => {
				mkdirSync(join(base, 'root'));
				return join(base, 'root');
			});
			try {
				run(opened);
			} finally {
				opened.close();
			}
		});
	}
});
