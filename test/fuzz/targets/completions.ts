import { Operator } from 'holdfast';
import {
	ERRNO_BADF,
	ERRNO_NOENT,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FLAG_FOLLOW,
	PATH_MAX_BYTES,
} from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import type { Lease } from '#host/operator/lease';
import type { ReadOptions } from '#host/operator/options';
import { parsePoolOptions } from '#host/pool/options';
import { Pool, type PoolBackend } from '#host/pool/pool';
import { TEMPORARY_MARK } from '#host/pool/temporary';
import { ENGINE_CAPABILITY } from '#host/services/engine-capability';
import type { DescriptorTable } from '#host/wasi/descriptor-table';
import { Random } from '../../random.ts';
import { World } from '../../supervision/simulator/world.ts';
import { SECRET } from '../hostile-engine.ts';
import { HostileThread, type Intent } from '../hostile-thread.ts';
import { Judge } from '../judge.ts';
import type { Target } from '../target.ts';

const CALLS_MAX = 200;
const PENDING_MAX = 12;
const DESCRIPTORS = 1024;
/** Of a case, which goes on with honest engines after that. */
const MEMORIES_MAX = 24;
const PATHS = ['a', 'b', 'd/a', 'd/b'];
/** Options of a read, and how much it gives at most. */
const RANGES: readonly [options: ReadOptions | undefined, most: number][] = [
	[undefined, Number.POSITIVE_INFINITY],
	[{ offset: 1, size: 10 }, 10],
	[{ suffix: 5 }, 5],
	[{ size: 30_000 }, 30_000],
	[{ size: 0 }, 0],
];
/** A path that an engine may say it works at, and the names beside it that are hidden: of a lock, and of its entry. */
const HIDDEN_PATH_MAX = PATH_MAX_BYTES + 2 * 255;
/** Chains of promises in the operator are longer than those of a pool. */
const MICROTASK_ROUNDS = 30;

/** Memories are dear, and one case comes after the other. */
const memories: WebAssembly.Memory[] = [];

/**
 * An engine that is the enemy: completions, replies, owners and control words are whatever harms the host most, while real calls of the
 * public API are under way. Every call settles in our words, sees only what results may come from, and gets nobody else's descriptor.
 */
export const completions: Target = {
	name: 'completions',
	open: () => ({
		run: (seed) => new CompletionsCase(new Random(seed)).run(),
		close: async () => undefined,
	}),
};

type Call = () => unknown;

class CompletionsCase {
	#calls = 0;
	#failure: unknown;
	readonly #random: Random;
	readonly #world: World;
	readonly #pool: Pool;
	readonly #op: Operator;
	readonly #root: number;
	readonly #intent: Intent;
	readonly #threads: HostileThread[] = [];
	readonly #used: WebAssembly.Memory[] = [];
	readonly #leases = new Set<Lease>();
	/** Closes readers, writers and listers. */
	readonly #closers: Call[] = [];
	/** Memory that belongs to the caller since its call has settled, and a copy of it. */
	readonly #given: { bytes: Uint8Array; copy: Buffer; what: string }[] = [];
	readonly #pending = new Set<Call>();
	readonly #judge: Judge;

	constructor(random: Random) {
		this.#random = random;
		this.#world = new World(random.between(0, 2 ** 31), MICROTASK_ROUNDS);
		const foreign: number[] = [];
		this.#intent = {
			attack: random.pick([0.05, 0.2, 0.5, 0.9]),
			trap: random.pick([0, 0.01]),
			foreign,
			onMemory: (memory) => this.#checkMemory(memory),
		};
		const backend: PoolBackend = {
			worker: '',
			openFiles: ({ table }) => this.#hostFiles(table) as never,
			shared: undefined,
		};
		const options = parsePoolOptions({
			workers: random.between(1, 2),
			syncWorkers: 1,
			ringEntries: random.pick([2, 4, 8]),
			buffers: 4,
			bufferBytes: 65536,
			stallMs: 50,
			syncStallMs: 50,
			maxRestarts: random.pick([3, 1000]),
			restartWindowMs: 100,
		});
		this.#pool = new Pool(options, backend, {
			clock: this.#world,
			startThread: (threadOptions, partition, _name, _clock, onExit) => {
				const thread = new HostileThread(threadOptions, partition, onExit, this.#world, this.#intent);
				this.#threads.push(thread);
				return thread;
			},
			createMemory: () => this.#createMemory(),
			descriptors: DESCRIPTORS,
		});
		this.#judge = new Judge(this.#pool, (reason) => {
			this.#failure ??= new Error(reason);
		});
		const { table } = this.#pool;
		this.#root = table.insert(0, FILETYPE_DIRECTORY);
		// What an engine could name: the root, a file of the host, and what readers of others have open.
		foreign.push(this.#root, table.insert(1, FILETYPE_REGULAR_FILE));
		this.#op = Operator.fromStore({
			scheme: 'memory',
			capability: ENGINE_CAPABILITY,
			engine: this.#pool,
			pool: this.#pool,
			root: this.#root,
			buffers: options.buffers,
			bufferBytes: options.bufferBytes,
			flags: random.chance(0.3) ? FLAG_FOLLOW : 0,
			close: () => this.#pool.close(),
		});
	}

	async run(): Promise<number> {
		const { foreign } = this.#intent;
		this.#judge.sit();
		try {
			for (let left = this.#random.between(10, CALLS_MAX); left > 0 && this.#failure === undefined; left--) {
				this.#call(this.#someCall());
				if (this.#pending.size >= PENDING_MAX || this.#random.chance(0.2)) await this.#quiet();
				else if (this.#random.chance(0.3)) await this.#world.pass(this.#random.next());
			}
			await this.#quiet();
			for (const close of this.#closers) this.#call(close);
			await this.#quiet();
			await this.#recover();
			this.#checkOpen();
			await this.#close();
			this.#check(foreign);
			return this.#calls;
		} finally {
			this.#judge.leave();
			memories.push(...this.#used);
		}
	}

	#someCall(): Call {
		const random = this.#random;
		const op = this.#op;
		const path = random.pick(PATHS);
		const content = Buffer.alloc(random.pick([0, 1, 100, 16_384, 16_385, 65_536, 70_000]), 'w');
		const [range, most] = random.pick(RANGES);
		const signal = this.#signal();
		return random.pick<Call>([
			() => op.read(path, range).then((bytes) => this.#gave(bytes, 'read', most)),
			() => op.read(path, range).then((bytes) => this.#gave(bytes, 'read', most)),
			() => this.#gave(op.readSync(path, range), 'readSync', most),
			() => op.read(path, { ...range, signal }),
			() => op.reader(path, { signal }).then((reader) => this.#closers.push(() => reader.close())),
			() => op.writer(path, { signal }).then((writer) => this.#closers.push(() => writer.abort())),
			() => op.stat(path).then((metadata) => JSON.stringify(metadata)),
			() => JSON.stringify(op.statSync(path)),
			() => op.list('d/').then((entries) => JSON.stringify(entries)),
			() => this.#list(),
			() => this.#read(path),
			() => this.#read(path),
			() => this.#lease(path),
			() => op.write(path, content).then((metadata) => JSON.stringify(metadata)),
			() => op.writeSync(path, content),
			() => this.#write(path, content),
			() => op.copy(path, 'c'),
			() => op.rename(path, 'c'),
			() => op.delete(path),
			() => op.removeAll('d/'),
			() => op.createDir('e/f/'),
			() => op.exists(path),
		]);
	}

	/** One that aborts while its call is under way, or after. */
	#signal(): AbortSignal {
		const controller = new AbortController();
		this.#world.after(this.#random.next() * 3, () => controller.abort());
		return controller.signal;
	}

	async #list(): Promise<void> {
		const lister = await this.#op.lister('d/', { recursive: this.#random.chance(0.5) });
		this.#closers.push(() => lister.close());
		for (let left = 3; left > 0 && (await lister.next()) !== null; left--);
	}

	async #read(path: string): Promise<void> {
		const random = this.#random;
		const reader = await this.#op.reader(path);
		this.#closers.push(() => reader.close());
		for (let left = random.between(1, 4); left > 0; left--) {
			const into = Buffer.alloc(random.pick([1, 10, 16_384, 20_000, 70_000]));
			const count = await (random.chance(0.5) ? reader.read(into) : reader.readAt(into, random.pick([0, 5, 2 ** 40])));
			if (count < 0n || count > BigInt(into.length)) throw new Error(`read gave ${count} of ${into.length} bytes`);
			this.#gave(into, 'reader.read');
		}
		if (random.chance(0.5)) for await (const chunk of reader) if (this.#gave(chunk, 'iteration').length < 1000) break;
	}

	async #lease(path: string): Promise<void> {
		const reader = await this.#op.reader(path);
		this.#closers.push(() => reader.close());
		for await (const lease of reader.leases()) {
			this.#checkBytes(lease.bytes, 'lease');
			if (this.#random.chance(0.5)) lease.release();
			else this.#keep(lease);
			if (this.#random.chance(0.6)) break;
		}
	}

	/** For a while: whoever wants one meanwhile waits for it, because there is one at a time. */
	#keep(lease: Lease): void {
		this.#leases.add(lease);
		this.#world.after(this.#random.next() * 50, () => {
			this.#leases.delete(lease);
			lease.release();
		});
	}

	async #write(path: string, content: Buffer): Promise<void> {
		const writer = await this.#op.writer(path);
		this.#closers.push(() => writer.abort());
		await writer.write(content);
		await (this.#random.chance(0.5) ? writer.close() : writer.flush());
	}

	/** Engines are honest from here on: whoever was not is at its end, and everything is served again. */
	async #recover(): Promise<void> {
		this.#intent.attack = 0;
		this.#intent.trap = 0;
		for (const call of [() => this.#op.read('a', { size: 5 }), () => this.#op.write('a', 'x')]) {
			let isServed = false;
			for (let tries = 0; !isServed && tries < 100; tries++) {
				call().then(
					() => {
						isServed = true;
					},
					() => undefined,
				);
				await this.#world.pass(1000);
			}
			if (!isServed) throw new Error(`it does not come back: ${JSON.stringify(this.#pool.health())}`);
		}
	}

	/** Whatever was opened has been closed by whom it was opened for, or was opened for nobody. */
	#checkOpen(): void {
		const { readers, writers } = this.#pool.health().open;
		if (readers + writers > 0)
			throw new Error(`${readers} readers and ${writers} writers are open, and nobody has them`);
	}

	async #close(): Promise<void> {
		let isClosed = false;
		void this.#op.close().then(() => {
			isClosed = true;
		});
		await this.#world.until(() => isClosed, 'close()');
		await this.#world.pass(60_000);
	}

	#check(foreign: readonly number[]): void {
		this.#judge.checkEnd();
		if (this.#failure !== undefined) throw this.#failure;
		const { table } = this.#pool;
		for (const fd of foreign) if (table.resource(fd) < 0) throw new Error('a descriptor of somebody else was closed');
		for (const fd of foreign) table.remove(fd);
		const { inFlight, queued, stuckThreads } = this.#pool.health();
		const left = [
			[inFlight, 'calls are in flight'],
			[queued, 'calls are queued'],
			[stuckThreads, 'threads are stuck'],
			[table.open(), 'descriptors are open'],
			[this.#world.held, 'timers keep the process alive'],
			[this.#threads.filter(({ isGone }) => !isGone).length, 'threads live'],
		] as const;
		for (const [count, what] of left) if (count !== 0) throw new Error(`${count} ${what} at the end`);
		for (const { bytes, copy, what } of this.#given)
			if (!copy.equals(bytes)) throw new Error(`what ${what} gave was written to afterwards`);
	}

	#call(call: Call): void {
		this.#calls++;
		this.#pending.add(call);
		const end = (): void => {
			this.#pending.delete(call);
		};
		const judge = (error: unknown): void => {
			if (!(error instanceof HoldfastError)) this.#failure ??= error;
		};
		let result: unknown;
		try {
			result = call();
		} catch (error) {
			judge(error);
		}
		if (result instanceof Promise) result.catch(judge).then(end);
		else end();
	}

	async #quiet(): Promise<void> {
		const isOver = () => this.#pending.size === 0 || this.#failure !== undefined;
		await this.#world.until(isOver, 'the calls').catch((cause: Error) => {
			const health = JSON.stringify(this.#pool.health());
			throw new Error(`${cause.message}; pending: ${[...this.#pending].join()}; ${health}`, { cause });
		});
		if (this.#failure !== undefined) throw this.#failure;
	}

	/** From here on the bytes are the caller's. */
	#gave<Bytes extends Uint8Array>(bytes: Bytes, what: string, most = Number.POSITIVE_INFINITY): Bytes {
		if (bytes.length > most) throw new Error(`${what} gave ${bytes.length} bytes where ${most} were asked for`);
		if (bytes.buffer instanceof SharedArrayBuffer) throw new Error(`${what} gave memory of the engine`);
		this.#checkBytes(bytes, what);
		this.#given.push({ bytes, copy: Buffer.from(bytes), what });
		return bytes;
	}

	#checkBytes(bytes: Uint8Array, what: string): void {
		if (bytes.includes(SECRET)) throw new Error(`${what} gave what stands outside of the data`);
	}

	/** Nobody gets a memory in which somebody else still reads. */
	#checkMemory(memory: WebAssembly.Memory): void {
		for (const lease of this.#leases) {
			if (lease.bytes.buffer === memory.buffer) this.#failure ??= new Error('a memory with a lease is used again');
		}
	}

	/** What the host does on behalf of an engine that has ended. */
	#hostFiles(table: DescriptorTable): object {
		const clear = (root: number, path: string): number => {
			const isHidden = path.split('/').some((name) => name.startsWith(TEMPORARY_MARK));
			if (!isHidden || root !== this.#root || path.length > HIDDEN_PATH_MAX)
				this.#failure ??= new Error(`the host takes away ${path} in ${root}`);
			return -ERRNO_NOENT;
		};
		return {
			unlink: clear,
			removeDirectory: clear,
			open: () => -ERRNO_NOENT,
			close: (fd: number) => {
				if (this.#intent.foreign.includes(fd))
					this.#failure ??= new Error('the host closes a descriptor of somebody else');
				this.#judge.onSwept(fd);
				return table.remove(fd) < 0 ? -ERRNO_BADF : 0;
			},
		};
	}

	#createMemory(): WebAssembly.Memory {
		if (this.#used.length > MEMORIES_MAX) this.#intent.attack = 0;
		const { pages } = this.#pool.threadOptions.plan;
		const at = memories.findIndex((memory) => memory.buffer.byteLength === pages * 65536);
		const memory =
			at < 0 ? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }) : memories.splice(at, 1)[0];
		this.#used.push(memory);
		return memory;
	}
}
