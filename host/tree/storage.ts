import type { TreeNode } from './node.js';

/**
 * One change of names or attributes. A storage keeps them in their order, and those that come together as a whole.
 *
 * - `node`: its size or its times are these now; the first one makes it.
 * - `gone`: it has no name any more, and is forgotten by whoever opens the store later.
 * - `name`: the directory has this name for this node now.
 * - `unname`: the directory has lost this name.
 */
export type TreeChange =
	| { readonly is: 'node' | 'gone'; readonly node: TreeNode }
	| { readonly is: 'name'; readonly directory: TreeNode; readonly name: string; readonly node: TreeNode }
	| { readonly is: 'unname'; readonly directory: TreeNode; readonly name: string };

/**
 * Where the bytes of a tree's files are, and the record of its names. Names and attributes are in memory and never wait; the
 * bytes may: calls that give a number may answer `-ERRNO_AGAIN`, and are repeated with the same arguments after `ready` of
 * the context was called. Every number below 0 is a negated WASI errno.
 */
export interface TreeStorage {
	/** Fills `bytes` from `position`, all of which lies within the file. Gives the count, which may be short. */
	read(node: TreeNode, bytes: Uint8Array, position: number): number;
	/** Takes bytes at `position`, perhaps not all of them. What lies between the old end and `position` reads as zeros. */
	write(node: TreeNode, bytes: Uint8Array, position: number): number;
	/** The file ends at `size` now; what is added reads as zeros. `node.size` is still the old one. */
	resize(node: TreeNode, size: number): number;
	/** The file has neither a name nor a descriptor: its bytes are nobody's any more. */
	drop(node: TreeNode): void;
	/** These changes have happened, all together. */
	record(changes: readonly TreeChange[]): void;
	/** 0 when the bytes of the file, and every change until now, would survive a power cut. */
	sync(node: TreeNode): number;
}
