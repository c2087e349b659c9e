import type { RawOptions } from '../config.js';
import type { PoolOptions } from '../pool/options.js';
import type { Pool, PoolInternals } from '../pool/pool.js';
import type { Engine } from '../pool/request.js';

/** What a service can do, in opendal's words; `capability()` shows it. Whatever is absent is `false` or `null`. */
export type CapabilityFields = Readonly<Record<string, boolean | bigint | null>>;

/** An opened root of a service: what an operator speaks to. */
export interface Store {
	readonly scheme: string;
	readonly capability: CapabilityFields;
	/** The pool that runs this store's requests. */
	readonly engine: Engine;
	/** The same pool, for tasks and its state. */
	readonly pool: Pool;
	/** Descriptor of the root, put into every request. */
	readonly root: number;
	/** Its descriptors are those of directories that can be watched; absent where nobody else can change anything. */
	readonly isWatchable?: boolean;
	/** How many buffers one engine of the pool has. */
	readonly buffers: number;
	/** Size of the pool's buffers: the most that one write request can carry. */
	readonly bufferBytes: number;
	/** To look at a name takes long enough that several engines share those of a large listing. */
	readonly sharesListings?: boolean;
	/** `FLAG_` bits that every request of this store carries. */
	readonly flags?: number;
	/** True when nothing outlives the process: then nothing has to be synced, and no request needs the lane for that. */
	readonly volatile?: boolean;
	/** Gives the share of the pool back and settles what is in flight. Further calls reject with `Closed`. */
	close(): Promise<void>;
}

/** A kind of storage. Each lives in a file of its own and is named once, in `index.ts`. */
export interface Service {
	readonly scheme: string;
	/** Options of its own, beside those of the pool. */
	readonly optionNames: readonly string[];
	/** Opens a root; fails with `ConfigInvalid` when its options cannot be used. */
	open(options: RawOptions, pool: PoolOptions, internals?: PoolInternals): Store;
}
