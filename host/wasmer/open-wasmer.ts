import { fileURLToPath } from 'node:url';
import type { RawOptions } from '../config.js';
import { loadEngine } from '../engine-module.js';
import { HoldfastError } from '../errors.js';
import { InlineHome } from '../inline/inline-home.js';
import { parseInlineOptions } from '../inline/options.js';
import { InlinePool } from '../inline/pool.js';
import { Operator } from '../operator/operator.js';
import type { Pool } from '../pool/pool.js';
import { ENGINE_CAPABILITY } from '../services/engine-capability.js';
import type { CapabilityFields } from '../services/service.js';
import type { DescriptorTable } from '../wasi/descriptor-table.js';
import { WasmerFiles, type WasmerWasi } from './wasmer-files.js';

const UNSHARED_ENGINE = fileURLToPath(new URL('../../engine.unshared.wasm', import.meta.url));

/** What that host's defects leave: it keeps no times and no inodes, and cannot rename a name in a renamed directory (a lock). */
const CAPABILITY: CapabilityFields = {
	...ENGINE_CAPABILITY,
	statWithIfMatch: false,
	statWithIfNoneMatch: false,
	statWithIfModifiedSince: false,
	statWithIfUnmodifiedSince: false,
	readWithIfMatch: false,
	readWithIfNoneMatch: false,
	readWithIfModifiedSince: false,
	readWithIfUnmodifiedSince: false,
	writeWithIfMatch: false,
	writeWithIfNoneMatch: false,
	writeWithIfModifiedSince: false,
	writeWithIfUnmodifiedSince: false,
	writeCanAppend: false,
};

export interface OpenWasmerOptions {
	/** An instance of the class `WASI` of @wasmer/wasi 1.x, after `init`. It is not started; its files are those of its `MemFS`. */
	readonly wasi: WasmerWasi;
	/** That host's number of the preopened directory that becomes the root; the first one is 4, which is the default. */
	readonly preopen?: number;
	/** Options of the engine: `ringEntries`, `buffers`, `bufferBytes`, ... */
	readonly engine?: RawOptions;
}

/**
 * An operator over the files of a @wasmer/wasi, with the engine in the calling thread: for programs that have such a host already, and
 * share its files with other WASI programs. `docs/wasmer.md` says what that host cannot do.
 *
 * @example
 * import { init, WASI } from '@wasmer/wasi';
 * await init();
 * const op = openWasmer({ wasi: new WASI({ preopens: { '/': '/' } }) });
 * await op.write('a/b.txt', 'Hello');
 */
export function openWasmer({ wasi, preopen, engine = {} }: OpenWasmerOptions): Operator {
	const options = parseInlineOptions({ module: loadEngine(UNSHARED_ENGINE).module, ...engine });
	let root = -1;
	const openFiles = (table: DescriptorTable): WasmerFiles => {
		const files = new WasmerFiles(wasi, table);
		root = files.openRoot(preopen);
		return files;
	};
	const pool = new InlinePool(options, () => new InlineHome(options.module, false, openFiles));
	if (root < 0) {
		throw new HoldfastError('ConfigInvalid', `the descriptor ${preopen} is no preopened directory; the first one is 4`);
	}
	return Operator.fromStore({
		scheme: 'wasmer',
		capability: CAPABILITY,
		engine: pool,
		// What an operator uses of its pool is there: tasks, events, health.
		pool: pool as unknown as Pool,
		root,
		buffers: options.buffers,
		bufferBytes: options.bufferBytes,
		volatile: true,
		close: () => pool.close(),
	});
}
