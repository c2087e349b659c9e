import { availableParallelism } from 'node:os';
import { invalid, parseInteger, parsePowerOfTwo, type RawOptions } from '../config.js';
import { type OpenLimitOptions, parseOpenLimits } from './open-limits.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const GIBIBYTE = 1024 * MEBIBYTE;

/** Operators with equal pool options share one pool. */
export interface PoolOptions extends OpenLimitOptions {
	/** Worker threads that serve reads. */
	readonly workers: number;
	/** Worker threads, at most, for whatever may wait for the disk in an `fsync`. They start when they are needed first. */
	readonly syncWorkers: number;
	/** Requests that one instance can hold at a time; a power of two. */
	readonly ringEntries: number;
	/** Buffers of one instance. */
	readonly buffers: number;
	/** Size of each of them; a power of two. */
	readonly bufferBytes: number;
	/** Requests that may wait in front of full rings; one more is refused with `RateLimited`. */
	readonly maxQueued: number;
	/** Bytes of content that may wait there; a write beyond that is refused with `RateLimited`. */
	readonly maxQueuedBytes: number;
	/** Milliseconds after which a thread for reads that has work and does not move counts as stuck, and is replaced. */
	readonly stallMs: number;
	/** The same for threads that may wait for the disk in an `fsync`. */
	readonly syncStallMs: number;
	/** An instance that needs one restart more than this within `restartWindowMs` is given up. */
	readonly maxRestarts: number;
	/** Milliseconds in which restarts are counted, and after which an instance that was given up is tried again. */
	readonly restartWindowMs: number;
}

/** The names of the options that `parsePoolOptions` reads. */
export const POOL_OPTION_NAMES = [
	'workers',
	'syncWorkers',
	'ringEntries',
	'buffers',
	'bufferBytes',
	'maxQueued',
	'maxQueuedBytes',
	'maxReaders',
	'maxWriters',
	'stallMs',
	'syncStallMs',
	'maxRestarts',
	'restartWindowMs',
] as const satisfies readonly (keyof PoolOptions)[];

const WORKERS_MAX = 64;
/** Beyond this a read is bound by the caller's own thread, which has to take every result. */
const DEFAULT_WORKERS_MAX = 4;
/**
 * An `fsync` waits for the disk and not for a core: those that wait together share flushes and journal commits, on any number of cores. But all come
 * back from the disk at once, and then they are in the way of reads, if cores are few.
 */
const DEFAULT_SYNC_WORKERS_MIN = 4;
const DEFAULT_SYNC_WORKERS_MAX = 8;
/** What one drained batch can hold without a queue; an entry costs some 40 KiB of address space, touched when it is used. */
const DEFAULT_RING_ENTRIES = 1024;
const RING_ENTRIES_MIN = 2;
const RING_ENTRIES_MAX = 16384;
/** The sixteen buffers of 2 MiB of the original: enough to keep a disk busy, and 32 MiB at most per instance. */
const DEFAULT_BUFFERS = 16;
/** Readers, writers and transfers may each keep a buffer; with fewer than four they would stand in each other's way. */
const BUFFERS_MIN = 4;
const BUFFERS_MAX = 256;
const DEFAULT_BUFFER_BYTES = 2 * MEBIBYTE;
const BUFFER_BYTES_MIN = 64 * KIBIBYTE;
const BUFFER_BYTES_MAX = 64 * MEBIBYTE;
/** A queued request costs the caller some hundred bytes: this many are some megabytes, and seconds of work. */
const DEFAULT_MAX_QUEUED = 65536;
const MAX_QUEUED_MAX = 2 ** 24;
/** The content is the caller's own memory, and is kept alive while it waits: a tenth of what a server has. */
const DEFAULT_MAX_QUEUED_BYTES = GIBIBYTE;
/** A disk that spins up takes seconds for its first read; whatever takes longer is repeated on another thread, which does no harm. */
const DEFAULT_STALL_MS = 10_000;
/** An `fsync` may have to wait for all that others wrote, and a write that was begun is not always safe to repeat: patience. */
const DEFAULT_SYNC_STALL_MS = 60_000;
/** Below this a busy machine looks like a stuck thread. */
const STALL_MS_MIN = 50;
/** A day: whoever wants no watch at all gets one that does not bite. */
const STALL_MS_MAX = 86_400_000;
/** Ten traps a second are to be survived for as long as they come, fifty a second are a defect that new instances do not mend. */
const DEFAULT_MAX_RESTARTS = 500;
const MAX_RESTARTS_MAX = 1_000_000;
const DEFAULT_RESTART_WINDOW_MS = 10_000;
const RESTART_WINDOW_MS_MAX = 86_400_000;

/** Upper bound of what a ring entry takes in an instance: slot with data, record, writer handle and ring words. */
const ENTRY_BYTES_MAX = 64 * KIBIBYTE;
/** A 32-bit module addresses 4 GiB; the statics and the end of the last page stay out of it. */
const INSTANCE_BYTES_MAX = 4 * GIBIBYTE - 16 * MEBIBYTE;

/** Validates the pool's options, given as numbers or strings, and fills in the defaults. Other names are left to others. */
export function parsePoolOptions(raw: RawOptions): PoolOptions {
	const options: PoolOptions = {
		workers: parseInteger('workers', raw.workers ?? defaultWorkers(), 1, WORKERS_MAX),
		// Without any nothing durable could be written: none asked for means one.
		syncWorkers: Math.max(1, parseInteger('syncWorkers', raw.syncWorkers ?? defaultSyncWorkers(), 0, WORKERS_MAX)),
		ringEntries: parsePowerOfTwo(
			'ringEntries',
			raw.ringEntries ?? DEFAULT_RING_ENTRIES,
			RING_ENTRIES_MIN,
			RING_ENTRIES_MAX,
		),
		buffers: parseInteger('buffers', raw.buffers ?? DEFAULT_BUFFERS, BUFFERS_MIN, BUFFERS_MAX),
		bufferBytes: parsePowerOfTwo(
			'bufferBytes',
			raw.bufferBytes ?? DEFAULT_BUFFER_BYTES,
			BUFFER_BYTES_MIN,
			BUFFER_BYTES_MAX,
		),
		maxQueued: parseInteger('maxQueued', raw.maxQueued ?? DEFAULT_MAX_QUEUED, 0, MAX_QUEUED_MAX),
		maxQueuedBytes: parseInteger(
			'maxQueuedBytes',
			raw.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
			0,
			Number.MAX_SAFE_INTEGER,
		),
		...parseOpenLimits(raw),
		stallMs: parseInteger('stallMs', raw.stallMs ?? DEFAULT_STALL_MS, STALL_MS_MIN, STALL_MS_MAX),
		syncStallMs: parseInteger('syncStallMs', raw.syncStallMs ?? DEFAULT_SYNC_STALL_MS, STALL_MS_MIN, STALL_MS_MAX),
		maxRestarts: parseInteger('maxRestarts', raw.maxRestarts ?? DEFAULT_MAX_RESTARTS, 0, MAX_RESTARTS_MAX),
		restartWindowMs: parseInteger(
			'restartWindowMs',
			raw.restartWindowMs ?? DEFAULT_RESTART_WINDOW_MS,
			1,
			RESTART_WINDOW_MS_MAX,
		),
	};
	checkRelations(options);
	return options;
}

/** What no option says by itself: everything of an instance lives in one memory of 32-bit addresses. */
function checkRelations({ ringEntries, buffers, bufferBytes }: PoolOptions): void {
	const bytes = ringEntries * ENTRY_BYTES_MAX + buffers * bufferBytes;
	if (bytes <= INSTANCE_BYTES_MAX) return;
	const room = Math.floor((INSTANCE_BYTES_MAX - ringEntries * ENTRY_BYTES_MAX) / bufferBytes);
	const allowed = `at most ${room} with bufferBytes ${bufferBytes} and ringEntries ${ringEntries}, because an instance has 4 GiB`;
	throw invalid('buffers', buffers, allowed);
}

function defaultWorkers(): number {
	// One core is left to the thread that makes the calls.
	return Math.max(1, Math.min(DEFAULT_WORKERS_MAX, availableParallelism() - 1));
}

function defaultSyncWorkers(): number {
	return Math.max(DEFAULT_SYNC_WORKERS_MIN, Math.min(DEFAULT_SYNC_WORKERS_MAX, availableParallelism() * 2));
}
