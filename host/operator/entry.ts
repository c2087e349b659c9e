import type { Metadata } from './metadata.js';

/** One path of a listing, with what was known about it when it was listed. */
export class Entry {
	readonly #path: string;
	readonly #metadata: Metadata;

	/** @internal */
	constructor(path: string, metadata: Metadata) {
		this.#path = path;
		this.#metadata = metadata;
	}

	/** Path relative to the root of the operator; a directory ends in a slash, and the root is `/`. */
	path(): string {
		return this.#path;
	}

	/** The last name of the path; that of a directory ends in a slash. */
	name(): string {
		const slash = this.#path.lastIndexOf('/', this.#path.length - 2);
		return this.#path.slice(slash + 1) || '/';
	}

	metadata(): Metadata {
		return this.#metadata;
	}

	/** Plain data, for `JSON.stringify`. */
	toJSON(): Record<string, unknown> {
		return { path: this.#path, ...this.#metadata.toJSON() };
	}

	/** What `console.log` shows: private fields would make it look empty. */
	[Symbol.for('nodejs.util.inspect.custom')](): string {
		return `Entry ${JSON.stringify(this)}`;
	}
}
