import type { Temporary } from '../pool/temporary.js';
import type { Ring } from '../ring/ring.js';

/** One incarnation of an engine, wherever it runs. */
export interface HomedEngine {
	/** Works until there is nothing to do at the moment, if it works in this thread. Milliseconds until its next timer, or -1. Throws its end. */
	poll(): number;
	/** Nobody asks anything of it any more. */
	end?(): void;
}

/** Open descriptors, each with the number of the incarnation that opened it; the home enters that. */
export interface DescriptorOwners {
	ownerOf(fd: number): number;
	ownedBy(owner: number): number[];
}

/** Where a pool's engine runs, and with it the files that answer it: in this thread, or in another one. */
export interface EngineHome {
	/** Files may answer AGAIN, or are elsewhere: then nothing can be done in a blocking call. */
	readonly mayPark: boolean;
	/** Whether the engine's memory has to be shared. */
	readonly isShared: boolean;
	readonly table: DescriptorOwners;
	/** Begins an incarnation over a prepared memory. Throws when it cannot be begun. */
	begin(ring: Ring, incarnation: number): HomedEngine;
	/** Closes descriptors that nobody closes any more, and removes what unfinished requests left. */
	sweep(descriptors: readonly number[], temporaries: readonly Temporary[]): void;
	/** The pool is closed. */
	end(): Promise<void>;
}
