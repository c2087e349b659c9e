import { type RawOptions, readOptions } from '../config.js';
import { HoldfastError } from '../errors.js';
import { Layer } from '../layers/layer.js';
import type { Pool } from '../pool/pool.js';
import { type Capability, capabilityOf } from '../services/capability.js';
import { openStore } from '../services/index.js';
import type { Store } from '../services/service.js';
import { BlockingOperator } from './blocking-operator.js';
import type { Content } from './content.js';
import { OperatorContext } from './context.js';
import { runAsync } from './drivers.js';
import { DEFAULT_DURABILITY, parseDurability } from './durability.js';
import type { Entry } from './entry.js';
import { Lister } from './lister.js';
import type { Metadata } from './metadata.js';
import type {
	BlobOptions,
	CallOptions,
	ChangeOptions,
	CopyOptions,
	DeleteOptions,
	ListOptions,
	ReaderOptions,
	ReadOptions,
	StatOptions,
	TransferOptions,
	WriteOptions,
	WriterOptions,
} from './options.js';
import { parsePath } from './parse-path.js';
import * as plans from './plans.js';
import { Reader } from './reader.js';
import { parseUri } from './uri.js';
import type { Watch } from './watch.js';
import { Writer } from './writer.js';

/** A request that somebody else may make without credentials; no service here has URLs. */
export interface PresignedRequest {
	method: string;
	url: string;
	headers: Record<string, string>;
}

/**
 * A place where files are kept, and everything that can be done with them. Names, arguments and meaning are those of the npm
 * package `opendal`. Paths are relative to the root; a `/` at the end means a directory. Every method has a blocking twin
 * whose name ends in `Sync`, every call takes `signal` and `timeoutMs`, and every failure is a `HoldfastError`.
 *
 * @example
 * await using op = new Operator('fs', { root: '/var/lib/app' });
 * await op.write('notes/today.txt', 'Hello');
 * console.log(String(await op.read('notes/today.txt')));
 */
export class Operator extends BlockingOperator {
	/**
	 * Opens a store. `scheme` is `fs` (options `root`, and `symlinks`: `'refuse'` or `'within'`) or `memory`; further options are those of the pool (`workers`,
	 * `ringEntries`, ...) and `durability`. Values may be strings. `ConfigInvalid` names the option that is wrong.
	 */
	constructor(scheme: string, options?: RawOptions | null);
	/** @internal */
	constructor(context: OperatorContext);
	constructor(given: string | OperatorContext, options?: RawOptions | null) {
		super(given instanceof OperatorContext ? given : openContext(given, options));
	}

	/**
	 * The same from a URI: `fs:///var/lib/app?workers=2`, `memory://`. `options` are added to those of its query, and count
	 * more.
	 */
	static fromUri(uri: string, options?: RawOptions | null): Operator {
		const { scheme, options: inUri } = parseUri(uri);
		return new Operator(scheme, { ...inUri, ...readOptions(options) });
	}

	/** @internal An operator over a store that was opened elsewhere. */
	static fromStore(store: Store): Operator {
		return new Operator(OperatorContext.of(store, DEFAULT_DURABILITY));
	}

	/** What the service can do. What it does not declare is refused with `Unsupported`. */
	capability(): Capability {
		return this.context.capability;
	}

	/** Another operator over the same store with a layer around it; `layer` is what the `build()` of a layer class gives. */
	layer(layer: Layer): Operator {
		if (!(layer instanceof Layer)) {
			throw new HoldfastError('ConfigInvalid', 'layer takes what build() gives: op.layer(new RetryLayer().build())', {
				operation: 'layer',
			});
		}
		const { engine, capability } = this.context;
		return new Operator(this.context.with(layer.wrap(engine), capabilityOf(layer.changeCapability(capability))));
	}

	/** The pool that this operator shares with those of equal options: tasks, events and `health()`. */
	get pool(): Pool {
		return this.context.store.pool;
	}

	/** What there is under a path. `NotFound` when it is missing, or when `path` ends in a slash and it is a file. */
	stat(path: string, options?: StatOptions | null): Promise<Metadata> {
		return runAsync(this.context, plans.planStat, path, options);
	}

	/** Whether the store can be reached: fails with what is in the way. */
	check(options?: CallOptions | null): Promise<void> {
		return runAsync(this.context, plans.planCheck, '/', options);
	}

	/** Whether there is something under a path. Absence is no error, everything else is. */
	exists(path: string, options?: CallOptions | null): Promise<boolean> {
		return runAsync(this.context, plans.planExists, path, options);
	}

	/** Makes a directory and its parents; fine when it exists. `path` ends in a slash. */
	createDir(path: string, options?: ChangeOptions | null): Promise<void> {
		return runAsync(this.context, plans.planCreateDir, path, options);
	}

	/**
	 * Reads a file, or the range or suffix in the options, into private memory. Up to 8 KiB the result is a part of a larger
	 * `ArrayBuffer`, as Node's own small Buffers are: copy it before you transfer it to another thread.
	 */
	read(path: string, options?: ReadOptions | null): Promise<Buffer> {
		return runAsync(this.context, plans.planRead, path, options);
	}

	/**
	 * The same as text: UTF-8, without a byte order mark. What is not UTF-8 becomes U+FFFD, as in `Response.text()`.
	 *
	 * @example
	 * const text = await op.readText('notes/today.txt');
	 */
	readText(path: string, options?: ReadOptions | null): Promise<string> {
		return runAsync(this.context, plans.planReadText, path, options);
	}

	/** The same, parsed. `Unexpected` when it is no JSON, with the `SyntaxError` as its cause. */
	readJson<T = unknown>(path: string, options?: ReadOptions | null): Promise<T> {
		return runAsync(this.context, plans.planReadJson, path, options) as Promise<T>;
	}

	/** The same as a `Blob`, which holds all of it in memory: `reader` is for what is too large for that. */
	blob(path: string, options?: BlobOptions | null): Promise<Blob> {
		return runAsync(this.context, plans.planBlob, path, options);
	}

	/** Reads a file piece by piece. A missing file is noticed by the first read. */
	async reader(path: string, options?: ReaderOptions | null): Promise<Reader> {
		return new Reader(plans.openReader(this.context, path, options));
	}

	/**
	 * Writes a whole file, making its parents. It is replaced at once and as a whole: a failure leaves what was there. The bytes
	 * must not be changed before the promise settles.
	 */
	write(path: string, content: Content, options?: WriteOptions | null): Promise<Metadata> {
		return runAsync(this.context, plans.planWrite, path, options, content);
	}

	/** Writes a file piece by piece; nothing of it is seen before the writer is closed. */
	writer(path: string, options?: WriterOptions | null): Promise<Writer> {
		return runAsync(this.context, plans.planWriter, path, options).then((file) => new Writer(file));
	}

	/** Copies a file, making the parents of the target and replacing what is there. */
	copy(from: string, to: string, options?: CopyOptions | null): Promise<void> {
		return runAsync(this.context, plans.planCopy, from, options, to);
	}

	/** Moves a file, making the parents of the target and replacing what is there atomically. */
	rename(from: string, to: string, options?: TransferOptions | null): Promise<void> {
		return runAsync(this.context, plans.planRename, from, options, to);
	}

	/** Deletes a file or an empty directory, or with `recursive` any. Fine when nothing is there. */
	delete(path: string, options?: DeleteOptions | null): Promise<void> {
		return runAsync(this.context, plans.planDelete, path, options);
	}

	/** Deletes several files or empty directories. After a failure no further ones are begun. */
	remove(paths: readonly string[], options?: ChangeOptions | null): Promise<void> {
		return runAsync(this.context, plans.planRemove, '/', options, paths);
	}

	/** Deletes a file, or a directory with everything below it; of the root only what is below it. Fine when nothing is there. */
	removeAll(path: string, options?: ChangeOptions | null): Promise<void> {
		return runAsync(this.context, plans.planRemoveAll, path, options);
	}

	/**
	 * Everything in a directory and the directory itself, ordered by path. A path without a slash at its end lists whatever
	 * begins with it. All entries are in memory at once: `lister` is for directories that are too large for that.
	 */
	list(path: string, options?: ListOptions | null): Promise<Entry[]> {
		return runAsync(this.context, plans.planList, path, options);
	}

	/** The same entry by entry, in the order of the directory (with `startAfter`: by path). */
	async lister(path: string, options?: ListOptions | null): Promise<Lister> {
		return new Lister(plans.openLister(this.context, path, options));
	}

	/**
	 * What changes below a directory, or among the names that begin with `path`, by this or any other program: an async iterable.
	 * `Unsupported` for `memory`, `RateLimited` when the kernel gives no more watches.
	 *
	 * @example
	 * for await (const { kind, path } of op.watch('inbox/', { signal })) console.log(kind, path);
	 */
	watch(path: string, options?: Pick<CallOptions, 'signal'> | null): Watch {
		return plans.openWatch(this.context, path, options);
	}

	/** `Unsupported`: no service here has URLs. */
	async presignRead(path: string, _expiresSeconds: number): Promise<PresignedRequest> {
		throw withoutUrls('presignRead', path);
	}

	/** `Unsupported`: no service here has URLs. */
	async presignWrite(path: string, _expiresSeconds: number): Promise<PresignedRequest> {
		throw withoutUrls('presignWrite', path);
	}

	/** `Unsupported`: no service here has URLs. */
	async presignStat(path: string, _expiresSeconds: number): Promise<PresignedRequest> {
		throw withoutUrls('presignStat', path);
	}

	/** `Unsupported`: no service here has URLs. */
	async presignDelete(path: string, _expiresSeconds: number): Promise<PresignedRequest> {
		throw withoutUrls('presignDelete', path);
	}

	/** Ends this operator and all that share its store. Calls in flight are settled, later ones say `Closed`. */
	close(): Promise<void> {
		return this.context.keeper.close();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

function openContext(scheme: string, given: unknown): OperatorContext {
	const { durability: wanted, ...options } = readOptions(given);
	const durability = parseDurability('durability', wanted ?? DEFAULT_DURABILITY);
	return OperatorContext.of(openStore(scheme, options), durability);
}

function withoutUrls(operation: string, path: string): HoldfastError {
	parsePath(path, operation);
	return new HoldfastError('Unsupported', 'this service has no URLs that could be handed out', { operation, path });
}
