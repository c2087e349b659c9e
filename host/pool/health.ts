/** One instance of the engine, as `health()` tells. */
export interface InstanceHealth {
	readonly name: string;
	/** `running`, or `given up` after too many replacements. */
	readonly state: 'running' | 'given up';
	/** How often it was replaced after a trap or the end of its thread. */
	readonly replacements: number;
	/** Requests that it has and has not answered. */
	readonly inFlight: number;
}

/** The state of a pool at one moment. */
export interface PoolHealth {
	readonly instances: readonly InstanceHealth[];
	/** Replacements of all instances since the pool began. */
	readonly replacements: number;
	readonly inFlight: number;
	/** Requests that wait for room in a ring. */
	readonly queued: number;
	/** Why the last replacement happened, with the position in the engine's source where it is known. */
	readonly lastTrap: string | undefined;
}
