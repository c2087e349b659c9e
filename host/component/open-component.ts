import type { ImportObject } from '#component/storage';
import { HoldfastError } from '../errors.js';
import { OperatorContext } from '../operator/context.js';
import { Operator } from '../operator/operator.js';
import type { Pool } from '../pool/pool.js';
import { ENGINE_CAPABILITY } from '../services/engine-capability.js';
import type { Store } from '../services/service.js';
import { ComponentEngine } from './component-engine.js';

/** What one request of the component carries at most, and what a writer gathers; `BUFFER_BYTES` in `assembly/component/memory.ts`. */
const BUFFER_BYTES = 2 ** 18;

export interface OpenComponentOptions {
	/** WASI 0.2, such as `new WASIShim({ sandbox: { preopens: { '/': root } } }).getImportObject()`. The first directory is the root. */
	imports: ImportObject;
	/** For calls that do not ask for another one; `'file'` when absent. */
	durability?: 'none' | 'file';
}

/**
 * An operator over the engine as a component, in the calling thread: for programs that have WASI 0.2 already. Every call blocks until it
 * is done, also the asynchronous ones, and there is no pool. `durability` is `'none'` or `'file'` (the default): the component cannot
 * sync directories, and `'full'` is `Unsupported`.
 *
 * @example
 * import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
 * const imports = new WASIShim({ sandbox: { preopens: { '/': './data' } } }).getImportObject();
 * const op = openComponent({ imports });
 * op.writeSync('a/b.txt', 'Hello');
 */
export function openComponent({ imports, durability = 'file' }: OpenComponentOptions): Operator {
	const engine = new ComponentEngine(imports);
	const store: Store = {
		scheme: 'component',
		capability: ENGINE_CAPABILITY,
		engine,
		get pool(): Pool {
			throw new HoldfastError('Unsupported', 'the component runs in the calling thread and has no pool');
		},
		root: 0,
		buffers: 1,
		bufferBytes: BUFFER_BYTES,
		close: async () => engine.close(),
	};
	return new Operator(OperatorContext.of(store, durability));
}
