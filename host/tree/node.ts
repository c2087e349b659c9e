import { FILETYPE_DIRECTORY, FILETYPE_REGULAR_FILE } from '../../assembly/layout.js';
import type { FileStat } from '../wasi/files.js';

/** A name in a directory. */
export interface TreeEntry {
	node: TreeNode;
	/** Where it stands in listings: the cookie that continues after it. */
	readonly place: number;
}

/** A file or a directory: what is known of it besides its bytes. It lives as long as it has a name or is open. */
export class TreeNode {
	size = 0;
	links = 0;
	/** Where its storage keeps its bytes; only that knows what it means. */
	place = 0;
	/** Open descriptors. */
	opens = 0;
	modifiedNs = 0n;
	changedNs = 0n;
	/** Of a directory, in the order of listings. */
	readonly entries: Map<string, TreeEntry> | undefined;
	/** Of a directory that has a name. */
	parent: TreeNode | undefined = undefined;
	lastPlace = 0;

	constructor(
		/** Never given twice in a store. */
		readonly id: number,
		isDirectory: boolean,
	) {
		this.entries = isDirectory ? new Map() : undefined;
	}

	get isDirectory(): boolean {
		return this.entries !== undefined;
	}

	get kind(): number {
		return this.isDirectory ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE;
	}

	/** Puts a name in; one that is there keeps its place, so that a listing shows it once. */
	set(name: string, node: TreeNode): void {
		const known = this.entries?.get(name);
		if (known !== undefined) known.node = node;
		else this.entries?.set(name, { node, place: ++this.lastPlace });
	}

	fill(into: FileStat): void {
		into.device = 1n;
		into.inode = BigInt(this.id);
		into.kind = this.kind;
		into.links = BigInt(this.links);
		into.size = BigInt(this.entries?.size ?? this.size);
		into.accessedNs = this.modifiedNs;
		into.modifiedNs = this.modifiedNs;
		into.changedNs = this.changedNs;
	}
}
