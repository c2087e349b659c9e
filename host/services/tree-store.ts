import { InlineHome } from '../inline/inline-home.js';
import type { InlineOptions } from '../inline/options.js';
import { InlinePool } from '../inline/pool.js';
import { TreeClock } from '../tree/clock.js';
import type { TreeNode } from '../tree/node.js';
import type { TreeStorage } from '../tree/storage.js';
import { Tree } from '../tree/tree.js';
import type { DescriptorTable } from '../wasi/descriptor-table.js';
import { TreeFiles } from '../wasi/tree-files.js';
import { inlineStore } from './inline-store.js';
import type { Store } from './service.js';

/** A storage, and what was found in it. */
export interface OpenedStorage {
	readonly storage: TreeStorage;
	/** Absent when the storage is empty. */
	readonly found?: {
		readonly root: TreeNode;
		readonly lastId: number;
		readonly lastNs: bigint;
	};
	/** The storage is not used any more. */
	close?(): Promise<void>;
}

/** How a service keeps the bytes of its trees. */
export interface TreeService {
	/** Calls of the storage may answer AGAIN. */
	readonly mayPark: boolean;
	/** Nothing outlives the process. */
	readonly volatile: boolean;
	/** `ready` is to be called when what was answered with AGAIN can be asked again. */
	open(ready: () => void): OpenedStorage;
}

/** The files of a service, and the descriptor of their root. */
export interface OpenedTree {
	readonly files: TreeFiles;
	readonly root: number;
	close(): Promise<void>;
}

/** Opens a service's files over a table of descriptors. */
export function openTree(service: TreeService, table: DescriptorTable, ready: () => void): OpenedTree {
	const opened = service.open(ready);
	const { storage, found } = opened;
	const tree = new Tree(new TreeClock(found?.lastNs), found?.lastId);
	const files = new TreeFiles(tree, storage, table);
	const root = files.openRoot(found?.root ?? tree.createRoot());
	return { files, root, close: async () => await opened.close?.() };
}

/** A store whose names are in memory, with an engine of its own in this thread. */
export function openTreeStore(scheme: string, options: InlineOptions, service: TreeService): Store {
	let opened: OpenedTree | undefined;
	const openFiles = (table: DescriptorTable, ready: () => void): TreeFiles => {
		opened = openTree(service, table, ready);
		return opened.files;
	};
	const pool = new InlinePool(options, () => new InlineHome(options.module, service.mayPark, openFiles));
	const root = opened?.root as number;
	return inlineStore(scheme, pool, root, service.volatile, async () => {
		await pool.close();
		await opened?.close();
	});
}
