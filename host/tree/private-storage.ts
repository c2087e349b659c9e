import { ERRNO_AGAIN, ERRNO_IO, ERRNO_NOSPC } from '../../assembly/layout.js';
import { HoldfastError } from '../errors.js';
import type { TreeNode } from './node.js';
import { type FoundTree, filesOf, ROOT_ID, recordOf, snapshotOf, TreeLoader } from './records.js';
import { SLOT_BYTES, SlotFile } from './slot-file.js';
import type { TreeChange, TreeStorage } from './storage.js';
import { TreeLog } from './tree-log.js';

/** Files of the origin private file system that are open at a time. */
const OPEN_MAX = 128;

/** The place of a file that has a file of its own; one without bytes has 0, and a small one the number of its slot. */
const OWN_FILE = -1;

/** The file of this platform's API, as far as it is used: TypeScript's own types have it only for workers. */
export interface AccessHandle {
	read(bytes: Uint8Array, options: { at: number }): number;
	write(bytes: Uint8Array, options: { at: number }): number;
	truncate(size: number): void;
	getSize(): number;
	flush(): void;
	close(): void;
}

interface FileWithAccess {
	createSyncAccessHandle(): Promise<AccessHandle>;
}

/**
 * Bytes in the origin private file system of a browser: small files side by side in one (`slot-file.ts`), each larger one in a file
 * of its own, named by its number; names and attributes in a log beside them (`tree-log.ts`). Opening a file takes a while, and
 * the first call that needs it is answered with AGAIN; everything else happens at once. Only workers may do that.
 */
export class PrivateStorage implements TreeStorage {
	readonly #files: FileSystemDirectoryHandle;
	readonly #log: TreeLog;
	readonly #slots: SlotFile;
	readonly #ready: () => void;
	/** Open files, the one that was used last at the end. */
	readonly #open = new Map<TreeNode, AccessHandle>();
	readonly #opening = new Map<TreeNode, Promise<void>>();
	readonly #failed = new Map<TreeNode, number>();
	/** Files that were cut while they were not open: to this size. */
	readonly #cut = new Map<TreeNode, number>();
	readonly #removals = new Set<Promise<void>>();
	/** Files with bytes that may not be on the disk. */
	readonly #dirty = new Set<TreeNode>();
	/** The highest number of a node, now and when the log was flushed last. */
	#lastId = 0;
	#flushedId = 0;
	#root: TreeNode | undefined;
	#failure = 0;

	private constructor(
		files: FileSystemDirectoryHandle,
		log: TreeLog,
		slots: SlotFile,
		found: FoundTree | undefined,
		ready: () => void,
	) {
		this.#files = files;
		this.#log = log;
		this.#slots = slots;
		this.#root = found?.root;
		this.#lastId = found?.lastId ?? 0;
		this.#flushedId = this.#lastId;
		this.#ready = ready;
	}

	/** Opens the store in a directory; fails while another tab or worker has it. */
	static async open(
		directory: FileSystemDirectoryHandle,
		ready: () => void,
	): Promise<{ storage: PrivateStorage; found: FoundTree | undefined }> {
		const files = await directory.getDirectoryHandle('files', { create: true });
		const log = new TreeLog([await openFile(directory, 'names-0'), await openFile(directory, 'names-1')]);
		const loader = new TreeLoader();
		for (const record of log.load()) loader.add(record);
		const found = loader.finish();
		const known = found === undefined ? [] : [...filesOf(found.root)];
		const used = new Set(known.filter(({ place }) => place > 0).map(({ place }) => place));
		const slots = new SlotFile(await openFile(directory, 'small'), used);
		const storage = new PrivateStorage(files, log, slots, found, ready);
		if (found !== undefined && found.repairs.length > 0) storage.record(found.repairs);
		storage.#removeUnknown(known);
		return { storage, found };
	}

	read(node: TreeNode, bytes: Uint8Array, position: number): number {
		const file = node.place === OWN_FILE ? this.#use(node) : undefined;
		if (typeof file === 'number') return file;
		return this.#attempt(() => {
			let count = 0;
			if (file !== undefined) count = file.read(bytes, { at: position });
			else if (node.place > 0) this.#slots.read(node.place, bytes, position);
			// What was never written is a hole.
			if (node.place <= 0) bytes.fill(0, count);
			return bytes.length;
		});
	}

	write(node: TreeNode, bytes: Uint8Array, position: number): number {
		if (this.#failure !== 0) return this.#failure;
		if (node.place !== OWN_FILE && position + bytes.length <= SLOT_BYTES) {
			return this.#attempt(() => {
				if (node.place === 0) node.place = this.#slots.take();
				this.#slots.write(node.place, bytes, position);
				return bytes.length;
			});
		}
		const file = this.#use(node);
		if (typeof file === 'number') return file;
		return this.#attempt(() => {
			if (node.place !== OWN_FILE) this.#moveOut(node, file);
			this.#dirty.add(node);
			return file.write(bytes, { at: position });
		});
	}

	resize(node: TreeNode, size: number): number {
		if (node.place === 0) return 0;
		if (node.place > 0) {
			return this.#attempt(() => {
				if (size < node.size) this.#slots.clear(node.place, size);
				return 0;
			});
		}
		const file = this.#open.get(node);
		if (file === undefined) {
			this.#cut.set(node, Math.min(size, this.#cut.get(node) ?? node.size));
			return 0;
		}
		return this.#attempt(() => {
			file.truncate(size);
			this.#dirty.add(node);
			return 0;
		});
	}

	drop(node: TreeNode): void {
		if (node.place > 0) this.#slots.giveBack(node.place);
		if (node.place >= 0 && !this.#open.has(node) && !this.#opening.has(node)) return;
		this.#dirty.delete(node);
		this.#cut.delete(node);
		this.#failed.delete(node);
		const removal = this.#remove(node).catch(ignoreMissing);
		this.#removals.add(removal);
		void removal.finally(() => this.#removals.delete(removal));
	}

	record(changes: readonly TreeChange[]): void {
		const failed = this.#attempt(() => {
			for (const change of changes) {
				if (change.is !== 'node') continue;
				if (change.node.id === ROOT_ID) this.#root = change.node;
				this.#lastId = Math.max(this.#lastId, change.node.id);
			}
			this.#log.append(changes.map(recordOf));
			if (this.#log.isLong && this.#root !== undefined) this.#log.rewrite(snapshotOf(this.#root));
			return 0;
		});
		// What was answered stands only in memory now: nothing more is taken.
		if (failed < 0) this.#failure = failed;
	}

	sync(node: TreeNode): number {
		if (this.#failure !== 0) return this.#failure;
		return this.#attempt(() => {
			if (this.#dirty.delete(node)) this.#open.get(node)?.flush();
			// A file that is newer than the log on the disk has no name there: the sync of its directory brings both.
			if (node.isDirectory || node.id <= this.#flushedId) {
				// What the log leads to is there before it.
				this.#slots.flush();
				this.#log.flush();
				this.#slots.settle();
				this.#flushedId = this.#lastId;
			}
			return 0;
		});
	}

	/** Closes every file, so that somebody else may open the store. */
	async close(): Promise<void> {
		await Promise.all(this.#opening.values());
		await Promise.all(this.#removals);
		for (const file of this.#open.values()) file.close();
		this.#open.clear();
		this.#slots.close();
		this.#log.close();
	}

	/** The open file, or AGAIN, or what went wrong when it was to be opened. */
	#use(node: TreeNode): AccessHandle | number {
		const file = this.#open.get(node);
		if (file !== undefined) {
			this.#open.delete(node);
			this.#open.set(node, file);
			return file;
		}
		const failed = this.#failed.get(node);
		if (failed !== undefined) {
			this.#failed.delete(node);
			return failed;
		}
		if (!this.#opening.has(node)) {
			const opening = this.#openNode(node);
			this.#opening.set(node, opening);
		}
		return -ERRNO_AGAIN;
	}

	async #openNode(node: TreeNode): Promise<void> {
		try {
			this.#closeOldest();
			const file = await openFile(this.#files, String(node.id));
			const size = Math.min(node.size, this.#cut.get(node) ?? node.size);
			this.#cut.delete(node);
			// What lies behind the size is from a life that ended in between.
			if (file.getSize() > size) file.truncate(size);
			this.#open.set(node, file);
		} catch (error) {
			this.#failed.set(node, errnoOf(error));
		}
		this.#opening.delete(node);
		this.#ready();
	}

	#closeOldest(): void {
		for (const [node, file] of this.#open) {
			if (this.#open.size + this.#opening.size < OPEN_MAX) return;
			this.#open.delete(node);
			if (this.#dirty.delete(node)) file.flush();
			file.close();
		}
	}

	async #remove(node: TreeNode): Promise<void> {
		await this.#opening.get(node);
		this.#open.get(node)?.close();
		this.#open.delete(node);
		await this.#files.removeEntry(String(node.id));
	}

	/** A small file has become a large one. */
	#moveOut(node: TreeNode, file: AccessHandle): void {
		if (node.place > 0) {
			const bytes = new Uint8Array(Math.min(node.size, SLOT_BYTES));
			this.#slots.read(node.place, bytes, 0);
			file.write(bytes, { at: 0 });
			this.#slots.giveBack(node.place);
		}
		node.place = OWN_FILE;
	}

	/** Files that no name leads to any more: of what was removed, or of writes that never got a name. */
	#removeUnknown(known: readonly TreeNode[]): void {
		const names = new Set(known.filter(({ place }) => place === OWN_FILE).map(({ id }) => String(id)));
		const lastId = this.#lastId;
		const removal = (async () => {
			for await (const name of (this.#files as unknown as { keys(): AsyncIterable<string> }).keys()) {
				// What has a higher number was made after this began.
				if (!names.has(name) && Number(name) <= lastId) await this.#files.removeEntry(name).catch(ignoreMissing);
			}
		})();
		this.#removals.add(removal);
		void removal.finally(() => this.#removals.delete(removal));
	}

	#attempt(operation: () => number): number {
		try {
			return operation();
		} catch (error) {
			return errnoOf(error);
		}
	}
}

async function openFile(directory: FileSystemDirectoryHandle, name: string): Promise<AccessHandle> {
	const file = (await directory.getFileHandle(name, { create: true })) as unknown as FileWithAccess;
	try {
		return await file.createSyncAccessHandle();
	} catch (cause) {
		if (!(cause instanceof DOMException) || cause.name !== 'NoModificationAllowedError') throw cause;
		const message = 'another tab or worker has this store open; close it, or open a store with another name';
		throw new HoldfastError('Unexpected', message, { operation: 'open', retryable: true, cause });
	}
}

/** A negated errno for what the platform threw. */
function errnoOf(error: unknown): number {
	return error instanceof DOMException && error.name === 'QuotaExceededError' ? -ERRNO_NOSPC : -ERRNO_IO;
}

function ignoreMissing(error: unknown): void {
	if (!(error instanceof DOMException)) throw error;
}
