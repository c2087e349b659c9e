import { HoldfastError } from '../errors.js';
import type { Steps } from './drivers.js';
import type { Entry } from './entry.js';
import { SerialQueue } from './serial-queue.js';
import type { Tree } from './tree.js';

/** What a lister takes its entries from: a tree that looks at the signal between entries too. */
export class EntrySource {
	readonly tree: Tree;

	constructor(tree: Tree) {
		this.tree = tree;
	}

	/** The next entry, if it can be had without asking the engine. */
	takeReady(): Entry | undefined {
		return this.#isAborted ? undefined : this.tree.takeReady();
	}

	*next(): Steps<Entry | null> {
		// Entries that are at hand cost no request, in which the signal would be looked at.
		if (this.#isAborted) {
			yield* this.tree.close();
			throw new HoldfastError('Cancelled', 'the listing was cancelled by its signal', {
				operation: 'lister',
				cause: this.tree.invocation.callOptions?.signal?.reason,
			});
		}
		return yield* this.tree.next();
	}

	*close(): Steps<void> {
		yield* this.tree.close();
	}

	get #isAborted(): boolean {
		return this.tree.invocation.callOptions?.signal?.aborted === true;
	}
}

/**
 * Gives the entries of a listing one by one, in the order of the directories (with `startAfter`: by path), without holding them
 * all. Leaving a `for await` early closes it.
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
		return this.#takeReady() ?? (await this.#queue.add(() => this.#drive(this.#source.next())));
	}

	/** Ends the listing and gives back what it holds. Fine at any time. */
	async close(): Promise<void> {
		await this.#queue.add(() => this.#drive(this.#source.close()));
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Entry, void, undefined> {
		try {
			while (true) {
				const entry = this.#takeReady() ?? (await this.next());
				if (entry === null) return;
				yield entry;
			}
		} finally {
			await this.close();
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	/** What costs no request, unless somebody else's call comes first. */
	#takeReady(): Entry | undefined {
		return this.#queue.isIdle ? this.#source.takeReady() : undefined;
	}

	#drive<T>(steps: Steps<T>): Promise<T> {
		return this.#source.tree.invocation.drive(steps);
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
		return this.#source.tree.invocation.driveSync(steps);
	}
}
