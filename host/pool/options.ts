import { availableParallelism } from 'node:os';
import { invalid, type NumberRule, parseInteger, parseNumbers, parsePowerOfTwo, type RawOptions } from '../config.js';
import { OPEN_LIMIT_RULES, type OpenLimitOptions } from './open-limits.js';

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

// One core is left to the thread that makes the calls; beyond four a read is bound by that thread, which has to take every result.
const DEFAULT_WORKERS = between(1, availableParallelism() - 1, 4);
// An `fsync` waits for the disk and not for a core: those that wait together share flushes and journal commits, on any number of cores. But all
// come back from the disk at once, and then they are in the way of reads, if cores are few.
const DEFAULT_SYNC_WORKERS = between(4, availableParallelism() * 2, 8);
const WORKERS_MAX = 64;
/** Below this a busy machine looks like a stuck thread. */
const STALL_MS_MIN = 50;
const DAY_MS = 86_400_000;

const RULES: Readonly<Record<keyof PoolOptions, NumberRule>> = {
	workers: [parseInteger, DEFAULT_WORKERS, 1, WORKERS_MAX],
	syncWorkers: [parseInteger, DEFAULT_SYNC_WORKERS, 0, WORKERS_MAX],
	// What one drained batch can hold without a queue; an entry costs some 40 KiB of address space, touched when it is used.
	ringEntries: [parsePowerOfTwo, 1024, 2, 16384],
	// The sixteen buffers of 2 MiB of the original: enough to keep a disk busy, and 32 MiB at most per instance. Readers, writers and transfers
	// may each keep one; with fewer than four they would stand in each other's way.
	buffers: [parseInteger, 16, 4, 256],
	bufferBytes: [parsePowerOfTwo, 2 * MEBIBYTE, 64 * KIBIBYTE, 64 * MEBIBYTE],
	// A queued request costs the caller some hundred bytes: this many are some megabytes, and seconds of work.
	maxQueued: [parseInteger, 65536, 0, 2 ** 24],
	// The content is the caller's own memory, and is kept alive while it waits: a tenth of what a server has.
	maxQueuedBytes: [parseInteger, GIBIBYTE, 0, Number.MAX_SAFE_INTEGER],
	...OPEN_LIMIT_RULES,
	// A disk that spins up takes seconds for its first read; whatever takes longer is repeated on another thread, which does no harm. Whoever
	// wants no watch at all gets one that does not bite.
	stallMs: [parseInteger, 10_000, STALL_MS_MIN, DAY_MS],
	// An `fsync` may have to wait for all that others wrote, and a write that was begun is not always safe to repeat: patience.
	syncStallMs: [parseInteger, 60_000, STALL_MS_MIN, DAY_MS],
	// Ten traps a second are to be survived for as long as they come, fifty a second are a defect that new instances do not mend.
	maxRestarts: [parseInteger, 500, 0, 1_000_000],
	restartWindowMs: [parseInteger, 10_000, 1, DAY_MS],
};

/** The names of the options that `parsePoolOptions` reads. */
export const POOL_OPTION_NAMES: readonly string[] = Object.keys(RULES);

/** Upper bound of what a ring entry takes in an instance: slot with data, record, writer handle and ring words. */
const ENTRY_BYTES_MAX = 64 * KIBIBYTE;
/** A 32-bit module addresses 4 GiB; the statics and the end of the last page stay out of it. */
const INSTANCE_BYTES_MAX = 4 * GIBIBYTE - 16 * MEBIBYTE;

/** Validates the pool's options, given as numbers or strings, and fills in the defaults. Other names are left to others. */
export function parsePoolOptions(raw: RawOptions): PoolOptions {
	const options = parseNumbers(RULES, raw);
	// Without any nothing durable could be written: none asked for means one.
	options.syncWorkers = Math.max(1, options.syncWorkers);
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

function between(least: number, wanted: number, most: number): number {
	return Math.max(least, Math.min(wanted, most));
}
