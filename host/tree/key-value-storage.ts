import { ERRNO_AGAIN, ERRNO_IO } from '../../assembly/layout.js';
import { decoder, encoder } from '../text.js';
import type { TreeNode } from './node.js';
import { type FoundTree, recordOf, TreeLoader, type TreeRecord } from './records.js';
import type { TreeChange, TreeStorage } from './storage.js';

/**
 * What a platform's key-value or object store has to do to keep a Holdfast store. Keys are ASCII, at most 1,100 bytes; values at
 * most 64 KiB. Nobody else writes to these keys while the store is open.
 */
export interface KeyValue {
	/** The value, or undefined. */
	get(key: string): Promise<Uint8Array | undefined>;
	/** Up to `limit` keys with their values that begin with `prefix` and come after `after`, in the order of the keys. */
	list(prefix: string, after: string | undefined, limit: number): Promise<[key: string, value: Uint8Array][]>;
	/**
	 * Stores all values and removes the keys whose value is undefined; durable when it resolves. At most 128 changes. All of them
	 * happen or none, and those of an earlier call before those of a later one.
	 */
	write(changes: readonly (readonly [key: string, value: Uint8Array | undefined])[]): Promise<void>;
}

/** Bytes of a file go into blocks of this size, one value each. */
const BLOCK_BYTES = 65536;
const WRITE_MAX_CHANGES = 128;
const LIST_MAX = 500;
/** Blocks that are kept in memory although the store has them. */
const CACHED_BLOCKS_MAX = 64;
/** Bytes that wait to be stored: beyond this a write waits. */
const PENDING_MAX_BYTES = 4_194_304;
/** The same for groups of changes. */
const PENDING_MAX_GROUPS = 4096;

// Keys: n/ID of a node, e/DIRECTORY/NAME of a name, b/ID/INDEX of a block. Numbers have a fixed width so that they sort, and names
// are byte strings in hexadecimal.
const ID_DIGITS = 14;
const INDEX_DIGITS = 10;

/** In the place of a value: the block as it is when its turn comes. */
const AS_IT_IS = Symbol('the block as it is');
type Change = readonly [key: string, value: Uint8Array | undefined | typeof AS_IT_IS];

/** A block, as it is now. */
interface Block {
	bytes: Uint8Array;
	/** Written since it was handed to the store. */
	isDirty: boolean;
	/** On its way to the store, which may still give the old bytes. */
	isLeaving: boolean;
}

/**
 * Bytes, names and attributes in a key-value store whose calls are promises. What is written waits in memory, in order, and goes to
 * the store in batches; `sync` is answered with AGAIN until everything before it is stored.
 */
export class KeyValueStorage implements TreeStorage {
	readonly #store: KeyValue;
	readonly #ready: () => void;
	/** Blocks by key, the one that was used last at the end. */
	readonly #blocks = new Map<string, Block>();
	readonly #fetching = new Set<string>();
	/** Blocks that could not be fetched: the next call that asks is told, and the one after it tries again. */
	readonly #unfetched = new Set<string>();
	/** Changes that wait, in order; a group happens as a whole. */
	#queue: Change[][] = [];
	#queuedBytes = 0;
	#storing: Promise<void> | undefined;
	#failure = 0;

	private constructor(store: KeyValue, ready: () => void) {
		this.#store = store;
		this.#ready = ready;
	}

	/** Reads the names of a store; they stay in memory. */
	static async open(
		store: KeyValue,
		ready: () => void,
	): Promise<{ storage: KeyValueStorage; found: FoundTree | undefined }> {
		const loader = new TreeLoader();
		// Nodes come before the names that lead to them, and a name needs both of its nodes.
		for (const prefix of ['n/', 'e/']) {
			for await (const [, value] of all(store, prefix)) loader.add(recordIn(value));
		}
		const found = loader.finish();
		const storage = new KeyValueStorage(store, ready);
		if (found !== undefined && found.repairs.length > 0) storage.record(found.repairs);
		return { storage, found };
	}

	read(node: TreeNode, bytes: Uint8Array, position: number): number {
		for (let done = 0; done < bytes.length; ) {
			const [index, offset, count] = partAt(position + done, bytes.length - done);
			const block = this.#block(node, index);
			// What is there already counts: the next call goes on behind it.
			if (typeof block === 'number') return done > 0 ? done : block;
			const part = block.bytes.subarray(offset, offset + count);
			bytes.set(part, done);
			bytes.fill(0, done + part.length, done + count);
			done += count;
		}
		return bytes.length;
	}

	write(node: TreeNode, bytes: Uint8Array, position: number): number {
		if (this.#failure !== 0) return this.#failure;
		if (this.#queuedBytes >= PENDING_MAX_BYTES || this.#queue.length >= PENDING_MAX_GROUPS) return -ERRNO_AGAIN;
		const [index, offset, count] = partAt(position, bytes.length);
		// A block of which nothing is kept need not be fetched.
		const isWhole = offset === 0 && index * BLOCK_BYTES + count >= node.size;
		const known = isWhole
			? (this.#blocks.get(blockKey(node, index)) ?? this.#put(node, index, new Uint8Array(0)))
			: undefined;
		const block = known ?? this.#block(node, index);
		if (typeof block === 'number') return block;
		const length = Math.max(block.bytes.length, offset + count);
		const next = new Uint8Array(length);
		next.set(block.bytes);
		next.set(bytes.subarray(0, count), offset);
		this.#change(node, index, block, next);
		return count;
	}

	resize(node: TreeNode, size: number): number {
		if (size >= node.size) return 0;
		const [index, offset] = partAt(size, 0);
		if (offset > 0) {
			const block = this.#block(node, index);
			// What is behind the size goes when the block is written or read the next time.
			if (typeof block !== 'number') this.#change(node, index, block, block.bytes.slice(0, offset));
		}
		this.#removeBlocks(node, offset > 0 ? index + 1 : index);
		return 0;
	}

	drop(node: TreeNode): void {
		this.#removeBlocks(node, 0);
	}

	record(changes: readonly TreeChange[]): void {
		// A node that is told twice has only one state now.
		const group = [...new Map(changes.map(recordOf).map(pairOf))];
		for (let at = 0; at < group.length; at += WRITE_MAX_CHANGES) this.#enqueue(group.slice(at, at + WRITE_MAX_CHANGES));
	}

	sync(): number {
		if (this.#failure !== 0) return this.#failure;
		return this.#queue.length === 0 && this.#storing === undefined ? 0 : -ERRNO_AGAIN;
	}

	/** Waits until everything is stored. */
	async close(): Promise<void> {
		while (this.#storing !== undefined) await this.#storing;
	}

	/** A block, or AGAIN while it is fetched. Behind the end of the file it is empty. */
	#block(node: TreeNode, index: number): Block | number {
		const key = blockKey(node, index);
		const block = this.#blocks.get(key);
		if (block !== undefined) {
			this.#blocks.delete(key);
			this.#blocks.set(key, block);
			return block;
		}
		if (index * BLOCK_BYTES >= node.size) return this.#put(node, index, new Uint8Array(0));
		if (this.#unfetched.delete(key)) return -ERRNO_IO;
		if (!this.#fetching.has(key)) void this.#fetch(node, index, key);
		return -ERRNO_AGAIN;
	}

	async #fetch(node: TreeNode, index: number, key: string): Promise<void> {
		this.#fetching.add(key);
		try {
			const bytes = (await this.#store.get(key)) ?? new Uint8Array(0);
			// Whoever has written it meanwhile knows better; and what lies behind the size does not count any more.
			const room = Math.max(0, node.size - index * BLOCK_BYTES);
			if (!this.#blocks.has(key)) this.#put(node, index, bytes.subarray(0, room));
		} catch {
			// Its reason is lost here: a WASI errno has no words.
			this.#unfetched.add(key);
		}
		this.#fetching.delete(key);
		this.#ready();
	}

	#put(node: TreeNode, index: number, bytes: Uint8Array): Block {
		for (const [key, block] of this.#blocks) {
			if (this.#blocks.size < CACHED_BLOCKS_MAX) break;
			if (!block.isDirty && !block.isLeaving) this.#blocks.delete(key);
		}
		const block = { bytes, isDirty: false, isLeaving: false };
		this.#blocks.set(blockKey(node, index), block);
		return block;
	}

	#change(node: TreeNode, index: number, block: Block, bytes: Uint8Array): void {
		block.bytes = bytes;
		if (block.isDirty) return;
		block.isDirty = true;
		this.#queuedBytes += BLOCK_BYTES;
		const key = blockKey(node, index);
		// Its bytes are looked up when it is its turn: what was written into it until then goes with it.
		this.#enqueue([[key, AS_IT_IS]]);
	}

	#removeBlocks(node: TreeNode, from: number): void {
		const removals: [string, undefined][] = [];
		for (let index = from; index * BLOCK_BYTES < node.size; index++) {
			const key = blockKey(node, index);
			const block = this.#blocks.get(key);
			if (block?.isDirty) this.#queuedBytes -= BLOCK_BYTES;
			this.#blocks.delete(key);
			removals.push([key, undefined]);
		}
		for (let at = 0; at < removals.length; at += WRITE_MAX_CHANGES) {
			this.#enqueue(removals.slice(at, at + WRITE_MAX_CHANGES));
		}
	}

	#enqueue(group: Change[]): void {
		if (group.length === 0) return;
		this.#queue.push(group);
		this.#storing ??= this.#storeAll();
	}

	/** Stores batch after batch until nothing waits. */
	async #storeAll(): Promise<void> {
		// Whatever changes in the same turn goes along.
		await Promise.resolve();
		while (this.#queue.length > 0 && this.#failure === 0) {
			try {
				const batch = this.#takeBatch();
				if (batch.length > 0) await this.#store.write(batch);
				for (const [key] of batch) {
					const block = this.#blocks.get(key);
					if (block !== undefined) block.isLeaving = false;
				}
			} catch {
				// Nobody knows what of it happened: nothing more is taken.
				this.#failure = -ERRNO_IO;
			}
			this.#ready();
		}
		this.#storing = undefined;
		this.#ready();
	}

	/** Whole groups, as many as one call takes; a later change of a key takes the place of an earlier one. */
	#takeBatch(): (readonly [string, Uint8Array | undefined])[] {
		const batch = new Map<string, Uint8Array | undefined>();
		while (this.#queue.length > 0) {
			const group = this.#queue[0] as Change[];
			if (batch.size > 0 && batch.size + group.length > WRITE_MAX_CHANGES) break;
			this.#queue.shift();
			for (const [key, value] of group) {
				if (value !== AS_IT_IS) {
					batch.set(key, value);
					continue;
				}
				const block = this.#blocks.get(key);
				// It was removed meanwhile, or went along with an earlier change.
				if (!block?.isDirty) continue;
				block.isDirty = false;
				block.isLeaving = true;
				this.#queuedBytes -= BLOCK_BYTES;
				batch.set(key, block.bytes);
			}
		}
		return [...batch];
	}
}

async function* all(store: KeyValue, prefix: string): AsyncGenerator<[string, Uint8Array]> {
	for (let after: string | undefined; ; ) {
		const page = await store.list(prefix, after, LIST_MAX);
		yield* page;
		after = page.at(-1)?.[0];
		if (page.length < LIST_MAX) return;
	}
}

function pairOf(record: TreeRecord): [string, Uint8Array | undefined] {
	switch (record[0]) {
		case 'n':
			return [`n/${padded(record[1], ID_DIGITS)}`, encoder.encode(JSON.stringify(record))];
		case 'x':
			return [`n/${padded(record[1], ID_DIGITS)}`, undefined];
		case 'e':
			return [nameKey(record[1], record[2]), encoder.encode(JSON.stringify(record))];
		default:
			return [nameKey(record[1], record[2]), undefined];
	}
}

function recordIn(value: Uint8Array): TreeRecord {
	return JSON.parse(decoder.decode(value)) as TreeRecord;
}

function nameKey(directory: number, name: string): string {
	return `e/${padded(directory, ID_DIGITS)}/${Array.from(name, hexOf).join('')}`;
}

function blockKey(node: TreeNode, index: number): string {
	return `b/${padded(node.id, ID_DIGITS)}/${padded(index, INDEX_DIGITS)}`;
}

function hexOf(character: string): string {
	return character.charCodeAt(0).toString(16).padStart(2, '0');
}

function padded(number: number, digits: number): string {
	return String(number).padStart(digits, '0');
}

/** Index of the block at a position, the offset in it, and how many of `bytes` lie there. */
function partAt(position: number, bytes: number): [index: number, offset: number, count: number] {
	const index = Math.floor(position / BLOCK_BYTES);
	const offset = position - index * BLOCK_BYTES;
	return [index, offset, Math.min(BLOCK_BYTES - offset, bytes)];
}
