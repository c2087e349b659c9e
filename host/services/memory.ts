import { FILETYPE_DIRECTORY } from '../../assembly/layout.js';
import { parseInteger, type RawOptions } from '../config.js';
import { HoldfastError } from '../errors.js';
import type { PoolOptions } from '../pool/options.js';
import type { PoolInternals } from '../pool/pool.js';
import { sharePool } from '../pool/pools.js';
import { createMemoryStore, MEMORY_STORE_DEFAULT_BYTES, type MemoryFiles, openFiles } from '../wasi/memory-files.js';
import { ENGINE_CAPABILITY } from './engine-capability.js';
import type { Service, Store } from './service.js';

const MEBIBYTE = 1024 ** 2;
const MAXIMUM_BYTES_LEAST = MEBIBYTE;
const MAXIMUM_BYTES_MOST = 2 ** 32 - MEBIBYTE;

/**
 * Files in memory that all threads of the process share; every operator has a root of its own, which ends with it.
 * Operators with equal options share one store, and `maximumBytes` is the limit of them together.
 */
export const memory: Service = {
	scheme: 'memory',
	optionNames: ['root', 'maximumBytes'],
	open(raw: RawOptions, pool: PoolOptions, internals?: PoolInternals): Store {
		const maximumBytes = parseInteger(
			'maximumBytes',
			raw.maximumBytes ?? MEMORY_STORE_DEFAULT_BYTES,
			MAXIMUM_BYTES_LEAST,
			MAXIMUM_BYTES_MOST,
		);
		const share = sharePool(
			`memory ${maximumBytes}`,
			pool,
			() => ({
				worker: new URL('./memory-worker.cjs', import.meta.url).href,
				openFiles,
				shared: createMemoryStore({ maximumBytes }),
			}),
			internals,
		);
		const files = share.pool.files as MemoryFiles;
		const root = files.createRoot();
		const fd = root < 0 ? root : share.pool.table.insert(root, FILETYPE_DIRECTORY);
		if (fd < 0) {
			if (root >= 0) files.removeRoot(root);
			void share.release();
			throw new HoldfastError('StorageFull', 'the memory store has no room for another root; raise maximumBytes');
		}
		let isClosed = false;
		return {
			scheme: 'memory',
			capability: ENGINE_CAPABILITY,
			engine: share.pool,
			pool: share.pool,
			root: fd,
			buffers: pool.buffers,
			bufferBytes: pool.bufferBytes,
			volatile: true,
			async close() {
				if (isClosed) return;
				isClosed = true;
				await share.pool.settleRoot(fd);
				files.removeRoot(root);
				files.close(fd);
				await share.release();
			},
		};
	},
};
