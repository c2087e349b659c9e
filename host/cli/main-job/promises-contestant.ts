import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LocalFile } from '../../import/local-tree.js';
import { type OnBytes, PIECE_BYTES, readLocal } from '../../import/store-file.js';
import { digestLocal } from '../transfer.js';
import type { Contestant } from './contestant.js';

/** The same work with what Node brings along. */
export class PromisesContestant implements Contestant {
	readonly name = 'fs.promises';
	readonly guarantees = 'written in place, a crash can leave half a file; not synced';
	readonly #root: string;
	readonly #signal: AbortSignal;
	/** Directories that were made, or are being made. */
	readonly #made = new Map<string, Promise<unknown>>();

	constructor(root: string, signal: AbortSignal) {
		this.#root = root;
		this.#signal = signal;
	}

	async store(file: LocalFile, local: string, onBytes: OnBytes): Promise<void> {
		const target = join(this.#root, file.path);
		await this.#makeParent(target);
		const signal = this.#signal;
		if (file.size > PIECE_BYTES) {
			await pipeline(readLocal(local, signal), createWriteStream(target, { highWaterMark: PIECE_BYTES }), { signal });
			onBytes(file.size);
			return;
		}
		const content = await readFile(local, { signal });
		await writeFile(target, content, { signal });
		onBytes(content.byteLength);
	}

	digest(file: LocalFile): Promise<string> {
		return digestLocal(join(this.#root, file.path), file.size, this.#signal);
	}

	async close(): Promise<void> {}

	#makeParent(target: string): Promise<unknown> {
		const parent = dirname(target);
		const making = this.#made.get(parent) ?? mkdir(parent, { recursive: true });
		this.#made.set(parent, making);
		return making;
	}
}
