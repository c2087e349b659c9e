import type { Steps } from './drivers.js';
import type { Entry } from './entry.js';
import { SerialQueue } from './serial-queue.js';
import type { Tree } from './tree.js';

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
	readonly #tree: Tree;
	readonly #queue = new SerialQueue();

	/** @internal */
	constructor(tree: Tree) {
		this.#tree = tree;
	}

	/** The next entry; `null` at the end and ever after. */
	async next(): Promise<Entry | null> {
		return this.#takeReady() ?? (await this.#queue.add(() => this.#drive(this.#tree.next())));
	}

	/** Ends the listing and gives back what it holds. Fine at any time. */
	close(): Promise<void> {
		return this.#queue.add(() => this.#drive(this.#tree.close()));
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
		return this.#queue.isIdle ? this.#tree.takeReady() : undefined;
	}

	#drive<T>(steps: Steps<T>): Promise<T> {
		return this.#tree.invocation.drive(steps);
	}
}

/** A `Lister` whose calls block. */
export class BlockingLister implements Iterable<Entry> {
	readonly #tree: Tree;

	/** @internal */
	constructor(tree: Tree) {
		this.#tree = tree;
	}

	/** As `Lister.next`. */
	next(): Entry | null {
		return this.#tree.takeReady() ?? this.#drive(this.#tree.next());
	}

	/** As `Lister.close`. */
	close(): void {
		this.#drive(this.#tree.close());
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
		return this.#tree.invocation.driveSync(steps);
	}
}
