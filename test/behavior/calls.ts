import type { Readable, ReadableOptions, Writable, WritableOptions } from 'node:stream';
import type {
	BlockingLister,
	BlockingReader,
	BlockingWriter,
	Entry,
	Lister,
	Metadata,
	Operator,
	Reader,
	Writer,
} from 'holdfast';

/** Every method has an asynchronous and a synchronous form. A case is written once and runs over both. */
export type Flavour = 'async' | 'sync';
export const flavours: readonly Flavour[] = ['async', 'sync'];

type PlainMethod =
	| 'stat'
	| 'check'
	| 'exists'
	| 'createDir'
	| 'read'
	| 'write'
	| 'copy'
	| 'rename'
	| 'delete'
	| 'remove'
	| 'removeAll'
	| 'list';
type Options<M extends 'reader' | 'writer' | 'lister'> = Parameters<Operator[M]>[1];

/** The methods of an operator in one flavour; the synchronous ones are wrapped into promises. */
export type Calls = { [M in PlainMethod]: Operator[M] } & {
	readonly flavour: Flavour;
	/** The name of the method in this flavour. */
	symbol(method: string): string;
	reader(path: string, options?: Options<'reader'>): Promise<ReaderCalls>;
	writer(path: string, options?: Options<'writer'>): Promise<WriterCalls>;
	lister(path: string, options?: Options<'lister'>): Promise<ListerCalls>;
};

export interface ReaderCalls {
	read(buffer: Buffer): Promise<bigint>;
	close(): Promise<unknown>;
	createReadStream(options?: ReadableOptions): Readable;
}

export interface WriterCalls {
	write(content: Buffer | string): Promise<unknown>;
	close(): Promise<Metadata>;
	abort(): Promise<unknown>;
	createWriteStream(options?: WritableOptions): Writable;
}

export interface ListerCalls {
	next(): Promise<Entry | null>;
	/** What is left, through the iteration protocol of the flavour. */
	rest(): Promise<Entry[]>;
}

export function callsOf(op: Operator, flavour: Flavour): Calls {
	const symbol = (method: string): string => (flavour === 'async' ? method : `${method}Sync`);
	// The asynchronous methods are called as they are: one that throws instead of rejecting must be noticed.
	const plain = <M extends PlainMethod>(method: M): Operator[M] => {
		if (flavour === 'async') return op[method].bind(op) as Operator[M];
		return settled((op[`${method}Sync`] as (...input: unknown[]) => unknown).bind(op)) as unknown as Operator[M];
	};
	return {
		flavour,
		symbol,
		stat: plain('stat'),
		check: plain('check'),
		exists: plain('exists'),
		createDir: plain('createDir'),
		read: plain('read'),
		write: plain('write'),
		copy: plain('copy'),
		rename: plain('rename'),
		delete: plain('delete'),
		remove: plain('remove'),
		removeAll: plain('removeAll'),
		list: plain('list'),
		reader:
			flavour === 'async'
				? (path, options) => op.reader(path, options).then(readerCalls)
				: settled((path, options) => readerCalls(op.readerSync(path, options))),
		writer:
			flavour === 'async'
				? (path, options) => op.writer(path, options).then(writerCalls)
				: settled((path, options) => writerCalls(op.writerSync(path, options))),
		lister:
			flavour === 'async'
				? (path, options) => op.lister(path, options).then(listerCalls)
				: settled((path, options) => blockingListerCalls(op.listerSync(path, options))),
	};
}

/** The promise form of a call that blocks. */
function settled<I extends unknown[], O>(call: (...input: I) => O): (...input: I) => Promise<O> {
	return async (...input) => call(...input);
}

function readerCalls(reader: Reader | BlockingReader): ReaderCalls {
	return {
		read: async (buffer) => await reader.read(buffer),
		close: async () => await reader.close(),
		createReadStream: (options) => reader.createReadStream(options),
	};
}

function writerCalls(writer: Writer | BlockingWriter): WriterCalls {
	return {
		write: async (content) => await writer.write(content),
		close: async () => await writer.close(),
		abort: async () => await writer.abort(),
		createWriteStream: (options) => writer.createWriteStream(options),
	};
}

function listerCalls(lister: Lister): ListerCalls {
	return {
		next: () => lister.next(),
		rest: async () => {
			const entries: Entry[] = [];
			for await (const entry of lister) entries.push(entry);
			return entries;
		},
	};
}

function blockingListerCalls(lister: BlockingLister): ListerCalls {
	return {
		next: async () => lister.next(),
		rest: async () => [...lister],
	};
}
