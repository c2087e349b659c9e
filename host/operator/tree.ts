import { HoldfastError } from '../errors.js';
import type { CallOptions, Request } from '../pool/request.js';
import { Cleanup } from './cleanup.js';
import type { OperatorContext } from './context.js';
import type { Steps } from './drivers.js';
import { Entry } from './entry.js';
import { ignoreFailure } from './ignore-failure.js';
import { ListPage } from './list-page.js';
import { Metadata } from './metadata.js';
import { formatPath, type ParsedPath } from './path.js';
import { metadataOf } from './replies.js';
import { closeRequest, listRequest, type OpenDescriptor, openDirectoryRequest } from './requests.js';

/** So many directories of one listing are open at a time. Deeper than that the outer ones are closed, and opened again later. */
export const OPEN_LEVELS_MAX = 32;

/** A directory on the way from the top to where the listing is. */
interface Level {
	readonly path: string;
	open: OpenDescriptor | undefined;
	close: Request | undefined;
	/** What was read of it and not given yet. */
	page: ListPage | undefined;
	/** Where its next page begins; 0 when there is none. */
	cookie: number;
	isFinished: boolean;
}

/**
 * A listing on its way: depth first, each directory in its own order, in memory that grows with depth and not with the number
 * of entries. It is what a lister, its blocking twin and `list` have in common.
 */
export class Tree {
	readonly context: OperatorContext;
	readonly callOptions: CallOptions | undefined;
	readonly #operation: string;
	readonly #isRecursive: boolean;
	/** Only names that begin so are given at the top; `undefined` when the directory itself is asked for. */
	readonly #prefix: string | undefined;
	readonly #top: string;
	readonly #cleanup: Cleanup;
	/** The last one is where the listing is. */
	readonly #levels: Level[] = [];
	#isBegun = false;
	#failure: unknown;

	/** Whatever is below `path` if it is a directory's, else whatever begins with it. */
	constructor(
		context: OperatorContext,
		operation: string,
		path: ParsedPath,
		isRecursive: boolean,
		callOptions: CallOptions | undefined,
	) {
		this.context = context;
		this.callOptions = callOptions;
		this.#operation = operation;
		this.#isRecursive = isRecursive;
		const slash = path.path.lastIndexOf('/');
		this.#prefix = path.isDirectory ? undefined : path.path.slice(slash + 1);
		this.#top = path.isDirectory ? path.path : path.path.slice(0, Math.max(0, slash));
		this.#cleanup = new Cleanup(this, context.engine);
	}

	/** The next entry, if it can be had without asking the engine. */
	takeReady(): Entry | undefined {
		const level = this.#levels.at(-1);
		if (level?.page === undefined) return undefined;
		for (let found = level.page.take(); found !== undefined; found = level.page.take()) {
			const isTop = this.#levels.length === 1;
			if (isTop && this.#prefix !== undefined && !found.name.startsWith(this.#prefix)) continue;
			const path = level.path === '' ? found.name : `${level.path}/${found.name}`;
			if (found.isDirectory && this.#isRecursive) this.#levels.push(levelAt(path));
			return new Entry(formatPath(path, found.isDirectory), new Metadata(found.stat));
		}
		level.page = undefined;
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
		for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop())
			yield* this.#closeLevel(level);
	}

	*#next(): Steps<Entry | null> {
		if (!this.#isBegun) {
			this.#isBegun = true;
			const itself = yield* this.#begin();
			if (itself !== undefined) return itself;
		}
		while (true) {
			const ready = this.takeReady();
			if (ready !== undefined) return ready;
			const level = this.#levels.at(-1);
			if (level === undefined) return null;
			yield* level.isFinished ? this.#leave(level) : this.#fetch(level);
		}
	}

	/** Opens the top; gives its own entry unless names are asked for by prefix. A top that is missing is an empty listing. */
	*#begin(): Steps<Entry | undefined> {
		const level = levelAt(this.#top);
		this.#levels.push(level);
		const metadata = yield* this.#openLevel(level, isAbsence);
		if (metadata === undefined || this.#prefix !== undefined) return undefined;
		return new Entry(formatPath(level.path, true), metadata);
	}

	*#fetch(level: Level): Steps<void> {
		if (level.open === undefined) {
			yield* this.#openLevel(level, isGone);
			if (level.open === undefined) return;
		}
		const reply = yield listRequest(this.context, this.#operation, level.path, level.open, level.cookie);
		level.page = new ListPage(reply.bytes);
		level.cookie = reply.total;
		level.isFinished = reply.total === 0;
		// What has no further page needs no descriptor, however long its subdirectories take.
		if (level.isFinished) yield* this.#closeLevel(level);
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
			const reply = yield openDirectoryRequest(this.context, this.#operation, level.path);
			level.open = { fd: reply.fd, incarnation: reply.incarnation };
			const at: ParsedPath = { path: level.path, isDirectory: true };
			level.close = closeRequest(this.context, this.#operation, at, level.open);
			this.#cleanup.add(level.close);
			return metadataOf(reply);
		} catch (error) {
			if (!isMissing(error)) throw error;
			level.isFinished = true;
			return undefined;
		}
	}

	*#closeLevel(level: Level): Steps<void> {
		const { close } = level;
		level.open = undefined;
		level.close = undefined;
		if (close === undefined || !this.#cleanup.take(close)) return;
		try {
			yield close;
		} catch (error) {
			// The descriptor ends with the pool, if not before.
			ignoreFailure(error);
		}
	}
}

function levelAt(path: string): Level {
	return { path, open: undefined, close: undefined, page: undefined, cookie: 0, isFinished: false };
}

function isAbsence(error: unknown): boolean {
	return error instanceof HoldfastError && error.code === 'NotFound';
}

/** A subdirectory was there when its parent was read. Meanwhile somebody may have removed it, or put a symlink in its place. */
function isGone(error: unknown): boolean {
	return isAbsence(error) || (error instanceof HoldfastError && error.code === 'InvalidPath');
}
