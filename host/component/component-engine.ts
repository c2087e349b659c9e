import type { Directory, Failure, Metadata, Reader, Writer } from '#component/interfaces/holdfast-storage-store';
import type { ImportObject } from '#component/storage';
import {
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FLAG_APPEND,
	FLAG_IF_NOT_EXISTS,
	FLAG_RECURSIVE,
	FLAG_SUFFIX,
	FLAG_SYNC_DIRECTORY,
	FLAG_SYNC_FILE,
	OP_CLOSE,
	OP_COPY,
	OP_CREATE_DIRECTORY,
	OP_DELETE,
	OP_LIST,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_RENAME,
	OP_STAT,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_FLUSH,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
	PHASE_BEFORE,
	PHASE_MAY_HAVE_HAPPENED,
} from '../../assembly/layout.js';
import { HoldfastError, shownPath } from '../errors.js';
import {
	type CallOptions,
	type Engine,
	type Incarnation,
	LENGTH_REST,
	type Reply,
	type Request,
} from '../pool/request.js';
import { errorFromStatus } from '../pool/status-error.js';
import { changesNothing } from '../pool/verdict.js';
import { FileStat } from '../wasi/files.js';
import { conditionsOf } from './conditions.js';
import { encodePage } from './encode-page.js';
import { type ComponentStore, Instances } from './instances.js';

const NOTHING = new Uint8Array();
const ALL = 2n ** 64n - 1n;
/** Beyond the engine's own: `assembly/component/request.ts`. */
const STATUS_PATH = 300;
const STATUS_TOO_LARGE = 301;

type Opened = Reader | Directory | Writer;

/** Runs requests on the component, one after the other, in the calling thread. */
export class ComponentEngine implements Engine {
	readonly #instances: Instances;
	/** What is open in the present instance, by the numbers that replies carry. */
	readonly #opened = new Map<number, Opened>();
	#numbers = 0;
	#incarnation: Incarnation = { number: 0 };

	constructor(imports: ImportObject) {
		this.#instances = new Instances(imports);
	}

	/** Blocks all the same: a promise is what callers expect. */
	async submit(request: Request, options?: CallOptions): Promise<Reply> {
		return this.submitSync(request, options);
	}

	/** A deadline counts for nothing here: nobody could look at the clock before the call is over. */
	submitSync(request: Request, options?: CallOptions): Reply {
		if (options?.signal?.aborted) {
			throw this.#error(request, 'Cancelled', 'the call was cancelled by its signal', false, options.signal.reason);
		}
		if ((request.flags & FLAG_SYNC_DIRECTORY) !== 0) {
			const message = "the component cannot sync directories; use the durability 'file' or 'none'";
			throw this.#error(request, 'Unsupported', message);
		}
		const { pinned } = request;
		if (pinned !== undefined && pinned !== this.#incarnation) {
			const message = 'the writer was lost when its instance trapped; open another one and write everything again';
			throw this.#error(request, 'EngineTrapped', message, true);
		}
		try {
			return this.#run(this.#instances.current, request);
		} catch (thrown) {
			if (thrown instanceof HoldfastError) throw thrown;
			const failure = failureIn(thrown);
			throw failure === undefined ? this.#trapped(request, thrown) : this.#failed(request, failure);
		}
	}

	/** Lets go of whatever is open. */
	close(): void {
		for (const opened of this.#opened.values()) dispose(opened);
		this.#opened.clear();
	}

	#run(store: ComponentStore, request: Request): Reply {
		const path = shownPath(request);
		const { flags, target } = request;
		const durability = (flags & FLAG_SYNC_FILE) === 0 ? 'nothing' : 'content';
		const isNew = (flags & FLAG_IF_NOT_EXISTS) !== 0;
		switch (request.op) {
			case OP_STAT:
				return this.#reply({ stat: statOf(store.stat(path, conditionsOf(request))) });
			case OP_READ:
				return this.#reply({ bytes: into(request, store.read(path, rangeOf(request), conditionsOf(request))) });
			case OP_WRITE: {
				const metadata = store.write(path, request.data ?? NOTHING, modeOf(request), durability, conditionsOf(request));
				return this.#reply({ stat: statOf(metadata) });
			}
			case OP_CREATE_DIRECTORY:
				store.createDirectory(path);
				return this.#reply({});
			case OP_DELETE:
				store.delete(path, (flags & FLAG_RECURSIVE) !== 0);
				return this.#reply({});
			case OP_COPY:
				store.copy(path, target, isNew, durability);
				return this.#reply({});
			case OP_RENAME:
				store.rename(path, target, isNew);
				return this.#reply({});
			case OP_OPEN: {
				const isDirectory = path.endsWith('/');
				const [opened, metadata] = isDirectory
					? store.openDirectory(path)
					: store.openReader(path, conditionsOf(request));
				return this.#reply({ fd: this.#keep(opened), stat: statOf(metadata) });
			}
			case OP_READ_AT: {
				const length = request.length === LENGTH_REST ? ALL : BigInt(request.length);
				const bytes = this.#find<Reader>(request, request.fd).read(BigInt(request.offset), length);
				return this.#reply({ bytes: into(request, bytes) });
			}
			case OP_LIST: {
				const page = this.#find<Directory>(request, request.fd).page(BigInt(request.offset));
				return this.#reply({ bytes: encodePage(page.entries), total: Number(page.next) });
			}
			case OP_CLOSE:
				this.#drop(request.fd);
				return this.#reply({});
			case OP_WRITER_OPEN: {
				const writer = store.openWriter(path, modeOf(request), durability, conditionsOf(request));
				return this.#reply({ handle: this.#keep(writer) });
			}
			case OP_WRITER_WRITE:
				this.#find<Writer>(request, request.handle).write(request.data ?? NOTHING);
				return this.#reply({});
			case OP_WRITER_FLUSH:
				this.#find<Writer>(request, request.handle).flush();
				return this.#reply({});
			case OP_WRITER_CLOSE: {
				const metadata = this.#find<Writer>(request, request.handle).close();
				this.#drop(request.handle);
				return this.#reply({ stat: statOf(metadata) });
			}
			case OP_WRITER_ABORT:
				this.#drop(request.handle);
				return this.#reply({});
			default:
				throw this.#error(request, 'Unsupported', 'the component has no tasks');
		}
	}

	#keep(opened: Opened): number {
		const number = ++this.#numbers;
		this.#opened.set(number, opened);
		return number;
	}

	#find<Kind extends Opened>(request: Request, number: number): Kind {
		const opened = this.#opened.get(number);
		if (opened === undefined) throw this.#error(request, 'Closed', 'it is no longer open; open it again');
		return opened as Kind;
	}

	/** A writer that is dropped leaves nothing behind. */
	#drop(number: number): void {
		const opened = this.#opened.get(number);
		this.#opened.delete(number);
		if (opened !== undefined) dispose(opened);
	}

	#reply(fields: Partial<Reply>): Reply {
		const incarnation = this.#incarnation;
		return { bytes: NOTHING, stat: undefined, total: 0, handle: 0, fd: 0, incarnation, ...fields };
	}

	#failed(request: Request, { status, mayHaveHappened }: Failure): HoldfastError {
		if (status === STATUS_PATH) return this.#error(request, 'InvalidPath', "the path has a component '..' or a NUL");
		if (status === STATUS_TOO_LARGE) {
			return this.#error(request, 'Unsupported', 'a read of the component gives at most 64 MiB; use a reader');
		}
		return errorFromStatus(status, request, mayHaveHappened ? PHASE_MAY_HAVE_HAPPENED : PHASE_BEFORE);
	}

	/** Whatever else is thrown came out of the middle of the instance: what it had open is gone with it. */
	#trapped(request: Request, cause: unknown): HoldfastError {
		this.#instances.end();
		this.#opened.clear();
		this.#incarnation = { number: this.#instances.ended };
		const reason = cause instanceof Error ? cause.message : String(cause);
		const harmless = changesNothing(request.op);
		const effect = harmless ? 'nothing was changed' : 'its effect may have happened';
		return this.#error(request, 'EngineTrapped', `the component trapped: ${reason}; ${effect}`, harmless, cause);
	}

	#error(
		request: Request,
		code: HoldfastError['code'],
		message: string,
		retryable = false,
		cause?: unknown,
	): HoldfastError {
		const { operation } = request;
		return new HoldfastError(code, message, { operation, path: shownPath(request), retryable, cause });
	}
}

/** The types that are made from WIT leave this method out. */
function dispose(opened: Opened): void {
	(opened as unknown as Disposable)[Symbol.dispose]();
}

/** The failure that a call answered; undefined for anything else that was thrown. */
function failureIn(thrown: unknown): Failure | undefined {
	const payload = (thrown as { payload?: Partial<Failure> } | null)?.payload;
	return typeof payload?.status === 'number' ? (payload as Failure) : undefined;
}

function modeOf({ flags }: Request): 'append' | 'create' | 'replace' {
	if ((flags & FLAG_APPEND) !== 0) return 'append';
	return (flags & FLAG_IF_NOT_EXISTS) !== 0 ? 'create' : 'replace';
}

function rangeOf({ flags, offset, length }: Request): Parameters<ComponentStore['read']>[1] {
	if ((flags & FLAG_SUFFIX) !== 0) return { tag: 'suffix', val: BigInt(offset) };
	if (length !== LENGTH_REST) return { tag: 'part', val: [BigInt(offset), BigInt(length)] };
	return offset === 0 ? { tag: 'everything' } : { tag: 'from', val: BigInt(offset) };
}

function into({ into: target }: Request, bytes: Uint8Array): Uint8Array {
	if (target === undefined) return bytes;
	const length = Math.min(bytes.length, target.length);
	target.set(bytes.subarray(0, length));
	return target.subarray(0, length);
}

function statOf({ kind, size, modifiedNs, inode }: Metadata): FileStat {
	const stat = new FileStat();
	stat.kind = kind === 'directory' ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE;
	stat.size = size;
	stat.modifiedNs = modifiedNs;
	stat.inode = inode;
	return stat;
}
