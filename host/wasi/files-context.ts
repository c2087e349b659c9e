import type { DescriptorTable } from './descriptor-table.js';
import type { Files } from './files.js';

/** Words of `FilesContext.epoch`. */
export const EPOCH_WORDS = 2;
/** The word that counts names which are being changed right now, by whichever thread of the pool. One that ends in the middle leaves it raised. */
export const NAMES_CHANGING = 1;

/** What a thread hands to an implementation of `Files` when it starts. */
export interface FilesContext {
	/** Open descriptors, shared by all threads of the pool; this thread's own partition for new ones. */
	readonly table: DescriptorTable;
	/** What the service prepared for all threads: structured-cloneable, shared memory stays shared. */
	readonly shared: unknown;
	/**
	 * Word 0 is raised (`Atomics.add`) after this pool has renamed or removed a directory, by whichever thread did it: cached
	 * parents are then looked at again. The other one is `NAMES_CHANGING`.
	 */
	readonly epoch: Int32Array;
	/** Fsyncs that are on their way in all threads (`FsyncQueue`); absent where each thread makes its own. */
	readonly fsyncs?: SharedArrayBuffer;
	/** Whether the thread serves these files and does nothing else, and gives its event loop a turn when `Files.needsTurn` says so. */
	readonly ownsThread?: boolean;
}

/** Each implementation of `Files` exports this as `openFiles`: for the host thread, and for what a worker thread loads. */
export type OpenFiles = (context: FilesContext) => Files;
