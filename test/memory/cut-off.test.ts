import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FILETYPE_DIRECTORY, OFLAGS_CREAT, OFLAGS_TRUNC } from '#assembly/layout';
import { Journal } from '#host/memory/journal';
import { StoreLock } from '#host/memory/lock';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { Access } from '#host/wasi/files';
import { MemoryFiles } from '#host/wasi/memory-files';
import {
	copyStore,
	dump,
	expectBytes,
	get,
	getOpen,
	list,
	type OpenedStore,
	openStore,
	pattern,
	put,
	removeAll,
	text,
} from './opened-store.js';

// A thread ends at the Nth store of a call, for N = 1, 2, ... until the call comes through. Ending is simulated: from
// that store on, nothing that the "dead" thread does reaches the store, neither undoing nor the release of the lock.

class ThreadEnded extends Error {}

const VICTIM = 7;
/** Up to here a call is cut off at every store, beyond that at fewer and fewer. */
const EVERY_STORE = 45;
let storesLeft = Number.POSITIVE_INFINITY;
const ended = () => storesLeft <= 0;

const { set, rollback, commit } = Journal.prototype;
const { release } = StoreLock.prototype;

// By hand, because spies keep every call that was ever made.
beforeEach(() => {
	Journal.prototype.set = function (address, value) {
		if (--storesLeft <= 0) throw new ThreadEnded();
		set.call(this, address, value);
	};
	Journal.prototype.rollback = function () {
		if (!ended()) rollback.call(this);
	};
	Journal.prototype.commit = function () {
		if (!ended()) commit.call(this);
	};
	StoreLock.prototype.release = function () {
		if (!ended()) release.call(this);
	};
});

afterEach(() => {
	storesLeft = Number.POSITIVE_INFINITY;
	Object.assign(Journal.prototype, { set, rollback, commit });
	Object.assign(StoreLock.prototype, { release });
});

/** A second thread on the same store. */
function victimOf(store: OpenedStore): MemoryFiles {
	const table = new DescriptorTable(store.share.table, 1, store.share.partitions);
	table.owner = VICTIM;
	return new MemoryFiles({ table, shared: store.share.shared, epoch: new Int32Array(store.share.epoch) });
}

let template: OpenedStore | undefined;
let crowdInode = -1;
let crowd = -1;

/** A store with files and directories of all kinds, the same each time. */
function scene(): OpenedStore {
	template ??= makeScene();
	return copyStore(template);
}

function makeScene(): OpenedStore {
	const store = openStore({ partitions: 2, maximumBytes: 16 * 1024 ** 2 });
	const { files, root } = store;
	for (const path of ['d', 'd/e', 'f']) files.createDirectory(root, path);
	put(store, 'a', 'content of a');
	put(store, 'd/b', pattern(10_000));
	// Alone on its page, which is free as soon as the file has outgrown it.
	put(store, 'lone', pattern(1500));
	put(store, 'large', pattern(1_200_000));
	// Removed ones in between leave lists of free slots of each size.
	for (let index = 0; index < 30; index++) put(store, `${'d/f'.padEnd(index * 8, '-')}${index}`, pattern(index * 34));
	for (let index = 0; index < 30; index += 2) files.unlink(root, `${'d/f'.padEnd(index * 8, '-')}${index}`);
	files.link(root, 'a', root, 'd/e/link');
	// So many names, in another root, that the next ones split buckets and the next removals merge some.
	crowdInode = files.createRoot();
	crowd = store.table.insert(crowdInode, FILETYPE_DIRECTORY);
	for (let index = 0; index < 1030; index++) files.link(root, 'a', crowd, `link${index}`);
	return store;
}

/** Removes everything and says how many bytes are still in use. */
function removeScene(store: OpenedStore): number {
	store.files.removeRoot(crowdInode);
	store.files.close(crowd);
	return removeAll(store);
}

type Act = (files: MemoryFiles, root: number, fd: number) => number;

/** Calls that either happened or did not. Each may open `path` first, as its third argument. */
const whole: [string, Act, string?][] = [
	['creating a file', (files, root) => files.open(root, 'd/new', OFLAGS_CREAT, Access.write)],
	['truncating at open', (files, root) => files.open(root, 'large', OFLAGS_TRUNC, Access.write)],
	['createDirectory', (files, root) => files.createDirectory(root, 'd/new')],
	['removeDirectory', (files, root) => files.removeDirectory(root, 'f')],
	['unlink', (files, root) => files.unlink(root, 'd/b')],
	['unlink of a large file', (files, root) => files.unlink(root, 'large')],
	['unlink of one of two names', (files, root) => files.unlink(root, 'd/e/link')],
	['rename to a new name', (files, root) => files.rename(root, 'a', root, 'f/a')],
	['rename over a file', (files, root) => files.rename(root, 'a', root, 'd/b')],
	['rename over a large file', (files, root) => files.rename(root, 'a', root, 'large')],
	['rename of a directory', (files, root) => files.rename(root, 'd', root, 'f/d')],
	['rename over a directory', (files, root) => files.rename(root, 'd', root, 'f')],
	['link', (files, root) => files.link(root, 'a', root, 'a name that is longer than any other in here, by far')],
	['a write that makes a file longer', (files, _, fd) => files.write(fd, pattern(50_000), 10_000), 'd/b'],
	['a write that a small file outgrows', (files, _, fd) => files.write(fd, pattern(9000), 12), 'a'],
	['a write that a lone file outgrows', (files, _, fd) => files.write(fd, pattern(9000), 1500), 'lone'],
	['a write far behind the end', (files, _, fd) => files.write(fd, pattern(10), 5_000_000), 'd/b'],
	['truncating', (files, _, fd) => files.truncate(fd, 1000), 'large'],
	['truncating to more', (files, _, fd) => files.truncate(fd, 2_000_000), 'd/b'],
];

/** Runs a call that ends at its Nth store; true when it ended there. Afterwards the survivors have been told. */
function endAt(store: OpenedStore, victim: MemoryFiles, stores: number, act: () => void): boolean {
	storesLeft = stores;
	try {
		act();
	} catch (error) {
		if (!(error instanceof ThreadEnded)) throw error;
	}
	const died = ended();
	storesLeft = Number.POSITIVE_INFINITY;
	if (died) expect(store.files.releaseDeadOwner(VICTIM)).toBe(true);
	for (const fd of store.table.ownedBy(VICTIM)) store.files.close(fd);
	expect(victim.releaseDeadOwner(VICTIM)).toBe(false);
	return died;
}

/** New files of all sizes take what is free, and disturb nothing that is there. */
function expectUsable(store: OpenedStore, lines: string[]): void {
	const { files, root } = store;
	const names = Array.from({ length: 30 }, (_, index) => `new${'.'.repeat(index * 8)}`);
	for (const [index, name] of names.entries()) expect(put(store, name, pattern(index * 90))).toBe(index * 90);
	for (const [index, name] of names.entries()) {
		expectBytes(get(store, name), pattern(index * 90));
		expect(files.unlink(root, name)).toBe(0);
	}
	expect(dump(store).join('\n')).toBe(lines.join('\n'));
}

describe('a thread that ends inside a call', () => {
	test.each(whole)('%s: it happened or it did not, and no memory is lost', (_, act, path) => {
		let before: string[] = [];
		let after: string[] = [];
		{
			const store = scene();
			before = dump(store);
			const fd = path === undefined ? -1 : store.files.open(store.root, path, 0, Access.write);
			expect(act(store.files, store.root, fd)).toBeGreaterThanOrEqual(0);
			after = dump(store);
			expect(after).not.toEqual(before);
		}
		let died = true;
		let steps = 0;
		for (let stores = 1; died; stores = stores < EVERY_STORE ? stores + 1 : Math.ceil(stores * 1.3)) {
			const store = scene();
			const victim = victimOf(store);
			const fd = path === undefined ? -1 : victim.open(store.root, path, 0, Access.write);
			died = endAt(store, victim, stores, () => act(victim, store.root, fd));
			const now = dump(store);
			expect(JSON.stringify(now) === JSON.stringify(before) || JSON.stringify(now) === JSON.stringify(after)).toBe(
				true,
			);
			if (!died) expect(now).toEqual(after);
			expectUsable(store, now);
			expect(removeScene(store)).toBe(0);
			steps++;
		}
		expect(steps).toBeGreaterThan(5);
	});

	test('a large append happened or it did not', () => {
		let died = true;
		for (let stores = 1; died; stores = Math.ceil(stores * 1.3)) {
			const store = scene();
			const victim = victimOf(store);
			const fd = victim.open(store.root, 'large', 0, Access.append);
			died = endAt(store, victim, stores, () => victim.append(fd, pattern(900_000)));
			const { length } = get(store, 'large') as Uint8Array;
			expect(length).toBe(died ? 1_200_000 : 2_100_000);
			expect(removeScene(store)).toBe(0);
		}
	});

	test('what was cut off or half appended does not show when the file grows again', () => {
		for (const act of [
			(files: MemoryFiles, fd: number) => files.truncate(fd, 1000),
			(files: MemoryFiles, fd: number) => files.append(fd, pattern(900_000)),
		]) {
			let died = true;
			for (let stores = 1; died; stores = Math.ceil(stores * 1.3)) {
				const store = scene();
				const { files, root } = store;
				// Opened before, because opening gives back what is left behind the size.
				const survivor = files.open(root, 'large', 0, Access.write);
				const victim = victimOf(store);
				const fd = victim.open(root, 'large', 0, Access.append);
				died = endAt(store, victim, stores, () => act(victim, fd));
				const expected = new Uint8Array(2_500_000);
				expected.set(getOpen(store, survivor) as Uint8Array);
				expect(files.truncate(survivor, expected.length)).toBe(0);
				expectBytes(getOpen(store, survivor), expected);
				files.close(survivor);
				expect(removeScene(store)).toBe(0);
			}
		}
	});

	test('pages that a dead thread was giving back are there for a call that needs them', () => {
		const store = openStore({ partitions: 2, maximumBytes: 3 * 1024 ** 2 });
		const { files, root } = store;
		put(store, 'large', pattern(2_500_000));
		const fd = files.open(root, 'next', OFLAGS_CREAT, Access.append);
		// Past the step that removes the name and gives back the first MiB.
		const victim = victimOf(store);
		expect(endAt(store, victim, 1500, () => victim.unlink(root, 'large'))).toBe(true);
		expect(files.append(fd, pattern(2_500_000))).toBe(2_500_000);
		expectBytes(get(store, 'next'), pattern(2_500_000));
	});

	test('a large write leaves a front part of it', () => {
		let died = true;
		const content = pattern(900_000, 5);
		for (let stores = 1; died; stores = Math.ceil(stores * 1.3)) {
			const store = scene();
			const victim = victimOf(store);
			const fd = victim.open(store.root, 'a', 0, Access.write);
			died = endAt(store, victim, stores, () => victim.write(fd, content, 0));
			const bytes = get(store, 'a') as Uint8Array;
			if (text(store, 'a') !== 'content of a') expectBytes(bytes, content.subarray(0, bytes.length));
			expect(removeScene(store)).toBe(0);
		}
	});

	test('close and removeRoot can be done again, and no memory is lost', () => {
		let died = true;
		for (let stores = 1; died; stores = Math.ceil(stores * 1.3)) {
			const store = scene();
			const victim = victimOf(store);
			const fd = victim.open(store.root, 'large', 0, Access.read);
			died = endAt(store, victim, stores, () => {
				victim.close(fd);
				victim.removeRoot(store.rootInode);
			});
			if (died) expect(store.files.removeRoot(store.rootInode)).toBe(0);
			store.files.close(store.root);
			store.files.removeRoot(crowdInode);
			store.files.close(crowd);
			expect(store.files.usedBytes()).toBe(store.emptyBytes);
			const next = store.files.createRoot();
			const root = store.table.insert(next, FILETYPE_DIRECTORY);
			expect(put({ ...store, root }, 'still', 'works')).toBe(5);
			expect(list({ ...store, root })).toEqual(['still']);
		}
	});
});
