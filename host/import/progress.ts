import type { Progress } from '../operator/progress.js';
import type { LocalTree } from './local-tree.js';

/** How far an import is: in bytes and in files, those that failed included. */
export interface ImportProgress extends Progress {
	readonly files: number;
	/** What `files` is at the end. */
	readonly totalFiles: number;
}

/** Told when the tree was looked at, after every piece and every file, and so at the end. What it throws ends the import. */
export type OnImportProgress = (progress: ImportProgress) => void;

/** Counts what an import has done, and tells whoever wants to know. */
export class ImportTeller {
	readonly #onProgress: OnImportProgress | undefined;
	readonly #totalFiles: number;
	/** What is expected, by what is known of the files that are done. */
	#total: number;
	#bytes = 0;
	#files = 0;
	#hasThrown = false;

	constructor({ files, bytes }: LocalTree, onProgress: OnImportProgress | undefined) {
		this.#onProgress = onProgress;
		this.#totalFiles = files.length;
		this.#total = bytes;
		this.#tell();
	}

	get bytes(): number {
		return this.#bytes;
	}

	/** What went wrong is not a file, but the callback. */
	get hasThrown(): boolean {
		return this.#hasThrown;
	}

	addBytes(count: number): void {
		this.#bytes += count;
		this.#tell();
	}

	/** A file is done, of which so many bytes did not come: it failed, or became shorter. With less than none it became longer. */
	addFile(missingBytes: number): void {
		this.#files++;
		this.#total -= missingBytes;
		this.#tell();
	}

	#tell(): void {
		try {
			this.#onProgress?.({
				bytes: this.#bytes,
				// A file may have grown since it was looked at, and is not done.
				total: Math.max(this.#total, this.#bytes),
				files: this.#files,
				totalFiles: this.#totalFiles,
			});
		} catch (error) {
			this.#hasThrown = true;
			throw error;
		}
	}
}
