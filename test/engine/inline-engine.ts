import { readFileSync } from 'node:fs';
import { COMPLETION_CHUNK, COMPLETION_DONE, FILETYPE_DIRECTORY } from '#assembly/layout';
import { Request } from '#host/pool/request';
import { replyDescriptor, replyHandle, replyStatus, replyTotal } from '#host/ring/decode';
import { encodeRequest } from '#host/ring/encode';
import { createMemory, type Plan, planMemory, prepareMemory } from '#host/ring/plan';
import { Ring } from '#host/ring/ring';
import { environment } from '#host/ring/start-engine';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import type { Files } from '#host/wasi/files';
import { createMemoryStore, MemoryFiles } from '#host/wasi/memory-files';
import type { ParcelOutbox } from '#host/wasi/parcel-outbox';
import { preview1 } from '#host/wasi/preview1';

export interface Answer {
	status: number;
	bytes: Buffer;
	total: number;
	fd: number;
	handle: number;
}

type Calls = Record<string, (...values: never[]) => number>;

/** Files, and the descriptor of a root in them. Several engines may work on one. */
export interface InlineStore {
	readonly files: Files;
	readonly root: number;
}

export interface InlineOptions {
	ringEntries?: number;
	buffers?: number;
	bufferBytes?: number;
	module?: string;
	/** Where it works, if not in an empty store in memory. */
	store?: InlineStore;
	/** Whose its temporary files are. */
	tempPrefix?: string;
	/** What every word of its slots, records and writers is when it begins: memory may have been that of an instance before. */
	left?: number;
	/** What is known of the owner of a lock's entry; see `endOfOwner`. */
	endOf?: (entry: string) => number;
	/** Where results in memory of their own go; without it this host has none. */
	parcels?: ParcelOutbox;
	/** Another host than ours: what answers the module, and who is to be told of the instance. */
	host?: {
		imports(module: WebAssembly.Module): WebAssembly.Imports;
		attach(instance: WebAssembly.Instance): void;
		readonly root: number;
	};
}

const modules = new Map<string, WebAssembly.Module>();

/** Compiled once: code that has become fast stays so for the next engine. */
function compiledModule(name: string): WebAssembly.Module {
	const known = modules.get(name);
	if (known !== undefined) return known;
	const made = new WebAssembly.Module(readFileSync(new URL(`../../build/${name}`, import.meta.url)));
	modules.set(name, made);
	return made;
}

/** An empty store in memory. */
export function emptyStore(): InlineStore {
	const table = new DescriptorTable(new SharedArrayBuffer(DescriptorTable.bytes(1024)), 0, 1);
	const files = new MemoryFiles({
		table,
		shared: createMemoryStore({ maximumBytes: 2 ** 26 }),
		epoch: new Int32Array(1),
	});
	return { files, root: table.insert(files.createRoot(), FILETYPE_DIRECTORY) };
}

/**
 * The engine in this very thread, over an empty memory store: requests are submitted by hand and run with `poll()`, so that a test
 * sees every call that the engine makes, in order.
 */
export class InlineEngine {
	readonly plan: Plan;
	readonly ring: Ring;
	readonly #store: InlineStore;
	readonly #root: number;
	/** Names of the WASI calls that were made, in order. */
	readonly calls: string[] = [];
	/** Answers instead of a call when it returns a number. */
	intercept: ((name: string, values: unknown[]) => number | undefined) | undefined;
	/** Told when a request ends that was put into its slot by hand. */
	onForeign: ((slot: number, tag: number) => void) | undefined;
	readonly #engine: { start(config: number): number; poll(): number; run(): number };
	readonly #answers = new Map<number, Answer>();
	/** Requests that carry a payload buffer. */
	readonly #carriers = new Set<number>();
	#tag = 0;

	constructor(options: InlineOptions = {}) {
		const { ringEntries = 16, buffers = 4, bufferBytes = 65536, module = 'engine.wasm' } = options;
		this.plan = planMemory({ ringEntries, buffers, bufferBytes, tempPrefix: options.tempPrefix ?? '.holdfast-test-' });
		const memory = createMemory(this.plan, module !== 'engine.unshared.wasm');
		const { slots, bufferOwners } = this.plan;
		new Int32Array(memory.buffer).fill(options.left ?? 0, slots >> 2, bufferOwners >> 2);
		prepareMemory(memory, this.plan);
		this.ring = new Ring(memory, this.plan);
		this.#store = options.store ?? emptyStore();
		this.#root = options.host?.root ?? this.#store.root;
		const compiled = compiledModule(module);
		const { host } = options;
		const own =
			host?.imports(compiled) ?? preview1(this.#store.files, memory, () => true, options.endOf, options.parcels);
		const imports = own as unknown as Record<string, Calls>;
		const watched = Object.fromEntries(Object.entries(imports).map(([name, calls]) => [name, this.#watch(calls)]));
		const instance = new WebAssembly.Instance(compiled, { ...watched, env: environment(memory) });
		host?.attach(instance);
		this.#engine = instance.exports as never;
		const errno = this.#engine.start(this.plan.config);
		if (errno !== 0) throw new Error(`start: ${errno}`);
	}

	/** The store in memory, where no other was given. */
	get files(): MemoryFiles {
		return this.#store.files as MemoryFiles;
	}

	get root(): number {
		return this.#root;
	}

	/** Puts a request into a slot and gives its tag; nothing runs yet. */
	submit(op: number, path = '', fields: Partial<Request> = {}): number {
		const request = Object.assign(new Request(op, 'test', path), { root: this.root }, fields);
		const slot = this.ring.takeSlot();
		if (slot < 0) throw new Error('no slot is free');
		const isLarge = request.data !== undefined && request.data.length > this.plan.slotDataBytes;
		const buffer = isLarge ? this.ring.takeBuffer() : 0;
		if (isLarge && buffer === 0) throw new Error('no buffer is free');
		const tag = ++this.#tag;
		if (buffer !== 0) this.#carriers.add(tag);
		encodeRequest(this.ring, slot, tag, request, buffer, Buffer.alloc(16, tag));
		this.ring.publish(slot);
		this.#answers.set(tag, { status: -1, bytes: Buffer.alloc(0), total: 0, fd: 0, handle: 0 });
		return tag;
	}

	/** Lets the engine work until it has nothing to do, and takes what it posted. Milliseconds until its next timer, or -1. */
	poll(): number {
		for (;;) {
			const milliseconds = this.#engine.poll();
			if (this.ring.waiting === 0) return milliseconds;
			for (let next = this.ring.next(); next !== undefined; next = this.ring.next()) this.#take(next);
		}
	}

	/** The event loop of a worker, in this thread: it must be told to end before. */
	loop(): number {
		return this.#engine.run();
	}

	/** The answer to a request, or undefined while it is running. */
	answer(tag: number): Answer | undefined {
		const answer = this.#answers.get(tag);
		return answer === undefined || answer.status < 0 ? undefined : answer;
	}

	run(op: number, path = '', fields: Partial<Request> = {}): Answer {
		const tag = this.submit(op, path, fields);
		this.poll();
		const answer = this.answer(tag);
		if (answer === undefined) throw new Error('the request did not end');
		return answer;
	}

	/** Publishes a slot as it stands in memory. */
	publishRaw(slot: number): void {
		this.ring.publish(slot);
	}

	#take({ slot, tag, kind, buffer, count }: NonNullable<ReturnType<Ring['next']>>): void {
		const answer = this.#answers.get(tag);
		if (kind === COMPLETION_CHUNK) {
			const start = this.ring.bufferAddress(buffer);
			if (answer) answer.bytes = Buffer.concat([answer.bytes, this.ring.bytes.subarray(start, start + count)]);
			this.ring.freeBuffer(buffer);
			return;
		}
		if (kind !== COMPLETION_DONE) throw new Error(`a completion of kind ${kind}`);
		if (answer === undefined) {
			this.onForeign?.(slot, tag);
			return;
		}
		const start = this.ring.dataAddress(slot);
		if (count > 0) answer.bytes = Buffer.from(this.ring.bytes.subarray(start, start + count));
		answer.total = replyTotal(this.ring, slot);
		answer.fd = replyDescriptor(this.ring, slot);
		answer.handle = replyHandle(this.ring, slot);
		answer.status = replyStatus(this.ring, slot);
		this.ring.freeSlot(slot);
		if (this.#carriers.delete(tag)) this.ring.payloadEnded();
	}

	#watch(calls: Calls): Calls {
		const wrap =
			(name: string) =>
			(...values: never[]) => {
				this.calls.push(name);
				return this.intercept?.(name, values) ?? calls[name](...values);
			};
		return Object.fromEntries(Object.keys(calls).map((name) => [name, wrap(name)]));
	}
}
