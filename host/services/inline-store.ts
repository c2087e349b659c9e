import type { InlinePool } from '../inline/pool.js';
import type { Pool } from '../pool/pool.js';
import { ENGINE_CAPABILITY } from './engine-capability.js';
import type { Store } from './service.js';

/** A store behind a pool of one engine. `root` is the descriptor of its root. */
export function inlineStore(
	scheme: string,
	pool: InlinePool,
	root: number,
	isVolatile: boolean,
	close: () => Promise<void>,
): Store {
	const { buffers, bufferBytes } = pool.options;
	return {
		scheme,
		capability: ENGINE_CAPABILITY,
		engine: pool,
		// The type of an operator's pool is that of Node's. What is used of it is there: tasks, events, health.
		pool: pool as unknown as Pool,
		root,
		buffers,
		bufferBytes,
		volatile: isVolatile,
		close,
	};
}
