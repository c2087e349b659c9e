import {
	FLAG_APPEND,
	OP_CLOSE,
	OP_DELETE,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_SLEEP,
	OP_STAT,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
} from '#assembly/layout';
import { parsePoolOptions } from '#host/pool/options';
import { Pool, type PoolBackend } from '#host/pool/pool';
import { type CallOptions, type Reply, Request } from '#host/pool/request';
import { Disk } from './disk.ts';
import { Model, type Outcome } from './model.ts';
import { type Misfortune, SimulatedThread } from './thread.ts';
import { World } from './world.ts';

const NONE: Misfortune = { trap: 0, exit: 0, block: 0, spin: 0, nonsense: 0, start: 0 };
const REPLACED = ['w0', 'w1', 'w2'];
const APPENDED = ['a0', 'a1'];
const CALLS_MAX = 40;
/** More than a slot carries: it goes through a buffer. */
const LARGE_BYTES = 20_000;

const DESCRIPTORS = 1024;

/** Memories are dear, and one world comes after the other. */
const memories: WebAssembly.Memory[] = [];

/** What a seed came to; for figures. */
export interface Figures {
	calls: number;
	traps: number;
	stuck: number;
	givenUp: number;
}

/** One seed: a pool of some shape, calls of all kinds, misfortune of some kinds; then everything calms down and is looked at. */
export class Scenario {
	readonly #world: World;
	readonly #disk: Disk;
	readonly #model: Model;
	readonly #pool: Pool;
	readonly #threads: SimulatedThread[] = [];
	readonly #used: WebAssembly.Memory[] = [];
	readonly #figures: Figures = { calls: 0, traps: 0, stuck: 0, givenUp: 0 };
	#misfortune: Misfortune;
	#tokens = 0;
	#running = 0;
	#failure: unknown;

	constructor(seed: number) {
		this.#world = new World(seed);
		const { random } = this.#world;
		this.#disk = new Disk(() => this.#world.nowMs());
		this.#model = new Model(this.#disk, () => this.#world.nowMs());
		const likely = () => (random.chance(0.4) ? random.pick([0.002, 0.01, 0.05]) : 0);
		this.#misfortune = {
			trap: likely(),
			exit: likely(),
			block: likely() / 2,
			spin: likely() / 2,
			nonsense: likely(),
			start: random.pick([0, 0, 0.1, 0.5]),
		};
		const options = parsePoolOptions({
			workers: random.between(1, 3),
			syncWorkers: random.between(1, 2),
			ringEntries: random.pick([2, 4, 8]),
			buffers: 4,
			bufferBytes: 65536,
			maxQueued: random.pick([2, 8, 64]),
			stallMs: random.pick([50, 200]),
			syncStallMs: random.pick([50, 500]),
			maxRestarts: random.pick([1, 3, 10, 500]),
			restartWindowMs: random.pick([100, 1000, 10_000]),
		});
		const backend: PoolBackend = {
			worker: '',
			openFiles: ({ table }) => this.#disk.hostFiles(table) as never,
			shared: undefined,
		};
		this.#pool = new Pool(options, backend, {
			clock: this.#world,
			startThread: (threadOptions, partition, _name, clock, onExit) => {
				if (random.chance(this.#misfortune.start / 4)) throw new Error('ERR_WORKER_INIT_FAILED');
				const thread = new SimulatedThread(
					threadOptions,
					partition,
					clock,
					onExit,
					this.#world,
					this.#disk,
					() => this.#misfortune,
				);
				this.#threads.push(thread);
				return thread;
			},
			createMemory: () => this.#createMemory(),
			descriptors: DESCRIPTORS,
		});
		this.#pool.on('trap', () => this.#figures.traps++);
		this.#pool.on('stuck', () => this.#figures.stuck++);
		this.#pool.on('give-up', () => this.#figures.givenUp++);
	}

	/** Runs it; throws what is not as it must be. */
	async run(): Promise<Figures> {
		try {
			const { random } = this.#world;
			const calls = random.between(5, CALLS_MAX);
			for (let call = 0; call < calls; call++) {
				this.#world.after(random.next() * random.pick([1, 50, 1000]), () => this.#guard(() => this.#call()));
			}
			this.#running += calls;
			const isClosedEarly = random.chance(0.1);
			if (isClosedEarly) {
				await this.#world.pass(random.between(1, 100));
				await this.#close();
			}
			await this.#world.until(() => this.#failure !== undefined || this.#running === 0, 'the calls');
			this.#rethrow();
			this.#misfortune = NONE;
			if (!isClosedEarly) await this.#calm();
			for (const thread of this.#threads) thread.release();
			await this.#world.until(() => this.#threads.every((thread) => !thread.isBlocked), 'blocked threads');
			if (!isClosedEarly) await this.#close();
			await this.#world.pass(60_000);
			this.#rethrow();
			this.#check();
			return this.#figures;
		} finally {
			memories.push(...this.#used);
		}
	}

	/** Without misfortune a pool comes back to life: instances that were given up are tried, and everything is answered again. */
	async #calm(): Promise<void> {
		for (const thread of this.#threads) thread.release();
		for (const lane of ['read', 'sync'] as const) {
			let isServed = false;
			for (let tries = 0; tries < 100 && !isServed; tries++) {
				this.#pool.submit(Object.assign(new Request(OP_SLEEP, 'sleep'), { lane })).then(
					() => {
						isServed = true;
					},
					() => undefined,
				);
				await this.#world.pass(5000);
			}
			if (!isServed) throw new Error(`lane ${lane} does not come back: ${JSON.stringify(this.#pool.health())}`);
		}
	}

	async #close(): Promise<void> {
		let isClosed = false;
		void this.#pool.close().then(() => {
			isClosed = true;
		});
		await this.#world.until(() => isClosed, 'close()');
	}

	#check(): void {
		const { inFlight, queued, stuckThreads } = this.#pool.health();
		const problems = [
			[inFlight, 'calls are in flight'],
			[queued, 'calls are queued'],
			[stuckThreads, 'threads are stuck'],
			[this.#pool.table.open(), 'descriptors are open'],
			[this.#disk.openFiles, 'files are open'],
			[this.#disk.names().filter((name) => name.includes('.holdfast')).length, 'temporary files are left'],
			[this.#world.held, 'timers keep the process alive'],
			[this.#threads.filter((thread) => !thread.isGone).length, 'threads live'],
			[
				this.#threads.filter((thread) => thread.isReferenced && !thread.isGone).length,
				'threads keep the process alive',
			],
		] as const;
		for (const [count, what] of problems) if (count !== 0) throw new Error(`${count} ${what} at the end`);
		this.#model.check();
	}

	/** One call, or the calls of one reader or writer. */
	#call(): void {
		const { random } = this.#world;
		this.#figures.calls++;
		const kind = random.between(0, 9);
		if (kind <= 2) this.#read();
		else if (kind <= 4) this.#change(OP_WRITE, random.pick(REPLACED), 0);
		else if (kind === 5) this.#change(OP_WRITE, random.pick(APPENDED), FLAG_APPEND);
		else if (kind === 6) this.#change(OP_DELETE, random.pick(REPLACED), 0);
		else if (kind === 7) this.#guardAsync(this.#reader());
		else if (kind === 8) this.#guardAsync(this.#writer());
		else this.#sleep();
	}

	#read(): void {
		const { random } = this.#world;
		const path = random.pick([...REPLACED, ...APPENDED]);
		const request = new Request(random.chance(0.7) ? OP_READ : OP_STAT, 'read', path);
		const sinceMs = this.#world.nowMs();
		this.#submit(request, this.#options(), (outcome) => {
			if (request.op === OP_STAT) this.#model.ended('stat', outcome);
			else this.#model.sawText(`read of ${path}`, path, sinceMs, outcome);
		});
	}

	#change(op: number, path: string, flags: number): void {
		const { random } = this.#world;
		const request = new Request(op, 'change', path);
		const { token, data } = this.#payload();
		request.data = data;
		request.flags = flags;
		request.lane = random.pick(['read', 'sync']);
		this.#submit(request, this.#options(), (outcome) => this.#model.changed(`${op} of ${path}`, [token], outcome));
	}

	#sleep(): void {
		const request = new Request(OP_SLEEP, 'sleep');
		request.offset = this.#world.random.between(1, 100);
		this.#submit(request, this.#options(), (outcome) => this.#model.ended('sleep', outcome));
	}

	async #reader(): Promise<void> {
		const { random } = this.#world;
		const path = random.pick(REPLACED);
		const sinceMs = this.#world.nowMs();
		const opened = await this.#settle(new Request(OP_OPEN, 'open', path), undefined);
		this.#model.ended('open', toOutcome(opened));
		if (opened instanceof Error) return;
		let seen: string | undefined;
		for (let reads = random.between(0, 4); reads > 0; reads--) {
			const request = new Request(OP_READ_AT, 'read', path);
			request.fd = opened.fd;
			request.preferred = opened.incarnation;
			const into = Buffer.alloc(64);
			request.into = into;
			const read = await this.#settle(request, this.#options());
			this.#model.givenBack('readAt', into);
			this.#model.ended('readAt', toOutcome(read));
			if (read instanceof Error) continue;
			const text = Buffer.from(read.bytes).toString('latin1');
			if (seen === undefined) this.#model.sawText(`reader of ${path}`, path, sinceMs, { value: text });
			else if (seen !== text) throw new Error(`a reader saw '${seen}' and then '${text}'`);
			seen = text;
			await this.#pause();
		}
		const close = Object.assign(new Request(OP_CLOSE, 'close', path), { fd: opened.fd, preferred: opened.incarnation });
		this.#model.ended('close', toOutcome(await this.#settle(close, undefined)));
	}

	async #writer(): Promise<void> {
		const { random } = this.#world;
		const path = random.pick(REPLACED);
		const lane = random.pick(['read', 'sync'] as const);
		const opened = await this.#settle(Object.assign(new Request(OP_WRITER_OPEN, 'writer', path), { lane }), undefined);
		this.#model.ended('writer', toOutcome(opened));
		if (opened instanceof Error) return;
		const make = (op: number, data?: Buffer) =>
			Object.assign(new Request(op, 'writer', path), {
				lane,
				handle: opened.handle,
				pinned: opened.incarnation,
				data,
			});
		const tokens: string[] = [];
		for (let writes = random.between(0, 3); writes > 0; writes--) {
			const { token, data } = this.#payload();
			const written = await this.#settle(make(OP_WRITER_WRITE, data), undefined);
			this.#model.ended('writer.write', toOutcome(written));
			if (written instanceof Error) break;
			tokens.push(token);
			await this.#pause();
		}
		const isAborted = random.chance(0.3);
		const outcome = toOutcome(await this.#settle(make(isAborted ? OP_WRITER_ABORT : OP_WRITER_CLOSE), undefined));
		if (isAborted) this.#model.ended('writer.abort', outcome);
		else this.#model.changed(`writer.close of ${path}`, tokens, outcome);
	}

	/** A token that nobody else has, and bytes that carry it. */
	#payload(): { token: string; data: Buffer } {
		const token = `<${this.#tokens++}>`;
		const bytes = this.#world.random.chance(0.1) ? LARGE_BYTES : 16;
		return { token, data: Buffer.alloc(bytes, ' ').fill(token, 0, token.length) };
	}

	#options(): CallOptions | undefined {
		const { random } = this.#world;
		const options: CallOptions = {};
		if (random.chance(0.1)) options.timeoutMs = random.between(1, 200);
		if (random.chance(0.1)) {
			const abort = new AbortController();
			options.signal = abort.signal;
			this.#world.after(random.next() * 50, () => abort.abort());
		}
		return options;
	}

	/** With a promise or, sometimes, blocking. */
	#submit(request: Request, options: CallOptions | undefined, onEnd: (outcome: Outcome) => void): void {
		const end = (result: Reply | Error) => {
			this.#running--;
			this.#guard(() => onEnd(toOutcome(result)));
		};
		if (this.#world.random.chance(0.15)) {
			end(this.#submitSync(request, options));
			return;
		}
		this.#pool.submit(request, options).then(end, end);
	}

	#submitSync(request: Request, options: CallOptions | undefined): Reply | Error {
		try {
			return this.#pool.submitSync(request, options);
		} catch (error) {
			return error as Error;
		}
	}

	#settle(request: Request, options: CallOptions | undefined): Promise<Reply | Error> {
		if (this.#world.random.chance(0.1)) return Promise.resolve(this.#submitSync(request, options));
		return this.#pool.submit(request, options).catch((error: Error) => error);
	}

	#pause(): Promise<void> {
		return new Promise((resolve) => this.#world.after(this.#world.random.next() * 20, resolve));
	}

	#guardAsync(work: Promise<void>): void {
		work.then(
			() => this.#running--,
			(error) => {
				this.#failure ??= error;
			},
		);
	}

	#guard(work: () => void): void {
		try {
			work();
		} catch (error) {
			this.#failure ??= error;
		}
	}

	#rethrow(): void {
		if (this.#failure !== undefined) throw this.#failure;
	}

	#createMemory(): WebAssembly.Memory {
		const { pages } = this.#pool.threadOptions.plan;
		const at = memories.findIndex((memory) => memory.buffer.byteLength >= pages * 65536);
		const memory =
			at < 0 ? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }) : memories.splice(at, 1)[0];
		this.#used.push(memory);
		return memory;
	}
}

function toOutcome(result: Reply | Error): Outcome {
	if (result instanceof Error) return { error: result as never };
	return { value: Buffer.from(result.bytes).toString('latin1') };
}
