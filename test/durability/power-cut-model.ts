import type { CrashEvent } from './crash-files.ts';

// What a power cut can leave of a history. Two disks are asked:
//
// - `ordered`, like ext4 and xfs: changes reach the disk in the order in which they were made, up to some point, and a sync brings
//   the point at least to itself. Content that was not synced is old, new, empty, half there, or zeros.
// - `loose`: each change of a name that no sync of a directory of its covers is there or not, by itself, and so is content.

export type Disk = 'ordered' | 'loose';

/** Content of every inode and names of every directory, as the next mount finds them. */
export interface Remains {
	/** Path to content; `null` is a directory. */
	readonly tree: Map<string, Buffer | null>;
	/** Path to inode: two paths with the same are one file. */
	readonly inodes: Map<string, number>;
}

const ROOT_INODE = 1;
const FATES = ['old', 'new', 'empty', 'half', 'zeros'] as const;
type Fate = (typeof FATES)[number];

/** Every different thing that a power cut after the first `count` events can leave; of too many combinations a part is taken. */
export function* remainsAfter(events: readonly CrashEvent[], count: number, disk: Disk): Generator<Remains> {
	const past = events.slice(0, count);
	const seen = new Set<string>();
	for (const kept of disk === 'ordered' ? orderedChoices(past) : looseChoices(past)) {
		for (const fate of FATES) {
			const reached = disk === 'ordered' ? past.filter((_, index) => kept(index)) : past;
			const remains = mount(past, kept, reached, fate);
			const key = [...remains.tree]
				.map(([path, bytes]) => `${path}=${bytes?.toString('latin1')}`)
				.sort()
				.join('\n');
			if (seen.has(key)) continue;
			seen.add(key);
			yield remains;
		}
	}
}

/** Index of the last event that is on the disk, from the last sync on: each gives the set of changes of names that are. */
function* orderedChoices(past: readonly CrashEvent[]): Generator<(index: number) => boolean> {
	const lastSync = past.findLastIndex((event) => event.kind === 'sync');
	for (let last = lastSync; last < past.length; last++) {
		if (last > lastSync && past[last].kind !== 'names' && past[last].kind !== 'content') continue;
		yield (index) => index <= last;
	}
}

/** Without any, all, each alone and all but each of the changes that nothing has made durable. */
function* looseChoices(past: readonly CrashEvent[]): Generator<(index: number) => boolean> {
	const open = past.flatMap((event, index) => (event.kind === 'names' && !isDurable(past, index) ? [index] : []));
	const free = new Set(open);
	const fixed = (index: number): boolean => !free.has(index);
	yield fixed;
	yield () => true;
	for (const one of open) {
		yield (index) => fixed(index) || index === one;
		yield (index) => index !== one;
	}
}

function isDurable(past: readonly CrashEvent[], index: number): boolean {
	const event = past[index];
	if (event.kind !== 'names') return true;
	const directories = new Set(event.changes.map(({ directory }) => directory));
	return past.some((later, at) => at > index && later.kind === 'sync' && directories.has(later.inode));
}

/** `isKept` says which changes of names are on the disk, `reached` what could be of content. */
function mount(
	past: readonly CrashEvent[],
	isKept: (index: number) => boolean,
	reached: readonly CrashEvent[],
	fate: Fate,
): Remains {
	const names = new Map<number, Map<string, number>>([[ROOT_INODE, new Map()]]);
	const content = new Map<number, Buffer>();
	for (const [index, event] of past.entries()) {
		if (event.kind === 'make') {
			if (event.isDirectory) names.set(event.inode, new Map());
			else content.set(event.inode, contentOf(reached, event.inode, fate));
		}
		if (event.kind !== 'names' || !isKept(index)) continue;
		for (const { directory, name, inode } of event.changes) {
			if (inode === 0) names.get(directory)?.delete(name);
			else names.get(directory)?.set(name, inode);
		}
	}
	const tree = new Map<string, Buffer | null>();
	const inodes = new Map<string, number>();
	const visit = (directory: number, prefix: string): void => {
		for (const [name, inode] of names.get(directory) ?? []) {
			const path = prefix + name;
			inodes.set(path, inode);
			tree.set(path, content.get(inode) ?? null);
			if (!content.has(inode)) visit(inode, `${path}/`);
		}
	};
	visit(ROOT_INODE, '');
	return { tree, inodes };
}

function contentOf(past: readonly CrashEvent[], inode: number, fate: Fate): Buffer {
	let synced = Buffer.alloc(0);
	let current = synced;
	for (const event of past) {
		if (event.kind === 'content' && event.inode === inode) current = event.bytes;
		if (event.kind === 'sync' && event.inode === inode) synced = current;
	}
	if (current.equals(synced)) return synced;
	// What was on the disk stays; only what came since is in doubt. A file that was cut has at least what is left of it.
	const common = Math.min(synced.length, current.length);
	switch (fate) {
		case 'old':
			return synced;
		case 'new':
			return current;
		case 'empty':
			return synced.subarray(0, common);
		case 'half':
			return current.subarray(0, common + Math.floor((current.length - common) / 2));
		default:
			return Buffer.concat([synced.subarray(0, common), Buffer.alloc(current.length - common)]);
	}
}
