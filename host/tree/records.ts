import { announcementIn, HIDDEN_MARK } from '../wasi/owner.js';
import { TreeNode } from './node.js';
import type { TreeChange } from './storage.js';

/**
 * A change as plain data, for storages that outlive this thread: `n` id, 1 for a directory, size, modified and changed in
 * nanoseconds, place; `x` id; `e` directory, name, id; `u` directory, name. Names are byte strings.
 */
export type TreeRecord =
	| readonly ['n', number, 0 | 1, number, string, string, number]
	| readonly ['x', number]
	| readonly ['e', number, string, number]
	| readonly ['u', number, string];

/** The root is the first node of every store. */
export const ROOT_ID = 1;

export function recordOf(change: TreeChange): TreeRecord {
	switch (change.is) {
		case 'node':
			return nodeRecord(change.node);
		case 'gone':
			return ['x', change.node.id];
		case 'name':
			return ['e', change.directory.id, change.name, change.node.id];
		default:
			return ['u', change.directory.id, change.name];
	}
}

/** Everything below a root, as the records that make it. A file with several names is told with the first. */
export function* snapshotOf(root: TreeNode): Generator<TreeRecord> {
	yield nodeRecord(root);
	const told = new Set<TreeNode>();
	const pending = [root];
	for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
		for (const [name, { node }] of directory.entries ?? []) {
			if (!told.has(node)) yield nodeRecord(node);
			if (node.links > 1) told.add(node);
			if (node.isDirectory) pending.push(node);
			yield ['e', directory.id, name, node.id];
		}
	}
}

/** Every file below a root, one with several names as often as it has names. */
export function* filesOf(root: TreeNode): Generator<TreeNode> {
	const pending = [root];
	for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
		for (const { node } of directory.entries?.values() ?? []) {
			if (node.isDirectory) pending.push(node);
			else yield node;
		}
	}
}

/** What was found in a storage. */
export interface FoundTree {
	readonly root: TreeNode;
	readonly lastId: number;
	readonly lastNs: bigint;
	/** Files of earlier lives were put away: these changes were made on the way, and are to be recorded. */
	readonly repairs: readonly TreeChange[];
}

/** Makes a tree out of its records, in their order. */
export class TreeLoader {
	readonly #nodes = new Map<number, TreeNode>();
	#lastId = 0;
	#lastNs = 0n;

	add(record: TreeRecord): void {
		switch (record[0]) {
			case 'n': {
				const [, id, isDirectory, size, modified, changed, place] = record;
				const node = this.#nodes.get(id) ?? new TreeNode(id, isDirectory === 1);
				this.#nodes.set(id, node);
				node.size = size;
				node.place = place;
				node.modifiedNs = BigInt(modified);
				node.changedNs = BigInt(changed);
				this.#lastId = Math.max(this.#lastId, id);
				if (node.changedNs > this.#lastNs) this.#lastNs = node.changedNs;
				break;
			}
			case 'x':
				this.#nodes.delete(record[1]);
				break;
			case 'e': {
				const node = this.#nodes.get(record[3]);
				if (node !== undefined) this.#nodes.get(record[1])?.set(record[2], node);
				break;
			}
			default:
				this.#nodes.get(record[1])?.entries?.delete(record[2]);
		}
	}

	/** The tree; undefined when there was none. What cannot be reached from the root is not in it. */
	finish(): FoundTree | undefined {
		const root = this.#nodes.get(ROOT_ID);
		if (root === undefined) return undefined;
		const repairs = putAway(root);
		root.links = 1;
		const pending = [root];
		for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
			for (const { node } of directory.entries?.values() ?? []) {
				node.links++;
				if (!node.isDirectory) continue;
				node.parent = directory;
				pending.push(node);
			}
		}
		return { root, lastId: this.#lastId, lastNs: this.#lastNs, repairs };
	}
}

function nodeRecord(node: TreeNode): TreeRecord {
	const { id, isDirectory, size, modifiedNs, changedNs, place } = node;
	return ['n', id, isDirectory ? 1 : 0, size, String(modifiedNs), String(changedNs), place];
}

/**
 * Takes away what an earlier life had not finished: temporary files, and locks. The store has one owner at a time, so nobody
 * works on any of it. What was appended only in part is cut off: the entry of its lock says where it began.
 */
function putAway(root: TreeNode): TreeChange[] {
	const changes: TreeChange[] = [];
	const pending = [root];
	for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
		for (const [name, { node }] of directory.entries ?? []) {
			if (!name.startsWith(HIDDEN_MARK)) {
				if (node.isDirectory) pending.push(node);
				continue;
			}
			for (const [entry, { node: file }] of node.entries ?? []) {
				const announced = announcementIn(entry);
				if (announced === undefined || announced.isSoft || file.size <= announced.size) continue;
				file.size = announced.size;
				changes.push({ is: 'node', node: file });
			}
			directory.entries?.delete(name);
			changes.push({ is: 'unname', directory, name });
		}
	}
	return changes;
}
