import { type FSWatcher, readdirSync, readFileSync, readlinkSync, readSync, statSync, watch } from 'node:fs';
import { KEEP_MS } from '../../assembly/layout.js';
import { DESCRIPTORS_PATH, descriptorPath } from './descriptor-path.js';
import { errnoOf } from './errno.js';
import { NAMES_CHANGING } from './files-context.js';

/** When it is worth while. */
const THRESHOLDS = {
	/** So many directories in a batch are worth a look at the queue: for fewer it costs more than it saves. The batch after such a one begins with it. */
	asking: 4,
	/** A directory is looked at so often before it is watched. */
	watching: 8,
};
/** After events that told of names the queue is left alone for one batch, then for two, and so on up to this. */
const PAUSE_MAX = 64;
/** So many closed watches may wait for a turn of the event loop, which frees their memory. */
const CLOSED_MAX = 256;
/** A directory of this thread alone, on which nothing ever happens. */
const OWN_DIRECTORY = '/proc/thread-self';
const QUEUE_LINK = 'anon_inode:inotify';
const WATCH_LINE = /^inotify wd:\w+ ino:([0-9a-f]+) /gm;
/** Other runtimes have queues of their own, and threads that read them. */
const IS_NODE = !('Deno' in globalThis) && !('Bun' in globalThis);

/** Words of an event: watch, mask, cookie, and bytes of the padded name behind them. */
const MASK_WORD = 1;
const NAME_BYTES_WORD = 3;
const EVENT_WORDS = 4;
const EVENT_BYTES_MAX = 272;
const QUEUE_READ_BYTES = 65536;
/** Moved from and to, created, deleted, the directory itself deleted or moved; unmounted, events lost. */
const NAME_EVENTS = 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800 | 0x2000 | 0x4000;
/** Its permissions, say: of a directory that counts. */
const ATTRIBUTES_EVENT = 0x4;
const DIRECTORY_EVENT = 0x40000000;

/**
 * What the kernel tells of watched directories (inotify), for the many looks at directories that a large batch would take otherwise: one look at the
 * queue shows that no name in any of them has changed.
 *
 * Node watches by `fs.watch`, whose events come through an event loop, and a thread that serves an engine gives its loop no turn. But they are in the queue before
 * the call that changed the name returns, and the queue is a descriptor of this process: it is found by the one watch that it begins with, and read
 * here. Whatever the loop takes out of it in a turn comes to the same count.
 */
export class DirectoryEvents {
	/** Times that events told of names; a number that is never seen twice. */
	heard = 0;
	readonly #epoch: Int32Array;
	/** The watch that the queue begins with, and by which it is found. */
	#anchor: FSWatcher | undefined;
	#queue: number | undefined;
	/** There is no queue, or a user may not have more watches than there are now. */
	#isFull = !IS_NODE;
	#bytes: Uint8Array | undefined;
	#watched = 0;
	#closed = 0;
	/** Directories of this batch, and whether there were many in the one before: then this one is taken to be like it. */
	#directories = 0;
	#wasLarge = false;
	#isAsked = false;
	#isCertain = false;
	#paused = 0;
	#pause = 1;
	#usedMs = 0;

	constructor(
		epoch: Int32Array,
		readonly thresholds = THRESHOLDS,
	) {
		this.#epoch = epoch;
	}

	/** How many directories are watched. */
	get watched(): number {
		return this.#watched;
	}

	/** Whether what was closed is to be freed by a turn of the event loop. */
	get needsTurn(): boolean {
		return this.#closed >= CLOSED_MAX;
	}

	/** Whether a directory that was looked at so often is to be watched: not where a batch looks at few, or where names change all the time. */
	wants(looks: number): boolean {
		return looks >= this.thresholds.watching && this.#isLarge && this.#paused === 0 && !this.#isFull;
	}

	/** Whether nobody has asked for so long that it is not worth while to be told any more. */
	get isIdle(): boolean {
		return this.#watched > 0 && performance.now() - this.#usedMs >= KEEP_MS;
	}

	/** A new batch: what was found out before may be stale. */
	renew(): void {
		this.#wasLarge = this.#isLarge;
		this.#directories = 0;
		this.#isAsked = false;
		if (this.#paused > 0) this.#paused--;
	}

	/** Another directory is asked about in this batch. */
	count(): void {
		this.#directories++;
	}

	/** Whether no name has changed in any watched directory since `heard` had this value. False: that is not known. */
	isQuietSince(heard: number): boolean {
		if (!this.#isAsked) {
			if (this.#paused > 0 || (!this.#wasLarge && !this.#isLarge)) return false;
			this.#ask();
		}
		return this.#isCertain && heard === this.heard;
	}

	/** From now on what happens in an open directory is told. Undefined: it is not. */
	watch(resource: number): FSWatcher | undefined {
		try {
			this.#queue ??= this.#begin();
			this.#isFull = this.#queue === undefined;
			if (this.#isFull) return undefined;
			const watcher = this.#watch(descriptorPath(resource));
			this.#watched++;
			this.#usedMs = performance.now();
			return watcher;
		} catch (error) {
			// As many watches, or queues, as the system lets a user have.
			errnoOf(error);
			this.#isFull = true;
			return undefined;
		}
	}

	unwatch(watcher: FSWatcher): void {
		watcher.close();
		this.#watched--;
		this.#closed++;
	}

	/** Watches are to be ended before. */
	close(): void {
		this.#anchor?.close();
		this.#anchor = undefined;
		this.#queue = undefined;
	}

	/** The queue, if it is found. Throws what the platform throws. */
	#begin(): number | undefined {
		this.#anchor = this.#watch(OWN_DIRECTORY);
		return findQueue(statSync(OWN_DIRECTORY).ino.toString(16));
	}

	#watch(path: string): FSWatcher {
		return watch(path, { persistent: false }, this.#hear).on('error', this.#hear).on('close', this.#freed);
	}

	readonly #hear = (): void => {
		this.heard++;
	};

	readonly #freed = (): void => {
		if (this.#closed > 0) this.#closed--;
	};

	get #isLarge(): boolean {
		return this.#directories >= this.thresholds.asking;
	}

	#ask(): void {
		this.#isAsked = true;
		this.#usedMs = performance.now();
		// Asked before the queue is: a change that is not under way any more is in there, and one that begins now is younger than the batch.
		this.#isCertain = Atomics.load(this.#epoch, NAMES_CHANGING) === 0;
		if (this.#drain()) {
			this.heard++;
			this.#paused = this.#pause;
			this.#pause = Math.min(this.#pause * 2, PAUSE_MAX);
		} else {
			this.#pause = 1;
		}
	}

	/** Takes everything out of the queue. Whether any of it tells of names. */
	#drain(): boolean {
		const { stackTraceLimit } = Error;
		// That there is nothing is an error to Node, and most of what that costs is its stack: that limit is no number, so there is none.
		Error.stackTraceLimit = undefined as never;
		let isTold = false;
		try {
			this.#bytes ??= new Uint8Array(QUEUE_READ_BYTES);
			for (let count = QUEUE_READ_BYTES; count + EVENT_BYTES_MAX > QUEUE_READ_BYTES; ) {
				// As many as fit are read at once: where there was room for another one, those were all.
				count = readSync(this.#queue as number, this.#bytes);
				if (tellsOfNames(this.#bytes, count)) isTold = true;
			}
			return isTold;
		} catch (error) {
			return isTold || (error as NodeJS.ErrnoException).code !== 'EAGAIN';
		} finally {
			Error.stackTraceLimit = stackTraceLimit;
		}
	}
}

function tellsOfNames(bytes: Uint8Array, count: number): boolean {
	const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count >> 2);
	for (let event = 0; event < words.length; event += EVENT_WORDS + (words[event + NAME_BYTES_WORD] >> 2)) {
		const mask = words[event + MASK_WORD];
		if ((mask & NAME_EVENTS) !== 0) return true;
		if ((mask & ATTRIBUTES_EVENT) !== 0 && (mask & DIRECTORY_EVENT) !== 0) return true;
	}
	return false;
}

/** The descriptor of the queue in which one inode is watched and nothing else. */
function findQueue(inode: string): number | undefined {
	for (const descriptor of readdirSync(DESCRIPTORS_PATH)) {
		try {
			if (readlinkSync(`${DESCRIPTORS_PATH}/${descriptor}`) !== QUEUE_LINK) continue;
			const watches = [...readFileSync(`${DESCRIPTORS_PATH}info/${descriptor}`, 'latin1').matchAll(WATCH_LINE)];
			if (watches.length === 1 && watches[0][1] === inode) return Number(descriptor);
		} catch (error) {
			// Closed meanwhile, by another thread.
			errnoOf(error);
		}
	}
	return undefined;
}
