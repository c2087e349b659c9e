import type { Content } from './content.js';
import type { OperatorContext } from './context.js';
import { runSync } from './drivers.js';
import type { Entry } from './entry.js';
import { BlockingLister } from './lister.js';
import type { Metadata } from './metadata.js';
import type {
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
import * as plans from './plans.js';
import { BlockingReader } from './reader.js';
import { BlockingWriter } from './writer.js';

/**
 * The blocking half of `Operator`. Each method does what the one without `Sync` does, takes the same options and fails with the
 * same errors, but the calling thread stands still until it is done: for scripts and start-up code, not for servers.
 */
export abstract class BlockingOperator {
	/** @internal */
	protected readonly context: OperatorContext;

	/** @internal */
	protected constructor(context: OperatorContext) {
		this.context = context;
	}

	/** As `stat`. */
	statSync(path: string, options?: StatOptions | null): Metadata {
		return runSync(this.context, plans.planStat, path, options);
	}

	/** As `check`. */
	checkSync(options?: CallOptions | null): void {
		runSync(this.context, plans.planCheck, '/', options);
	}

	/** As `exists`. */
	existsSync(path: string, options?: CallOptions | null): boolean {
		return runSync(this.context, plans.planExists, path, options);
	}

	/** As `createDir`. */
	createDirSync(path: string, options?: ChangeOptions | null): void {
		runSync(this.context, plans.planCreateDir, path, options);
	}

	/** As `read`. */
	readSync(path: string, options?: ReadOptions | null): Buffer {
		return runSync(this.context, plans.planRead, path, options);
	}

	/** As `readText`. */
	readTextSync(path: string, options?: ReadOptions | null): string {
		return runSync(this.context, plans.planReadText, path, options);
	}

	/** As `readJson`. */
	readJsonSync<T = unknown>(path: string, options?: ReadOptions | null): T {
		return runSync(this.context, plans.planReadJson, path, options) as T;
	}

	/** As `reader`. */
	readerSync(path: string, options?: ReaderOptions | null): BlockingReader {
		return new BlockingReader(plans.openReader(this.context, path, options));
	}

	/** As `write`. */
	writeSync(path: string, content: Content, options?: WriteOptions | null): Metadata {
		return runSync(this.context, plans.planWrite, path, options, content);
	}

	/** As `writer`. */
	writerSync(path: string, options?: WriterOptions | null): BlockingWriter {
		return new BlockingWriter(runSync(this.context, plans.planWriter, path, options));
	}

	/** As `copy`. */
	copySync(from: string, to: string, options?: CopyOptions | null): void {
		runSync(this.context, plans.planCopy, from, options, to);
	}

	/** As `rename`. */
	renameSync(from: string, to: string, options?: TransferOptions | null): void {
		runSync(this.context, plans.planRename, from, options, to);
	}

	/** As `delete`. */
	deleteSync(path: string, options?: DeleteOptions | null): void {
		runSync(this.context, plans.planDelete, path, options);
	}

	/** As `remove`. */
	removeSync(paths: readonly string[], options?: ChangeOptions | null): void {
		runSync(this.context, plans.planRemove, '/', options, paths);
	}

	/** As `removeAll`. */
	removeAllSync(path: string, options?: ChangeOptions | null): void {
		runSync(this.context, plans.planRemoveAll, path, options);
	}

	/** As `list`. */
	listSync(path: string, options?: ListOptions | null): Entry[] {
		return runSync(this.context, plans.planList, path, options);
	}

	/** As `lister`. */
	listerSync(path: string, options?: ListOptions | null): BlockingLister {
		return new BlockingLister(plans.openLister(this.context, path, options));
	}
}
