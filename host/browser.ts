// The entry `holdfast/browser`. Everything of the edge is here too: the memory service works in the thread of the page.

import { readOptions, refuseUnknown } from './config.js';
import { HoldfastError } from './errors.js';
import { DESCRIPTORS } from './inline/inline-home.js';
import { INLINE_OPTION_NAMES, parseInlineLimits } from './inline/options.js';
import { InlinePool } from './inline/pool.js';
import { Operator } from './operator/operator.js';
import type { Pool } from './pool/pool.js';
import type { ToPage, ToWorker } from './remote/messages.js';
import { errorOf } from './remote/remote-error.js';
import { RemotePool } from './remote/remote-pool.js';
import { SharedHome } from './remote/shared-home.js';
import { ENGINE_CAPABILITY } from './services/engine-capability.js';
import { parseName } from './services/private-files.js';
import { DescriptorTable } from './wasi/descriptor-table.js';

export * from './edge.js';

/** Options of `openPrivateFiles`; those of the engine (`ringEntries`, `buffers`, ...) go beside them. */
export interface PrivateFilesOptions {
	/** Tells this store from others of the same origin; letters, digits, `_` and `-`. Default: `default`. */
	readonly name?: string;
	/**
	 * The engine, or where it is. Default: in the directory above this module, `engine.wasm` where memory is shared and
	 * `engine.unshared.wasm` where it is not.
	 */
	readonly module?: WebAssembly.Module | URL | string;
	/** Where the worker's script is. Default: `browser-worker.js` beside this module. */
	readonly worker?: URL | string;
	readonly [option: string]: unknown;
}

/**
 * An operator over files that stay: in the origin private file system of the browser, in a worker of its own. One page at a time
 * can have a store of that name open. Blocking methods are `Unsupported`.
 *
 * @example
 * const op = await openPrivateFiles({ name: 'notes' });
 * await op.write('today.txt', 'Hello');
 */
export async function openPrivateFiles(options: PrivateFilesOptions = {}): Promise<Operator> {
	const { name, module, worker: script, ...rest } = readOptions(options) as PrivateFilesOptions;
	refuseUnknown(rest, INLINE_OPTION_NAMES);
	const limits = parseInlineLimits(rest);
	if (navigator.storage?.getDirectory === undefined) {
		const message = 'this browser has no private file system here; it needs https or localhost, and a current browser';
		throw new HoldfastError('Unsupported', message, { operation: 'openPrivateFiles' });
	}
	const isShared = sharesMemory();
	const engine = await compile(
		module ?? new URL(isShared ? '../engine.wasm' : '../engine.unshared.wasm', import.meta.url),
	);
	const worker = new Worker(script ?? new URL('./browser-worker.js', import.meta.url), { type: 'module' });
	const table = isShared ? new SharedArrayBuffer(DescriptorTable.bytes(DESCRIPTORS)) : undefined;
	try {
		const { root } = await open(worker, { open: { name: parseName(name), module: engine, limits, table } });
		const pool =
			table === undefined
				? new RemotePool(worker)
				: new InlinePool(limits, (wake) => new SharedHome(worker, table, wake));
		return Operator.fromStore({
			root,
			scheme: 'opfs',
			capability: ENGINE_CAPABILITY,
			engine: pool,
			// As in `services/tree-store.ts`: what is used of Node's pool is there.
			pool: pool as unknown as Pool,
			buffers: limits.buffers,
			bufferBytes: limits.bufferBytes,
			close: () => pool.close(),
		});
	} catch (error) {
		worker.terminate();
		throw error;
	}
}

/**
 * Whether a store of this page would share memory with its worker: that takes a page that is cross-origin isolated, by the headers
 * `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`. Without, requests are messages.
 */
export function sharesMemory(): boolean {
	return globalThis.crossOriginIsolated === true && typeof Atomics.waitAsync === 'function';
}

async function compile(module: WebAssembly.Module | URL | string): Promise<WebAssembly.Module> {
	if (module instanceof WebAssembly.Module) return module;
	const response = await fetch(module);
	if (!response.ok) {
		const message = `the engine could not be fetched from ${module} (status ${response.status})`;
		throw new HoldfastError('EngineUnavailable', message, { operation: 'openPrivateFiles', retryable: true });
	}
	return WebAssembly.compile(await response.arrayBuffer());
}

/** Waits until the worker has opened the store, or says why it cannot. */
function open(worker: Worker, message: ToWorker): Promise<{ root: number }> {
	return new Promise((resolve, reject) => {
		const fail = (event: ErrorEvent): void => {
			const reason = event.message || 'its script could not be loaded';
			reject(new HoldfastError('EngineUnavailable', `the worker failed: ${reason}`, { operation: 'openPrivateFiles' }));
		};
		const listen = ({ data }: MessageEvent<ToPage>): void => {
			worker.removeEventListener('message', listen);
			worker.removeEventListener('error', fail);
			if ('opened' in data) resolve(data.opened);
			else if ('refused' in data) reject(errorOf(data.refused));
		};
		worker.addEventListener('message', listen);
		worker.addEventListener('error', fail);
		worker.postMessage(message);
	});
}
