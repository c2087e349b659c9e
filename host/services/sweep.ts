import {
	FILETYPE_DIRECTORY,
	FLAG_DIRECTORY,
	FLAG_RECURSIVE,
	LIST_ENTRY_KIND,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	OP_CLOSE,
	OP_DELETE,
	OP_LIST,
	OP_OPEN,
	OP_RENAME,
	OP_STAT,
	OP_TIDY,
} from '../../assembly/layout.js';
import { HoldfastError } from '../errors.js';
import { type Engine, type Reply, Request, SWEEP } from '../pool/request.js';
import { HIDDEN_MARK, ownerState } from '../wasi/owner.js';

/** After a sweep its store has its peace for so many times as long as the sweep took, but at most for so long. */
const REST_FACTOR = 10;
const REST_MAX_MS = 60_000;
/** Stores that this is remembered of. */
const REMEMBERED_MAX = 1000;
/** Whoever opened the store gets his first answers before this begins. */
const DELAY_MS = 20;
/** Between two pages of names others get their turn, and the process may end. */
const PAUSE_MS = 2;
/** Names that are looked at. What a larger store has beyond that is found when it is opened the next time, or never. */
const NAMES_MAX = 1_000_000;
/** Directories that are known and not yet looked into. */
const PENDING_MAX = 100_000;
/** The process numbers of another namespace say nothing here: whatever is as old as this is nobody's any more. */
const FOREIGN_AGE_MS = 24 * 60 * 60 * 1000;
const ENTRY_ALIGNMENT = 8;
const LOCK_NAME = /^\.holdfast-[0-9a-f]{16}\.lock$/;
const PRIVATE_LOCK_NAME = /\.lock$/;
const TEMPORARY_NAME = /\.tmp$/;
const TORN_SUFFIX = '.torn';

/** What is known of the sweeps of a place, in milliseconds of this process's clock. */
interface Progress {
	/** When the last one began that came to its end. */
	doneSinceMs: number;
	restUntilMs: number;
	isRunning: boolean;
}

const places = new Map<string, Progress>();

/**
 * Removes what dead processes left in a store, soon and in the background: temporary files, and locks. `place` names the store among
 * all others: whoever opens it while it is being swept shares the next sweep. It ends by itself when the store is closed, and keeps
 * no process alive.
 */
export function beginSweep(engine: Engine, root: number, place: string): void {
	const openedMs = performance.now();
	const attempt = (): void => {
		const known = places.get(place);
		if (known !== undefined && known.doneSinceMs > openedMs) return;
		const restMs = (known?.restUntilMs ?? 0) - performance.now();
		// One that runs may yet fail, because its store is closed before this one.
		if (known?.isRunning || restMs > 0) later(attempt, Math.max(restMs, DELAY_MS));
		else void sweep(engine, root, place);
	};
	later(attempt, DELAY_MS);
}

async function sweep(engine: Engine, root: number, place: string): Promise<void> {
	if (places.size >= REMEMBERED_MAX) places.clear();
	const progress = places.get(place) ?? { doneSinceMs: 0, restUntilMs: 0, isRunning: false };
	places.set(place, progress);
	const beganMs = performance.now();
	progress.isRunning = true;
	try {
		await new Sweep(engine, root).run();
		const tookMs = performance.now() - beganMs;
		progress.doneSinceMs = beganMs;
		progress.restUntilMs = performance.now() + Math.min(tookMs * REST_FACTOR, REST_MAX_MS);
	} catch (error) {
		// The store was closed, or cannot be read: whoever uses it hears of that.
		if (!(error instanceof HoldfastError)) throw error;
	} finally {
		progress.isRunning = false;
	}
}

function later(work: () => void, milliseconds: number): void {
	setTimeout(work, milliseconds).unref();
}

interface Name {
	readonly name: string;
	readonly isDirectory: boolean;
}

/** One walk through a store, one request at a time. */
export class Sweep {
	readonly #engine: Engine;
	readonly #root: number;
	readonly #nowMs: () => number;
	readonly #pending = [''];
	#left = NAMES_MAX;

	constructor(engine: Engine, root: number, nowMs: () => number = Date.now) {
		this.#engine = engine;
		this.#root = root;
		this.#nowMs = nowMs;
	}

	async run(): Promise<void> {
		for (let path = this.#pending.pop(); path !== undefined && this.#left > 0; path = this.#pending.pop()) {
			const found: Name[] = [];
			await this.#list(path, (entry) => {
				if (entry.name.startsWith(HIDDEN_MARK)) found.push(entry);
				else if (entry.isDirectory && this.#pending.length < PENDING_MAX) this.#pending.push(join(path, entry.name));
			});
			for (const entry of found) await this.#clear(join(path, entry.name), entry);
		}
	}

	/** Calls `visit` for every name in a directory; one that is gone by then has none. */
	async #list(path: string, visit: (entry: Name) => void): Promise<void> {
		const opened = await this.#ask(OP_OPEN, path, { flags: FLAG_DIRECTORY });
		if (opened === undefined) return;
		const { fd } = opened;
		try {
			for (let cookie = 0; this.#left > 0; ) {
				const page = await this.#ask(OP_LIST, path, { fd, offset: cookie });
				if (page === undefined) return;
				for (const entry of namesIn(page.bytes)) {
					this.#left--;
					visit(entry);
				}
				cookie = page.total;
				if (cookie === 0) return;
				await pause();
			}
		} finally {
			await this.#ask(OP_CLOSE, path, { fd });
		}
	}

	/** Takes one hidden name away if its owner is dead. */
	async #clear(path: string, { name, isDirectory }: Name): Promise<void> {
		if (LOCK_NAME.test(name)) return this.#clearLock(path);
		if (!TEMPORARY_NAME.test(name) && !PRIVATE_LOCK_NAME.test(name)) return;
		if (!(await this.#isLeft(path, name))) return;
		await this.#ask(OP_DELETE, path, { flags: isDirectory ? FLAG_RECURSIVE : 0 });
	}

	/** The engine knows how to repair what a lock was about; all that is done here is to declare old foreigners dead. */
	async #clearLock(path: string): Promise<void> {
		const entries: string[] = [];
		await this.#list(path, ({ name }) => entries.push(name));
		for (const name of entries) {
			const entry = `${path}/${name}`;
			if (ownerState(name) !== 'foreign' || name.endsWith(TORN_SUFFIX) || !(await this.#isLeft(path, name))) continue;
			await this.#ask(OP_RENAME, entry, { target: `${entry}${TORN_SUFFIX}` });
		}
		await this.#ask(OP_TIDY, path, {});
	}

	async #isLeft(path: string, name: string): Promise<boolean> {
		const state = ownerState(name);
		if (state !== 'foreign') return state === 'dead' || state === 'rebooted';
		const stat = (await this.#ask(OP_STAT, path, {}))?.stat;
		return stat !== undefined && this.#nowMs() - Number(stat.modifiedNs / 1_000_000n) > FOREIGN_AGE_MS;
	}

	/** `undefined` when it failed for a reason of its own; whatever concerns the whole store is thrown. */
	async #ask(op: number, path: string, fields: Partial<Request>): Promise<Reply | undefined> {
		const request = Object.assign(new Request(op, SWEEP, path), { root: this.#root }, fields);
		try {
			return await this.#engine.submit(request);
		} catch (error) {
			if (!(error instanceof HoldfastError) || error.code === 'Closed' || error.code === 'EngineUnavailable')
				throw error;
			return undefined;
		}
	}
}

/** The names in a page of a listing that a path can name. */
function* namesIn(page: Uint8Array): Generator<Name> {
	const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
	for (let at = 0; at + LIST_ENTRY_NAME <= bytes.length; ) {
		const end = at + LIST_ENTRY_NAME + bytes.readUInt32LE(at + LIST_ENTRY_NAME_BYTES);
		const raw = bytes.subarray(at + LIST_ENTRY_NAME, end);
		const name = raw.toString('utf8');
		if (Buffer.from(name, 'utf8').equals(raw)) {
			yield { name, isDirectory: bytes.readUInt32LE(at + LIST_ENTRY_KIND) === FILETYPE_DIRECTORY };
		}
		at = Math.ceil(end / ENTRY_ALIGNMENT) * ENTRY_ALIGNMENT;
	}
}

function join(path: string, name: string): string {
	return path === '' ? name : `${path}/${name}`;
}

function pause(): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, PAUSE_MS).unref();
	});
}
