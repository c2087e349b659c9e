import { FILETYPE_REGULAR_FILE } from '#assembly/layout';
import { OperatorContext } from '#host/operator/context';
import { Operator } from '#host/operator/operator';
import type { CallOptions, Engine, Reply, Request } from '#host/pool/request';
import type { CapabilityFields, Store } from '#host/services/service';
import { FileStat } from '#host/wasi/files';

/** What the engine answers to a request; an error is thrown. */
export type Answer = (request: Request, options: CallOptions | undefined) => Partial<Reply> | Promise<Partial<Reply>>;

/** An engine that answers from a function and remembers what it was asked. */
export class FakeEngine implements Engine {
	readonly requests: Request[] = [];
	readonly options: (CallOptions | undefined)[] = [];
	answer: Answer;

	constructor(answer: Answer = () => ({})) {
		this.answer = answer;
	}

	get ops(): number[] {
		return this.requests.map((request) => request.op);
	}

	async submit(request: Request, options?: CallOptions): Promise<Reply> {
		this.#remember(request, options);
		return complete(await this.answer(request, options));
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		this.#remember(request, options);
		return complete(this.answer(request, options) as Partial<Reply>);
	}

	#remember(request: Request, options: CallOptions | undefined): void {
		this.requests.push(request);
		this.options.push(options);
	}
}

/** What a read from an offset gives of a file: in the memory that the request brings, or in memory of its own. */
export function partOf(content: Buffer, { into, offset, length }: Request): Buffer {
	if (into === undefined) return Buffer.from(content.subarray(offset, offset + length));
	const memory = into as Buffer;
	return memory.subarray(0, content.copy(memory, 0, Math.min(offset, content.length)));
}

export const INCARNATION = { number: 1 };
export const ROOT = 3;
export const BUFFER_BYTES = 1000;

function complete(reply: Partial<Reply>): Reply {
	return { bytes: Buffer.alloc(0), stat: statOf(), total: 0, handle: 0, fd: 0, incarnation: INCARNATION, ...reply };
}

export function statOf(values: Partial<FileStat> = {}): FileStat {
	const defaults = { inode: 7n, kind: FILETYPE_REGULAR_FILE, size: 5n, modifiedNs: 1_700_000_000_123_456_789n };
	return Object.assign(new FileStat(), defaults, values);
}

const EVERYTHING: CapabilityFields = new Proxy(
	{},
	{ get: (_, name) => typeof name === 'string' && !name.endsWith('Size') },
) as CapabilityFields;

export interface FakeStore extends Store {
	closed: number;
}

/** A store over a fake engine; it declares every capability unless told otherwise. */
export function fakeStore(engine: Engine, values: Partial<Store> = {}): FakeStore {
	return {
		scheme: 'fake',
		capability: EVERYTHING,
		engine,
		pool: {} as never,
		root: ROOT,
		buffers: 4,
		bufferBytes: BUFFER_BYTES,
		closed: 0,
		async close() {
			this.closed++;
		},
		...values,
	};
}

export function fakeContext(engine: Engine, values: Partial<Store> = {}): OperatorContext {
	return OperatorContext.of(fakeStore(engine, values), 'full');
}

export function fakeOperator(engine: Engine, values: Partial<Store> = {}): Operator {
	return Operator.fromStore(fakeStore(engine, values));
}
