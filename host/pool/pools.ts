import type { PoolOptions } from './options.js';
import { Pool, type PoolBackend, type PoolInternals } from './pool.js';

// Operators of one service with equal pool options share one pool; it ends when the last of them gives its share back.

interface Shared {
	readonly pool: Pool;
	shares: number;
}

const pools = new Map<string, Shared>();

/** One operator's share of a pool. */
export interface PoolShare {
	readonly pool: Pool;
	/** The pool is closed when nobody has a share any more. */
	release(): Promise<void>;
}

/** A share of the pool for these options; `backend` is asked for when it does not exist yet. */
export function sharePool(
	service: string,
	options: PoolOptions,
	backend: () => PoolBackend,
	internals: PoolInternals = {},
): PoolShare {
	const key = JSON.stringify([service, options, internals]);
	let shared = pools.get(key);
	if (shared === undefined) {
		shared = { pool: new Pool(options, backend(), internals), shares: 0 };
		pools.set(key, shared);
	}
	const { pool } = shared;
	const entry = shared;
	entry.shares++;
	let isReleased = false;
	return {
		pool,
		async release() {
			if (isReleased) return;
			isReleased = true;
			if (--entry.shares > 0) return;
			pools.delete(key);
			await pool.close();
		},
	};
}
