import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

/** Calls of the host `held.mjs` that get no answer until they are released. */
export class Holds {
	readonly #directory: string;
	#count = 0;

	/** The directory is made. */
	constructor(directory: string) {
		this.#directory = directory;
		mkdirSync(directory);
	}

	/** The module that a store takes as its seam. */
	get seam(): string {
		const seam = new URL('held.mjs', import.meta.url);
		seam.searchParams.set('holds', this.#directory);
		return seam.href;
	}

	/** Holds the calls of an import, or only those whose last path matches. */
	hold(call: string, pattern = ''): { reached(): Promise<void>; release(): void } {
		const file = join(this.#directory, String(this.#count++));
		writeFileSync(`${file}`, `${call} ${pattern}`);
		return {
			reached: () => expect.poll(() => existsSync(`${file}.reached`)).toBe(true),
			release: () => rmSync(file),
		};
	}

	releaseAll(): void {
		for (const name of readdirSync(this.#directory)) rmSync(join(this.#directory, name), { force: true });
	}
}
