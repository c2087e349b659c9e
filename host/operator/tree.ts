import { PATH_MAX_BYTES } from '../../assembly/layout.js';
import { hasCode } from '../errors.js';
import type { Reply, Request } from '../pool/request.js';
import { Cleanup } from './cleanup.js';
import type { Steps } from './drivers.js';
import { Entry } from './entry.js';
import { isGone } from './gone.js';
import type { Invocation } from './invocation.js';
import type { ListedName, ListPage } from './list-page.js';
import { Metadata } from './metadata.js';
import { SORT_MEMORY_BYTES } from './name-order.js';
import { Pages } from './pages.js';
import { formatPath } from './path.js';
import { metadataOf } from './replies.js';
import { closeRequest, directoryAt, openRequest } from './requests.js';
import { SortedNames } from './sorted-names.js';

/** So many directories of one listing are open at a time. Deeper than that the outer ones are closed, and opened again later. */
export const OPEN_LEVELS_MAX = 32;

/** Of one UTF-16 code unit. */
const UTF8_MAX_BYTES = 3;

/** A directory on the way from the top to where the listing is. */
interface Level {
	readonly path: string;
	/** What stands before its names in theirs. */
	readonly prefix: string;
	/** The answer to opening it, as long as it is open. */
	opened?: Reply | undefined;
	close?: Request;
	/** What was read of it and not given yet. */
	page?: ListPage | undefined;
	readonly pages: Pages;
	isFinished: boolean;
	/** The names of the pages so far, when they are given in order: after the last page. */
	sorted?: SortedNames | undefined;
}

/**
 * A listing on its way: depth first, in memory that grows with depth and not with the number of entries. Siblings in order make
 * paths in order, since what is below a directory shares its name and slash: so one directory at a time is sorted. It is what
 * a lister, its blocking twin and `list` have in common.
 */
export class Tree {
	readonly invocation: Invocation;
	/** Only names that begin so are given at the top; `undefined` when the directory itself is asked for. */
	readonly #prefix: string | undefined;
	readonly #top: string;
	readonly #cleanup: Cleanup;
	/** The last one is where the listing is. */
	readonly #levels: Level[] = [];
	readonly #isByPath: boolean;
	readonly #sortMemoryBytes: number;
	/** `startAfter` as it is compared: whatever comes up to it in the order of paths is left out. */
	readonly #after: string | undefined;
	#isBegun = false;
	#failure: unknown;

	/** Whatever is below its path if that is a directory's, else whatever begins with it. `isByPath`: in the order of paths; else each directory has its own. */
	constructor(invocation: Invocation, isByPath: boolean, sortMemoryBytes: number = SORT_MEMORY_BYTES) {
		const { path, isDirectory } = invocation.at;
		const { startAfter } = invocation.options;
		const slash = path.lastIndexOf('/');
		this.invocation = invocation;
		this.#sortMemoryBytes = sortMemoryBytes;
		this.#isByPath = isByPath || startAfter !== undefined;
		this.#after = startAfter === undefined ? undefined : orderOf(startAfter);
		this.#prefix = isDirectory ? undefined : path.slice(slash + 1);
		this.#top = isDirectory ? path : path.slice(0, Math.max(0, slash));
		this.#cleanup = new Cleanup(this, invocation.context.engine);
	}

	get #isRecursive(): boolean {
		return this.invocation.options.recursive === true;
	}

	/** The next entry, if it can be had without asking the engine. */
	takeReady(): Entry | undefined {
		// Entries that are at hand cost no request, in which the signal would be looked at.
		if (this.invocation.options.signal?.aborted) return undefined;
		const level = this.#levels.at(-1);
		const names = level?.isFinished ? (level.sorted ?? level.page) : level?.page;
		if (level === undefined || names === undefined) return undefined;
		for (let found = names.take(); found !== undefined; found = names.take()) {
			if (!this.#isWanted(level, found)) continue;
			const path = level.prefix + found.name;
			// No call could name it: somebody else made it, step by step.
			if (isTooLong(path)) continue;
			// What a symlink leads to is below itself as well, if not in a circle: it is shown and not entered.
			const isEntered = found.isDirectory && this.#isRecursive && !found.isLink;
			if (isEntered) this.#levels.push(levelAt(this.invocation, path));
			const shown = formatPath(path, found.isDirectory);
			if (this.#isBehindStart(shown)) return new Entry(shown, new Metadata(found.stat));
			// Only what is below it can be behind the start.
			if (isEntered) return undefined;
		}
		level.page = undefined;
		level.sorted?.close();
		level.sorted = undefined;
		return undefined;
	}

	/** The next entry, or `null` at the end and ever after. A failure ends the listing, and every later call fails with it. */
	*next(): Steps<Entry | null> {
		if (this.#failure !== undefined) throw this.#failure;
		try {
			return yield* this.#next();
		} catch (error) {
			this.#failure = error;
			yield* this.close();
			throw error;
		}
	}

	/** Gives every descriptor back; the listing is at its end. */
	*close(): Steps<void> {
		this.#isBegun = true;
		for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) {
			level.sorted?.close();
			yield* this.#closeLevel(level);
		}
	}

	*#next(): Steps<Entry | null> {
		const { signal } = this.invocation.options;
		while (true) {
			// Nothing would be ready then, which is not to be taken for an end.
			if (signal?.aborted) {
				throw this.invocation.error('Cancelled', 'the listing was cancelled by its signal', signal.reason);
			}
			if (!this.#isBegun) {
				this.#isBegun = true;
				const itself = yield* this.#begin();
				if (itself !== undefined) return itself;
				continue;
			}
			const ready = this.takeReady();
			if (ready !== undefined) return ready;
			const level = this.#levels.at(-1);
			if (level === undefined) return null;
			yield* level.isFinished ? this.#leave(level) : this.#fetch(level);
		}
	}

	/** Opens the top; gives its own entry unless names are asked for by prefix. A top that is missing is an empty listing. */
	*#begin(): Steps<Entry | undefined> {
		const level = levelAt(this.invocation, this.#top);
		this.#levels.push(level);
		const metadata = yield* this.#openLevel(level, isAbsence);
		if (metadata === undefined || this.#prefix !== undefined) return undefined;
		const path = formatPath(level.path, true);
		return this.#isBehindStart(path) ? new Entry(path, metadata) : undefined;
	}

	/** Begins with the prefix, and itself or something below it is behind the start. */
	#isWanted(level: Level, found: ListedName): boolean {
		const isTop = this.#levels.length === 1;
		if (isTop && this.#prefix !== undefined && !found.name.startsWith(this.#prefix)) return false;
		if (this.#after === undefined) return true;
		const path = formatPath(level.prefix + found.name, found.isDirectory);
		return this.#isBehindStart(path) || (found.isDirectory && this.#isRecursive && this.#after.startsWith(path));
	}

	#isBehindStart(path: string): boolean {
		return this.#after === undefined || orderOf(path) > this.#after;
	}

	*#fetch(level: Level): Steps<void> {
		if (level.opened === undefined) yield* this.#openLevel(level, isGone);
		if (level.opened === undefined) return;
		const page = yield* level.pages.next(level.opened);
		level.isFinished = level.pages.isFinished;
		// What has no further page needs no descriptor, however long its subdirectories take.
		if (level.isFinished) yield* this.#closeLevel(level);
		if (this.#isByPath) this.#sort(level, page);
		else level.page = page;
	}

	/** Nothing of a directory can be given before its last page is there. */
	#sort(level: Level, page: ListPage): void {
		level.sorted ??= new SortedNames(this.#sortMemoryBytes);
		for (let found = page.take(); found !== undefined; found = page.take()) {
			if (this.#isWanted(level, found)) level.sorted.add(found);
		}
		if (level.isFinished) level.sorted.finish();
	}

	*#leave(level: Level): Steps<void> {
		this.#levels.pop();
		yield* this.#closeLevel(level);
	}

	/** Opens a directory; one that has disappeared is finished. */
	*#openLevel(level: Level, isMissing: (error: unknown) => boolean): Steps<Metadata | undefined> {
		const outer = this.#levels.at(-1 - OPEN_LEVELS_MAX);
		if (outer !== undefined) yield* this.#closeLevel(outer);
		try {
			const opened = yield openRequest(this.invocation, directoryAt(level.path));
			level.opened = opened;
			level.close = this.#cleanup.add(closeRequest(this.invocation, opened, directoryAt(level.path)));
			return metadataOf(opened);
		} catch (error) {
			if (!isMissing(error)) throw error;
			level.isFinished = true;
			return undefined;
		}
	}

	*#closeLevel(level: Level): Steps<void> {
		level.opened = undefined;
		level.pages.restart();
		yield* this.#cleanup.send(level.close);
	}
}

function levelAt(invocation: Invocation, path: string): Level {
	return { path, prefix: path && `${path}/`, pages: new Pages(invocation, path), isFinished: false };
}

function isTooLong(path: string): boolean {
	return path.length * UTF8_MAX_BYTES > PATH_MAX_BYTES && Buffer.byteLength(path) > PATH_MAX_BYTES;
}

/** The root comes before everything, although some names sort before its slash. */
function orderOf(path: string): string {
	return path === '/' ? '' : path;
}

function isAbsence(error: unknown): boolean {
	return hasCode(error, 'NotFound');
}
