import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as holdfast from 'holdfast';
import { FILETYPE_UNKNOWN } from '#assembly/layout';
import { openStore } from '#host/services/index';
import { Random } from '../../random.ts';
import { hostileObject, hostilePath, hostileValue, plainPath } from '../hostile.ts';
import type { Session, Target } from '../target.ts';
import { checkError } from './api-errors.ts';

type Loose = Record<string, (...values: unknown[]) => unknown>;

const STEPS_MAX = 80;
const PENDING_MAX = 24;
/** A cancelled call is answered before its engine is through with it: so many looks later it is. First without a pause, then with one. */
const LOOKS_MAX = 4000;
const LOOKS_AT_ONCE = 100;
const LOOK_PAUSE_MS = 5;
/** A thread that gets no processor is not stuck: one that is makes its case hang. */
const PATIENCE = { stallMs: 600_000, syncStallMs: 600_000 };
const POOL = {
	workers: 1,
	syncWorkers: 1,
	ringEntries: 16,
	buffers: 8,
	bufferBytes: 65536,
	maxQueued: 256,
	...PATIENCE,
};
const DESCRIPTORS = 1024;
/** In memory where there is such a place: nothing here is about the disk, and an fsync of a busy one takes seconds. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const SECRET = 'nobody reads this';

/** What every method takes behind its path. */
const OPTION_NAMES: Record<string, readonly string[]> = {
	stat: ['signal', 'timeoutMs', 'ifMatch', 'ifNoneMatch', 'ifModifiedSince', 'ifUnmodifiedSince', 'version'],
	read: [
		'signal',
		'timeoutMs',
		'offset',
		'size',
		'suffix',
		'chunk',
		'concurrent',
		'onProgress',
		'ifMatch',
		'contentType',
	],
	reader: ['signal', 'timeoutMs', 'chunk', 'concurrent', 'prefetch', 'gap', 'ifMatch', 'ifNoneMatch', 'version'],
	writer: ['signal', 'timeoutMs', 'append', 'ifNotExists', 'ifMatch', 'durability', 'chunk', 'contentType'],
	write: [
		'signal',
		'timeoutMs',
		'append',
		'ifNotExists',
		'ifMatch',
		'ifNoneMatch',
		'durability',
		'chunk',
		'onProgress',
	],
	change: ['signal', 'timeoutMs', 'durability', 'recursive', 'ifNotExists', 'version'],
	list: ['signal', 'timeoutMs', 'recursive', 'limit', 'startAfter', 'versions'],
};

/** The whole public API over a store in memory, and over real files. */
export const api: Target = { name: 'api', open: () => new ApiSession('memory') };
export const apiFiles: Target = { name: 'api-files', open: () => new ApiSession('fs') };

/** A pool that stays, and for every case an operator of its own. */
class ApiSession implements Session {
	readonly #service: 'memory' | 'fs';
	readonly #place: string;
	readonly #kept: holdfast.Operator;
	readonly #open: number;

	constructor(service: 'memory' | 'fs') {
		this.#service = service;
		this.#place = mkdtempSync(join(FOLDER, 'holdfast-fuzz-'));
		mkdirSync(join(this.#place, 'outside'));
		writeFileSync(join(this.#place, 'outside', 'secret'), SECRET);
		this.#kept = this.#make('kept');
		this.#open = this.#descriptors();
	}

	async run(seed: number): Promise<number> {
		const op = this.#make('root');
		try {
			const fuzzed = new ApiCase(op, new Random(seed));
			await fuzzed.run();
			await op.close();
			await this.#check();
			return fuzzed.calls;
		} finally {
			await op.close();
			remove(join(this.#place, 'root'));
		}
	}

	async close(): Promise<void> {
		await this.#kept.close();
		rmSync(this.#place, { recursive: true, force: true });
	}

	#make(name: string): holdfast.Operator {
		const root = this.#service === 'fs' ? { root: join(this.#place, name) } : {};
		return holdfast.Operator.fromStore(openStore(this.#service, { ...root, ...POOL }, { descriptors: DESCRIPTORS }));
	}

	/** Those that somebody asked for. Directories on the way to a file are kept open, in a bounded number, after that. */
	#descriptors(): number {
		return this.#kept.pool.table.open(FILETYPE_UNKNOWN);
	}

	/** Nothing runs, nothing is open, nothing was left, nothing outside was touched. */
	async #check(): Promise<void> {
		const { pool } = this.#kept;
		const state = () => {
			const { inFlight, queued } = pool.health();
			return `${inFlight} in flight, ${queued} queued, ${this.#descriptors() - this.#open} descriptors open`;
		};
		const quiet = '0 in flight, 0 queued, 0 descriptors open';
		for (let looks = 0; state() !== quiet; looks++) {
			if (looks === LOOKS_MAX) throw new Error(`after the operator was closed there are ${state()}`);
			await new Promise<void>((resolve) =>
				looks < LOOKS_AT_ONCE ? setImmediate(resolve) : setTimeout(resolve, LOOK_PAUSE_MS),
			);
		}
		const { restarts, lastTrap } = pool.health();
		if (restarts > 0) throw new Error(`an engine came to its end: ${lastTrap}`);
		if (this.#service !== 'fs') return;
		const names = readdirSync(this.#place).sort().join();
		if (names !== 'kept,outside,root') throw new Error(`beside the root there are ${names}`);
		if (readdirSync(join(this.#place, 'outside')).join() !== 'secret')
			throw new Error('the directory beside the root has changed');
		if (readFileSync(join(this.#place, 'outside', 'secret'), 'utf8') !== SECRET)
			throw new Error('the file beside the root has changed');
		const left = hiddenBelow(join(this.#place, 'root'));
		if (left !== '') throw new Error(`hidden files were left: ${left}`);
	}
}

/** Paths below it may be as long as the platform allows, so that with the root in front they are too long for it. */
function remove(root: string): void {
	try {
		rmSync(root, { recursive: true, force: true });
	} catch {
		execFileSync('rm', ['-rf', root]);
	}
}

function hiddenBelow(root: string): string {
	const hidden = ['-name', '.holdfast-*.tmp', '-o', '-name', '.holdfast-*.lock'];
	return readdirSync(root).length === 0 ? '' : execFileSync('find', [root, ...hidden], { encoding: 'utf8' });
}

/** Calls of all kinds with arguments of all kinds, some awaited, some not, and the handles that they give. */
class ApiCase {
	calls = 0;
	readonly #random: Random;
	readonly #op: Loose;
	readonly #handles: { kind: string; handle: Loose }[] = [];
	readonly #pending = new Set<Promise<unknown>>();
	#failure: unknown;

	constructor(op: holdfast.Operator, random: Random) {
		this.#random = random;
		this.#op = layered(op, random) as unknown as Loose;
	}

	async run(): Promise<void> {
		const random = this.#random;
		for (let step = random.between(5, STEPS_MAX); step > 0 && this.#failure === undefined; step--) {
			if (random.chance(0.35) && this.#handles.length > 0) this.#useHandle();
			else this.#callOperator();
			if (this.#pending.size >= PENDING_MAX || random.chance(0.2)) await Promise.all(this.#pending);
			else if (random.chance(0.1)) await new Promise(setImmediate);
		}
		await Promise.all(this.#pending);
		// Some are left open: closing the operator is enough.
		for (const { kind, handle } of this.#handles) {
			if (kind === 'lease' || random.chance(0.7))
				this.#track('close', () => (handle.abort ?? handle.close ?? handle.release)?.call(handle));
		}
		await Promise.all(this.#pending);
		if (this.#failure !== undefined) throw this.#failure;
	}

	#callOperator(): void {
		const random = this.#random;
		const op = this.#op;
		const sync = random.chance(0.15) ? 'Sync' : '';
		const path = this.#path();
		const write = (): void => {
			const { content, after } = this.#content();
			this.#call(`write${sync}`, path, content, this.#options('write'));
			after();
		};
		const reads = ['read', 'readText', 'readJson', 'blob', `read${sync}`, `readText${sync}`];
		const read = () => this.#call(random.pick(reads), path, this.#options('read'));
		const paths = () => (random.chance(0.9) ? [path, this.#path(), this.#path()] : hostileValue(random));
		const directory = random.chance(0.7) ? `${plainPath(random)}/` : path;
		const presign = random.pick(['presignRead', 'presignWrite', 'presignStat', 'presignDelete']);
		const kinds: readonly (() => void)[] = [
			...[write, write, write, read, read],
			() => this.#call(`stat${sync}`, path, this.#options('stat')),
			() => this.#call(`exists${sync}`, path, this.#options('stat', 2)),
			() => this.#call(`createDir${sync}`, directory, this.#options('change', 3)),
			() => this.#call(random.pick(['copy', 'rename']) + sync, path, this.#path(), this.#options('change', 3)),
			() => this.#call(`delete${sync}`, path, this.#options('change', 4)),
			() => this.#call(`remove${sync}`, paths(), this.#options('change', 3)),
			() => this.#call(`removeAll${sync}`, path, this.#options('change', 3)),
			() => this.#call(`list${sync}`, path, this.#options('list')),
			() => this.#open('lister', () => op[`lister${sync}`](path, this.#options('list'))),
			() => this.#open('reader', () => op[`reader${sync}`](path, this.#options('reader'))),
			() => this.#open('writer', () => op[`writer${sync}`](path, this.#options('writer'))),
			() => this.#call(presign, path, hostileValue(random)),
			() => this.#call(random.pick(['layer', 'capability']), hostileValue(random)),
			() => this.#call(`check${sync}`, this.#options('stat', 2)),
			() => random.chance(0.2) && this.#open('watch', () => op.watch(path, this.#options('stat', 2))),
		];
		random.pick(kinds)();
	}

	#useHandle(): void {
		const random = this.#random;
		const { kind, handle } = random.pick(this.#handles);
		const use = (name: string, ...values: unknown[]) => this.#track(`${kind}.${name}`, () => handle[name]?.(...values));
		if (kind === 'writer') {
			const { content, after } = this.#content();
			if (random.chance(0.6)) use(random.pick(['write', 'write', 'tryWrite']), content);
			else if (random.chance(0.2)) this.#stream(() => handle.createWriteStream(this.#streamOptions()), 'write');
			else if (random.chance(0.1)) this.#stream(() => handle.writableWebStream?.(this.#streamOptions()), 'webWrite');
			else use(random.pick(['flush', 'close', 'abort']));
			after();
			return;
		}
		if (kind === 'reader') {
			const { buffer, after } = this.#buffer();
			if (random.chance(0.4)) use('read', buffer);
			else if (random.chance(0.5))
				use('readAt', buffer, random.chance(0.7) ? random.between(0, 70_000) : hostileValue(random));
			else if (random.chance(0.25)) this.#stream(() => handle.createReadStream(this.#streamOptions()), 'read');
			else if (random.chance(0.2)) this.#stream(() => handle.readableWebStream?.(this.#streamOptions()), 'webRead');
			else if (random.chance(0.3))
				this.#iterate(() => handle.leases?.(random.chance(0.7) ? {} : hostileObject(random, ['chunkBytes', 'poison'])));
			else if (random.chance(0.35)) this.#iterate(() => handle);
			else use('close');
			after();
		} else if (kind === 'lease') use('release');
		else if (kind === 'watch') use('close');
		else use(random.pick(['next', 'next', 'next', 'close']));
	}

	/** Takes a few pieces and goes away, or keeps what it holds. */
	#iterate(open: () => unknown): void {
		this.#track('iterate', async () => {
			let left = this.#random.between(0, 3);
			for await (const piece of (open() ?? []) as AsyncIterable<object>) {
				if (
					'release' in piece &&
					this.#handles.filter(({ kind }) => kind === 'lease').length < 1 &&
					this.#random.chance(0.3)
				) {
					this.#handles.push({ kind: 'lease', handle: piece as Loose });
				} else if ('release' in piece) (piece as holdfast.Lease).release();
				if (left-- === 0) break;
			}
		});
	}

	#stream(open: () => unknown, kind: string): void {
		const random = this.#random;
		this.#track(`stream ${kind}`, async () => {
			const stream = open() as never;
			if (stream === undefined) return;
			if (kind === 'webRead') {
				const reader = (stream as ReadableStream<Uint8Array>).getReader();
				for (let left = random.between(0, 3); left > 0; left--) if ((await reader.read()).done) return;
				await reader.cancel();
			} else if (kind === 'webWrite') {
				const writer = (stream as WritableStream<Uint8Array>).getWriter();
				writer.closed.catch(() => undefined);
				writer.ready.catch(() => undefined);
				await writer.write(Buffer.alloc(random.between(0, 5000)));
				await (random.chance(0.5) ? writer.close() : writer.abort());
			} else {
				await useNodeStream(stream, kind, random);
			}
		});
	}

	#call(method: string, ...values: unknown[]): void {
		this.#track(method, () => this.#op[method](...values));
	}

	#open(kind: string, open: () => unknown): void {
		this.#track(kind, async () => {
			const handle = (await open()) as Loose;
			this.#handles.push({ kind, handle });
			if (kind === 'watch') await (handle.ready as unknown as Promise<void>);
		});
	}

	/** Every call settles, and fails in our words only. */
	#track(name: string, call: () => unknown): void {
		this.calls++;
		const judge = (error: unknown): void => {
			try {
				checkError(name, error);
			} catch (problem) {
				this.#failure ??= problem;
			}
		};
		let result: unknown;
		try {
			result = call();
		} catch (error) {
			judge(error);
			return;
		}
		if (!(result instanceof Promise)) return;
		const settled: Promise<void> = result.then(
			() => void this.#pending.delete(settled),
			(error) => {
				this.#pending.delete(settled);
				judge(error);
			},
		);
		this.#pending.add(settled);
	}

	#path(): unknown {
		const random = this.#random;
		if (random.chance(0.75)) return plainPath(random);
		return random.chance(0.8) ? hostilePath(random) : hostileValue(random);
	}

	/** None, some that make sense, or some that do not; the first `count` of the names. */
	#options(of: keyof typeof OPTION_NAMES, count = 99): unknown {
		const random = this.#random;
		const names = OPTION_NAMES[of].slice(0, count);
		if (random.chance(0.5)) return undefined;
		if (random.chance(0.1)) return hostileObject(random, names);
		const options: Record<string, unknown> = {};
		for (let left = random.between(0, 2); left > 0; left--) {
			const name = random.pick(names);
			options[name] = random.chance(0.8) ? this.#sensible(name) : hostileValue(random);
		}
		return options;
	}

	#sensible(name: string): unknown {
		const random = this.#random;
		const size = () => random.pick([0, 1, 10, 4096, 16_384, 16_385, 65_536, 200_000, 5n, 2 ** 40]);
		switch (name) {
			case 'signal':
				return this.#signal();
			case 'timeoutMs':
				return random.pick([1, 2, 10_000]);
			case 'durability':
				return random.pick(['none', 'file', 'full']);
			case 'ifMatch':
			case 'ifNoneMatch':
				return random.pick(['*', '"1-2-3"', 'x']);
			case 'ifModifiedSince':
			case 'ifUnmodifiedSince':
				return random.pick([new Date(0), new Date(8.64e15), '2020-01-01T00:00:00Z', 'Thu, 01 Jan 1970 00:00:01 GMT']);
			case 'startAfter':
				return plainPath(random);
			case 'limit':
			case 'concurrent':
				return random.between(1, 10);
			case 'onProgress':
				return random.chance(0.9) ? () => undefined : throwOurs;
			case 'version':
			case 'versions':
			case 'contentType':
				return random.pick([null, undefined, 'x', false]);
			case 'append':
			case 'ifNotExists':
			case 'recursive':
				return random.chance(0.6);
			default:
				return size();
		}
	}

	#signal(): AbortSignal {
		const abort = new AbortController();
		const reason = this.#random.pick([undefined, null, 'x', new Error('a reason')]);
		const kind = this.#random.between(0, 4);
		if (kind === 0) abort.abort(reason);
		else if (kind === 1) queueMicrotask(() => abort.abort(reason));
		else if (kind === 2) setImmediate(() => abort.abort(reason));
		else if (kind === 3) setTimeout(() => abort.abort(reason), 1);
		return abort.signal;
	}

	/** Something to write, and what is done to it while it is under way. */
	#content(): { content: unknown; after: () => void } {
		const random = this.#random;
		const bytes = random.pick([0, 1, 100, 4096, 16_384, 16_385, 65_536, 65_537, 200_000]);
		if (random.chance(0.4)) return { content: 'text '.repeat(random.between(0, 20)), after: nothing };
		if (random.chance(0.15)) return { content: hostileValue(random), after: nothing };
		return this.#memory(bytes);
	}

	#buffer(): { buffer: unknown; after: () => void } {
		const random = this.#random;
		if (random.chance(0.1)) return { buffer: hostileValue(random), after: nothing };
		const { content, after } = this.#memory(random.pick([0, 1, 100, 16_384, 16_385, 70_000, 200_000]));
		return { buffer: content, after };
	}

	#memory(bytes: number): { content: unknown; after: () => void } {
		const random = this.#random;
		switch (random.between(0, 6)) {
			case 0: {
				const view = new Uint8Array(bytes);
				// It is gone while the call is under way.
				return { content: view, after: () => void structuredClone(view.buffer, { transfer: [view.buffer] }) };
			}
			case 1: {
				const resizable = new (
					ArrayBuffer as unknown as new (
						n: number,
						o: object,
					) => ArrayBuffer & { resize(n: number): void }
				)(bytes, { maxByteLength: 2 * bytes });
				return {
					content: new Uint8Array(resizable),
					after: () => resizable.resize(random.pick([0, bytes >> 1, 2 * bytes])),
				};
			}
			case 2:
				return { content: new DataView(new ArrayBuffer(bytes + 8), 3, bytes), after: nothing };
			case 3:
				return { content: new Uint8Array(new SharedArrayBuffer(bytes)), after: nothing };
			case 4:
				return { content: new Float64Array(bytes >> 3), after: nothing };
			case 5:
				return { content: new (class extends Uint8Array {})(bytes), after: nothing };
			default:
				return { content: Buffer.alloc(bytes, 7), after: nothing };
		}
	}

	#streamOptions(): unknown {
		const random = this.#random;
		if (random.chance(0.5)) return undefined;
		const names = ['start', 'end', 'highWaterMark', 'signal', 'chunkBytes', 'encoding', 'autoDestroy'];
		if (random.chance(0.3)) return hostileObject(random, names);
		const name = random.pick(names);
		const sensible: Record<string, unknown> = {
			start: 1,
			end: 5000,
			highWaterMark: 10_000,
			chunkBytes: 512,
			encoding: 'utf8',
			autoDestroy: true,
		};
		return { [name]: random.chance(0.5) ? (sensible[name] ?? this.#signal()) : hostileValue(random) };
	}
}

async function useNodeStream(
	stream: NodeJS.ReadWriteStream & { destroy(): void },
	kind: string,
	random: Random,
): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		stream.once('close', resolve);
		stream.once('error', reject);
		// With `autoDestroy: false` a stream is at its end and does not say that it was closed: that is left to its user.
		for (const end of ['finish', 'end']) stream.once(end, () => stream.destroy());
		if (kind === 'write') {
			for (let left = random.between(0, 3); left > 0; left--) stream.write(Buffer.alloc(random.between(1, 70_000)));
			if (random.chance(0.5)) stream.end();
			else stream.destroy();
			return;
		}
		let left = random.between(0, 5);
		stream.on('data', () => {
			if (left-- === 0) stream.destroy();
		});
	});
}

function layered(op: holdfast.Operator, random: Random): holdfast.Operator {
	switch (random.between(0, 9)) {
		case 0:
			return op.layer(new holdfast.ConcurrentLimitLayer(random.between(1, 3)).build());
		case 1:
			return op.layer(new holdfast.TimeoutLayer().build());
		case 2: {
			const retry = new holdfast.RetryLayer();
			retry.minDelay = 0;
			return op.layer(retry.build());
		}
		case 3:
			return op.layer(new holdfast.LoggingLayer(nothing).build());
		case 4:
			return op.layer(new holdfast.ThrottleLayer(2 ** 40, 2 ** 40).build());
		case 5:
			return op.layer(new holdfast.CapabilityOverrideLayer('copy=false,write_can_append=false').build());
		default:
			return op;
	}
}

function nothing(): void {}

/** A callback of the caller that throws: its call fails with just that. */
function throwOurs(): never {
	throw new Error('a trap of the fuzzer');
}
