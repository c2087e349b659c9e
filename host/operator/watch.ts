import { type FSWatcher, readlinkSync, watch as watchDirectory } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError, hasCode } from '../errors.js';
import { onAbort } from '../pool/abort-watch.js';
import type { CallOptions } from '../pool/request.js';
import { isTemporaryName } from '../pool/temporary.js';
import type { Steps } from './drivers.js';
import { Entry } from './entry.js';
import { ignoreFailure } from './ignore-failure.js';
import { Invocation } from './invocation.js';
import { formatPath } from './path.js';
import { metadataOf } from './replies.js';
import { closeRequest, type OpenDescriptor, openRequest, statRequest } from './requests.js';
import { Tree } from './tree.js';

/** What happened to a path. */
export interface Change {
	/**
	 * `changed`: it is new, or has other content. `removed`: it is gone, and a directory with all that was below it.
	 * `overflow`: more happened than can be told; list what is below `path` to know how things stand.
	 */
	readonly kind: 'changed' | 'removed' | 'overflow';
	/** As in listings: a directory that is there ends in a slash. */
	readonly path: string;
	/** What is there now, for `changed`. */
	readonly entry: Entry | undefined;
}

/** So many paths may wait for a consumer that is slow; several changes of one path are one. */
const PENDING_MAX = 10_000;
/** The kernel gives a user a limited number of watches: one directory takes one. */
const DIRECTORIES_MAX = 8192;
/** What opening a directory says that was there a moment ago. */
const GONE = ['NotFound', 'NotADirectory', 'InvalidPath'] as const;

/**
 * Changes below a directory, or of names that begin with a prefix, by whichever program: an async iterable that begins when it is
 * made, and ends with its signal, by leaving the loop, or when the directory goes. Each change is looked at when it is taken,
 * so that several in a row may be told as one, and what was there for a moment only may be told as `removed`.
 *
 * @example
 * for await (const { kind, path } of op.watch('inbox/', { signal })) console.log(kind, path);
 */
export class Watch implements AsyncIterable<Change> {
	/** Settles when the watch is set up: what changes from then on is told. */
	readonly ready: Promise<void>;
	readonly #invocation: Invocation;
	/** The directory under which it looks, and what names in it begin with. */
	readonly #top: string;
	readonly #prefix: string;
	readonly #watchers = new Map<string, FSWatcher>();
	/** Where the top is. */
	#place = '';
	/** The name under which the top is watched. */
	#topName = '';
	readonly #pending = new Set<string>();
	#isOverflown = false;
	#failure: unknown;
	#isClosed = false;
	#wake: (() => void) | undefined;
	#forgetClose: (() => void) | undefined;
	#forgetSignal: (() => void) | undefined;

	/** @internal */
	constructor(invocation: Invocation) {
		const { context, at, callOptions: options } = invocation;
		this.#invocation = invocation;
		const slash = at.path.lastIndexOf('/');
		this.#top = at.isDirectory ? at.path : at.path.slice(0, Math.max(0, slash));
		this.#prefix = at.isDirectory ? '' : at.path.slice(slash + 1);
		this.#forgetClose = context.keeper.whenClosed(() => this.#fail(closed()));
		const signal = options?.signal;
		const abort = (): void => this.#fail(cancelled(options));
		if (signal?.aborted) abort();
		else this.#forgetSignal = signal && onAbort(signal, abort);
		this.ready = this.#begin();
		this.ready.catch(ignoreFailure);
	}

	/** Ends it: a consumer that waits is at the end. Fine at any time. */
	close(): void {
		this.#isClosed = true;
		this.#forgetSignal?.();
		this.#forgetClose?.();
		this.#forgetClose = undefined;
		for (const watcher of this.#watchers.values()) watcher.close();
		this.#watchers.clear();
		this.#pending.clear();
		this.#wake?.();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Change, void, undefined> {
		try {
			await this.ready;
			while (true) {
				if (this.#failure !== undefined) throw this.#failure;
				if (this.#isClosed) return;
				if (this.#isOverflown) {
					this.#isOverflown = false;
					yield { kind: 'overflow', path: formatPath(this.#top, true), entry: undefined };
					continue;
				}
				const [path] = this.#pending;
				if (path === undefined) {
					await new Promise<void>((resolve) => {
						this.#wake = resolve;
					});
					continue;
				}
				this.#pending.delete(path);
				const change = await this.#look(path);
				if (change !== undefined) yield change;
				if (change?.kind === 'removed' && path === this.#top) return;
			}
		} finally {
			this.close();
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		this.close();
		return Promise.resolve();
	}

	async #begin(): Promise<void> {
		try {
			const found = await this.#stat(this.#top, true);
			if (found === undefined) {
				const path = formatPath(this.#top, true);
				throw new HoldfastError('NotFound', 'there is no such directory to watch', { operation: 'watch', path });
			}
			await this.#add(this.#top, false);
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Watches first and lists then: what is made in between is seen at least once. */
	async #add(path: string, isNew: boolean): Promise<void> {
		if (this.#isClosed || this.#watchers.has(path)) return;
		if (this.#watchers.size >= DIRECTORIES_MAX) throw tooMany(path);
		if (!(await this.#watch(path))) return;
		const tree = new Tree(this.#at(path, true), false);
		await this.#drive(tree.next());
		for (let entry = await this.#drive(tree.next()); entry !== null; entry = await this.#drive(tree.next())) {
			const below = entry.path().replace(/\/$/, '');
			if (isNew) this.#push(below);
			else if (entry.metadata().isDirectory() && this.#isWanted(below)) await this.#add(below, false);
		}
	}

	/** Watches one directory; false when it went again, which its parent tells, or when it is another one that a symlink leads to. */
	async #watch(path: string): Promise<boolean> {
		const invocation = this.#at(path, true);
		const { store } = invocation.context;
		let opened: OpenDescriptor;
		try {
			opened = await invocation.submit(openRequest(invocation));
		} catch (error) {
			if (path !== this.#top && hasCode(error, ...GONE)) return false;
			throw error;
		}
		try {
			// By its descriptor: whatever its name stands for by now, this is the directory that the engine found below the root.
			const resource = store.pool.table.resource(opened.fd);
			const location = `/proc/self/fd/${resource}`;
			const place = readlinkSync(location);
			if (path === this.#top) {
				this.#place = place;
				this.#topName = String(resource);
			} else if (place !== join(this.#place, path.slice(this.#top === '' ? 0 : this.#top.length + 1))) return false;
			if (this.#isClosed) return false;
			const watcher = watchDirectory(location, (_, name) => this.#note(path, name));
			watcher.on('error', () => this.#note(path, null));
			this.#watchers.set(path, watcher);
			return true;
		} catch (error) {
			const code = error instanceof Error && 'code' in error ? error.code : undefined;
			if (code === 'ENOSPC' || code === 'EMFILE') throw tooMany(path, error);
			throw error;
		} finally {
			await invocation.context.engine.submit(closeRequest(invocation, opened)).catch(ignoreFailure);
		}
	}

	#note(directory: string, name: string | null): void {
		if (name === null) {
			this.#overflow();
		} else if (!isTemporaryName(name)) {
			// A directory that goes says so under its own name, as if that were in it.
			if (directory === this.#top && name === this.#topName) this.#push(this.#top);
			this.#push(directory === '' ? name : `${directory}/${name}`);
		}
	}

	#push(path: string): void {
		if (this.#isClosed || (path !== this.#top && !this.#isWanted(path))) return;
		this.#pending.add(path);
		if (this.#pending.size > PENDING_MAX) this.#overflow();
		this.#wake?.();
	}

	#overflow(): void {
		this.#pending.clear();
		this.#isOverflown = true;
		this.#wake?.();
	}

	#isWanted(path: string): boolean {
		const name = this.#top === '' ? path : path.slice(this.#top.length + 1);
		return name.startsWith(this.#prefix);
	}

	async #look(path: string): Promise<Change | undefined> {
		const entry = await this.#stat(path, false);
		if (entry === null) return undefined;
		if (entry === undefined) return await this.#lookAtAbsence(path);
		if (path === this.#top) return undefined;
		if (entry.metadata().isDirectory()) await this.#add(path, true);
		else this.#drop(path);
		return { kind: 'changed', path: entry.path(), entry };
	}

	/** What was in a directory that went is told by the directory itself. */
	async #lookAtAbsence(path: string): Promise<Change | undefined> {
		this.#drop(path);
		const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
		if (path !== this.#top && (await this.#stat(parent, true)) === undefined) {
			if (parent === this.#top) this.#push(this.#top);
			return undefined;
		}
		const shown = path === this.#top ? formatPath(path, true) : path;
		return { kind: 'removed', path: shown, entry: undefined };
	}

	#drop(path: string): void {
		for (const [directory, watcher] of this.#watchers) {
			if (directory !== path && !directory.startsWith(`${path}/`)) continue;
			watcher.close();
			this.#watchers.delete(directory);
		}
	}

	/** `undefined` when there is nothing, `null` when there is something that this library does not touch. */
	async #stat(path: string, isDirectory: boolean): Promise<Entry | null | undefined> {
		try {
			const invocation = this.#at(path, isDirectory);
			const metadata = metadataOf(await invocation.submit(statRequest(invocation)));
			return new Entry(formatPath(path, metadata.isDirectory()), metadata);
		} catch (error) {
			if (!(error instanceof HoldfastError)) throw error;
			if (error.code === 'NotFound' || error.code === 'NotADirectory') return undefined;
			if (error.code === 'InvalidPath' || error.code === 'PermissionDenied') return null;
			throw error;
		}
	}

	#fail(error: HoldfastError): void {
		this.#failure ??= error;
		this.close();
	}

	/** The same for what is found below the directory. */
	#at(path: string, isDirectory: boolean): Invocation {
		const { context, operation, options } = this.#invocation;
		return new Invocation(context, operation, { path, isDirectory }, options);
	}

	#drive<T>(steps: Steps<T>): Promise<T> {
		return this.#invocation.drive(steps);
	}
}

function tooMany(path: string, cause?: unknown): HoldfastError {
	const message = `there are too many directories to watch; watch a part of them, or raise fs.inotify.max_user_watches`;
	return new HoldfastError('RateLimited', message, { operation: 'watch', path, cause });
}

function cancelled(options: CallOptions | undefined): HoldfastError {
	return new HoldfastError('Cancelled', 'the watch was cancelled by its signal', {
		operation: 'watch',
		cause: options?.signal?.reason,
	});
}

function closed(): HoldfastError {
	return new HoldfastError('Closed', 'the operator was closed', { operation: 'watch' });
}
