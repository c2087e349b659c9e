import type { LocalFile } from '../../import/local-tree.js';
import type { OnBytes } from '../../import/store-file.js';

/** One way of keeping files: the job does the same with each. */
export interface Contestant {
	readonly name: string;
	/** What it promises about a file that it stores: the times mean something only beside that. */
	readonly guarantees: string;
	/** Stores a file of this machine under its path in the tree. */
	store(file: LocalFile, local: string, onBytes: OnBytes): Promise<void>;
	/** Reads the file back and gives its SHA-256. */
	digest(file: LocalFile): Promise<string>;
	close(): Promise<void>;
}
