import { HoldfastError } from '../errors.js';
import type { CallOptions } from '../pool/request.js';
import { driveAsync, driveSync, type Steps } from './drivers.js';
import type { Entry } from './entry.js';
import { collectOrdered } from './order.js';
import { SerialQueue } from './serial-queue.js';
import type { Tree } from './tree.js';

/** What a lister takes its entries from: the tree itself, or with `startAfter` the tree put in order. */
export class EntrySource {
	readonly tree: Tree;
	readonly #startAfter: string | undefined;
	/** In reverse: taking from the end is cheap. */
	#ordered: Entry[] | undefined;

	constructor(tree: Tree, startAfter: string | undefined) {
		this.tree = tree;
		this.#startAfter = startAfter;
	}

	/** The next entry, if it can be had without asking the engine. */
	takeReady(): Entry | undefined {
		throwIfAborted(this.tree.callOptions);
		return this.#startAfter === undefined ? this.tree.takeReady() : this.#ordered?.pop();
	}

	*next(): Steps<Entry | null> {
		throwIfAborted(this.tree.callOptions);
		if (this.#startAfter === undefined) return yield* this.tree.next();
		this.#ordered ??= (yield* collectOrdered(this.tree, this.#startAfter)).reverse();
		return this.#ordered.pop() ?? null;
	}

	*close(): Steps<void> {
		this.#ordered = [];
		yield* this.tree.close();
	}
}

/**
 * Gives the entries of a listing one by one, in the order of the directories, without holding them all. Leaving a
 * `for await` early closes it.
 *
 * @example
 * for await (const entry of await op.lister('photos/', { recursive: true })) {
 *   console.log(entry.path(), entry.metadata().contentLength);
 * }
 */
export class Lister implements AsyncIterable<Entry> {
	readonly #source: EntrySource;
	readonly #queue = new SerialQueue();

	/** @internal */
	constructor(source: EntrySource) {
		this.#source = source;
	}

	/** The next entry; `null` at the end and ever after. */
	async next(): Promise<Entry | null> {
		if (this.#queue.isIdle) {
			const ready = this.#source.takeReady();
			if (ready !== undefined) return ready;
		}
		return await this.#queue.add(() => this.#drive(this.#source.next()));
	}

	/** Ends the listing and gives back what it holds. Fine at any time. */
	async close(): Promise<void> {
		await this.#queue.add(() => this.#drive(this.#source.close()));
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Entry, void, undefined> {
		try {
			for (let entry = await this.next(); entry !== null; entry = await this.next()) yield entry;
		} finally {
			await this.close();
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	#drive<T>(steps: Steps<T>): Promise<T> {
		return driveAsync(this.#source.tree.context.engine, steps, this.#source.tree.callOptions);
	}
}

/** A `Lister` whose calls block. */
export class BlockingLister implements Iterable<Entry> {
	readonly #source: EntrySource;

	/** @internal */
	constructor(source: EntrySource) {
		this.#source = source;
	}

	/** As `Lister.next`. */
	next(): Entry | null {
		return this.#source.takeReady() ?? this.#drive(this.#source.next());
	}

	/** As `Lister.close`. */
	close(): void {
		this.#drive(this.#source.close());
	}

	*[Symbol.iterator](): Generator<Entry, void, undefined> {
		try {
			for (let entry = this.next(); entry !== null; entry = this.next()) yield entry;
		} finally {
			this.close();
		}
	}

	[Symbol.dispose](): void {
		this.close();
	}

	#drive<T>(steps: Steps<T>): T {
		return driveSync(this.#source.tree.context.engine, steps, this.#source.tree.callOptions);
	}
}

/** Entries that are at hand cost no request, in which the signal would be looked at. */
function throwIfAborted(options: CallOptions | undefined): void {
	if (options?.signal?.aborted !== true) return;
	throw new HoldfastError('Cancelled', 'the listing was cancelled by its signal', {
		operation: 'lister',
		cause: options.signal.reason,
	});
}
