import { OP_OPEN, OP_WRITER_OPEN } from '../../assembly/layout.js';
import { type NumberRule, parseInteger } from '../config.js';
import type { Call } from './call.js';
import type { Request } from './request.js';

/** The options of every pool, with threads or without. */
export interface OpenLimitOptions {
	/** Readers and directories in listing that may be open; one more is refused with `RateLimited`. */
	readonly maxReaders: number;
	/** Writers that may be open; one more is refused with `RateLimited`. */
	readonly maxWriters: number;
}

/**
 * Each keeps a descriptor: as many as systems commonly allow a process that serves many, and less than the table of a pool has, which never has
 * more than the most.
 */
const OPEN_LIMIT: NumberRule = [parseInteger, 8192, 1, 65536];

export const OPEN_LIMIT_RULES: Readonly<Record<keyof OpenLimitOptions, NumberRule>> = {
	maxReaders: OPEN_LIMIT,
	maxWriters: OPEN_LIMIT,
};

/** How much is open. A directory that is being listed counts as a reader. */
export interface OpenCounts {
	readers: number;
	writers: number;
}

/**
 * How many readers and writers a pool has open at most. Whatever is on its way to be opened counts too, so that a burst of calls
 * does not get past the limit; at it a call is refused at once, because what it would wait for is up to its caller.
 */
export class OpenLimits {
	readonly #limits: OpenCounts;
	readonly #open: () => OpenCounts;
	/** Calls that open something and are not settled. */
	readonly #opening: OpenCounts = { readers: 0, writers: 0 };

	/** `open` tells how much is open now. */
	constructor({ maxReaders, maxWriters }: OpenLimitOptions, open: () => OpenCounts) {
		this.#limits = { readers: maxReaders, writers: maxWriters };
		this.#open = open;
	}

	/** False, and the call has failed, when it would open one too many. */
	admit(call: Call): boolean {
		const kind = kindOf(call.request);
		if (kind === undefined) return true;
		const most = this.#limits[kind];
		if (this.#open()[kind] + this.#opening[kind] >= most) {
			call.reject(call.error('RateLimited', `${most} ${SHOWN[kind]}; close some of them first`, true));
			return false;
		}
		this.#opening[kind]++;
		const { cleanUp } = call;
		call.cleanUp = () => {
			this.#opening[kind]--;
			cleanUp?.();
		};
		return true;
	}
}

const SHOWN: Record<keyof OpenCounts, string> = {
	readers: 'readers and listings are open already (maxReaders)',
	writers: 'writers are open already (maxWriters)',
};

function kindOf({ op }: Request): keyof OpenCounts | undefined {
	if (op === OP_OPEN) return 'readers';
	return op === OP_WRITER_OPEN ? 'writers' : undefined;
}
