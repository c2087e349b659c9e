import { descriptorPath } from './descriptor-path.js';
import type { DirectoryCache } from './directory-cache.js';
import { errnoOf } from './errno.js';
import { platformPathIn } from './file-name.js';

/** Names below open directories, as the platform takes them. Every call gives 0 or a negated errno. */
export class Locations {
	/** After `locate`: the name below its directory, wherever that is by now. */
	location: string | Buffer = '';
	readonly #cache: DirectoryCache;

	constructor(cache: DirectoryCache) {
		this.#cache = cache;
	}

	/** Finds a name; who does calls `settle` of the directories when he is through with it. */
	locate(directory: number, path: string): number {
		const refused = this.#cache.find(directory, path);
		if (refused < 0) this.#cache.settle();
		else this.location = platformPathIn(this.#cache.prefix, this.#cache.name);
		return refused;
	}

	/** 0 when a call on the directory itself has one to speak of, else a negated errno. */
	onSelf(directory: number): number {
		return Math.min(this.#cache.resource(directory), 0);
	}

	/** Finds a directory itself: its descriptor of the platform's. */
	locateSelf(directory: number): number {
		const resource = this.#cache.resource(directory);
		this.location = `${descriptorPath(resource)}/.`;
		return resource;
	}

	/** Does something to a name. */
	at(directory: number, path: string, operation: (location: string | Buffer) => number): number {
		const refused = this.locate(directory, path);
		if (refused < 0) return refused;
		try {
			return operation(this.location);
		} catch (error) {
			return -errnoOf(error);
		} finally {
			this.#cache.settle();
		}
	}

	/** Does something to two names. */
	between(
		source: number,
		sourcePath: string,
		target: number,
		targetPath: string,
		operation: (from: string | Buffer, to: string | Buffer) => number,
	): number {
		let refused = this.locate(source, sourcePath);
		if (refused < 0) return refused;
		const from = this.location;
		// Otherwise the walk to the target could close the source's parent, and its number would soon be another directory's.
		this.#cache.keep();
		refused = this.locate(target, targetPath);
		if (refused < 0) return refused;
		try {
			return operation(from, this.location);
		} catch (error) {
			return -errnoOf(error);
		} finally {
			this.#cache.settle();
		}
	}
}

/** A name below a descriptor, as one key. */
export function nameIn(directory: number, path: string): string {
	return `${directory}/${path}`;
}
