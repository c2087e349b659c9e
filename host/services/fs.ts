import { closeSync, constants, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FILETYPE_DIRECTORY, FLAG_FOLLOW } from '../../assembly/layout.js';
import { invalid, parseChoice, type RawOptions } from '../config.js';
import { HoldfastError } from '../errors.js';
import type { PoolOptions } from '../pool/options.js';
import type { PoolBackend, PoolInternals } from '../pool/pool.js';
import { sharePool } from '../pool/pools.js';
import * as node from '../wasi/node-files.js';
import * as threadBound from '../wasi/thread-bound-files.js';
import { ENGINE_CAPABILITY } from './engine-capability.js';
import type { Service, Store } from './service.js';
import { beginSweep } from './sweep.js';

/**
 * What becomes of a symlink below the root: it is refused, or followed as long as what it leads to is below the root too. See
 * `docs/confinement.md`.
 */
const SYMLINKS = ['refuse', 'within'] as const;

/** On Deno a thread can use only what it has opened: then one thread opens and reads. */
const isThreadBound = 'Deno' in globalThis;

const BACKEND: PoolBackend = {
	worker: new URL(`./${isThreadBound ? 'thread-bound' : 'fs'}-worker.cjs`, import.meta.url).href,
	openFiles: isThreadBound ? threadBound.openFiles : node.openFiles,
	shared: undefined,
	sharesDescriptors: !isThreadBound,
	servesCaller: !isThreadBound,
};

/** Real files below one directory of this machine. */
export const fs: Service = {
	scheme: 'fs',
	optionNames: ['root', 'symlinks'],
	open(raw: RawOptions, pool: PoolOptions, internals?: PoolInternals): Store {
		const symlinks = parseChoice('symlinks', raw.symlinks ?? 'refuse', SYMLINKS);
		const { root, place } = openRoot(raw.root);
		const share = sharePool('fs', isThreadBound ? { ...pool, workers: 1 } : pool, () => BACKEND, internals);
		const fd = share.pool.table.insert(root, FILETYPE_DIRECTORY);
		if (fd < 0) {
			closeSync(root);
			void share.release();
			throw new HoldfastError('RateLimited', 'all descriptors of the pool are in use; close some operators', {
				retryable: true,
			});
		}
		beginSweep(share.pool, fd, place);
		let isClosed = false;
		return {
			scheme: 'fs',
			capability: ENGINE_CAPABILITY,
			engine: share.pool,
			pool: share.pool,
			root: fd,
			flags: symlinks === 'within' ? FLAG_FOLLOW : 0,
			isWatchable: true,
			sharesListings: symlinks === 'refuse' && !isThreadBound,
			buffers: pool.buffers,
			bufferBytes: pool.bufferBytes,
			async close() {
				if (isClosed) return;
				isClosed = true;
				await share.pool.settleRoot(fd);
				await share.release();
				const descriptor = share.pool.table.remove(fd);
				if (descriptor >= 0) closeSync(descriptor);
			},
		};
	},
};

/** The root: made when it is missing, and opened under its real name, so that a link on the way to it is resolved only once. */
function openRoot(root: unknown): { root: number; place: string } {
	if (typeof root !== 'string' || root === '') {
		throw invalid('root', root, 'the path of a directory, which is made when it is missing');
	}
	try {
		makeDirectory(resolve(root));
		const place = realpathSync(root);
		return { root: openSync(place, constants.O_RDONLY | constants.O_DIRECTORY), place };
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
		if (code === 'EMFILE' || code === 'ENFILE') {
			const message = `the root cannot be opened, because no descriptor is left; close readers and listers (${reason})`;
			throw new HoldfastError('RateLimited', message, { retryable: true, cause });
		}
		throw new HoldfastError('ConfigInvalid', `the option 'root' is not a directory that can be opened: ${reason}`, {
			cause,
		});
	}
}

/** With its parents. Not by `recursive`: where nothing can be made, below /proc for one, that tries for ever. */
function makeDirectory(path: string): void {
	if (existsSync(path)) return;
	const parent = dirname(path);
	if (parent !== path) makeDirectory(parent);
	try {
		mkdirSync(path);
	} catch (error) {
		// Somebody else was faster, or it is a file or a broken link: what is opened next says so.
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
	}
}
