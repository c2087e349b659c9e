import type { OpenCounts } from './open-limits.js';

/**
 * `starting`: its thread is not there yet. `running`. `restarting`: restarts came fast, and the next one waits a while.
 * `given up`: there were too many of them. `trial`: it was given up, has cooled down, and serves a few requests.
 */
export type InstanceState = 'starting' | 'running' | 'restarting' | 'given up' | 'trial';

/** One instance of the engine, as `health()` tells. */
export interface InstanceHealth {
	readonly name: string;
	readonly state: InstanceState;
	/** How often it came to its end: a trap, the end of its thread, a thread that did not move, a start that failed. */
	readonly restarts: number;
	/** Requests that it has and has not answered. */
	readonly inFlight: number;
	/** Why it came to its last end, with the position in the engine's source where that is known. */
	readonly lastTrap: string | undefined;
}

/** The state of a pool at one moment. */
export interface PoolHealth {
	readonly instances: readonly InstanceHealth[];
	/** Restarts of all instances since the pool began. */
	readonly restarts: number;
	readonly inFlight: number;
	/** Requests that wait for room in a ring, or for a restart. */
	readonly queued: number;
	/** Readers (and directories in listing) and writers that are open. */
	readonly open: OpenCounts;
	/** Why the last restart happened. */
	readonly lastTrap: string | undefined;
	/** Threads that were given up and have not ended: blocked or frozen in the kernel, or ending at this moment. */
	readonly stuckThreads: number;
}

/** What an engine does at this moment. */
export interface Pulse {
	readonly isSleeping: boolean;
	/** A counter that moves while its loop turns. */
	readonly heartbeat: number;
	/** Buffers that carry something, or are kept for it. */
	readonly buffersInUse: number;
	/** Thread id of the operating system; 0 where it cannot be known. */
	readonly thread: number;
}
