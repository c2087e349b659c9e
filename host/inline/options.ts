import { invalid, type NumberRule, parseInteger, parseNumbers, parsePowerOfTwo, type RawOptions } from '../config.js';
import { OPEN_LIMIT_RULES, type OpenLimitOptions } from '../pool/open-limits.js';

/** Options of a pool of one engine. */
export interface InlineLimits extends OpenLimitOptions {
	/** Requests that the engine can hold at a time; a power of two. */
	readonly ringEntries: number;
	/** Buffers for what does not fit a request. */
	readonly buffers: number;
	/** Size of each of them; a power of two. */
	readonly bufferBytes: number;
	/** Requests that may wait in front of a full ring; one more is refused with `RateLimited`. */
	readonly maxQueued: number;
	/** The engine is given up after so many restarts within `restartWindowMs`. */
	readonly maxRestarts: number;
	/** Milliseconds in which restarts are counted, and after which an engine that was given up is tried again. */
	readonly restartWindowMs: number;
}

/** The same for an engine that runs in the thread of its caller. */
export interface InlineOptions extends InlineLimits {
	/** The compiled engine: `engine.unshared.wasm`, imported or compiled by the platform. */
	readonly module: WebAssembly.Module;
}

// Of memory a tenth of what a server takes: an edge runtime gives 128 MiB to everything together. An engine with these takes 4 MiB.
const LIMIT_RULES: Readonly<Record<keyof InlineLimits, NumberRule>> = {
	ringEntries: [parsePowerOfTwo, 64, 2, 16384],
	buffers: [parseInteger, 8, 4, 256],
	bufferBytes: [parsePowerOfTwo, 256 * 1024, 2 ** 16, 2 ** 26],
	maxQueued: [parseInteger, 65536, 0, 2 ** 24],
	...OPEN_LIMIT_RULES,
	maxRestarts: [parseInteger, 500, 0, 1_000_000],
	restartWindowMs: [parseInteger, 10_000, 1, 86_400_000],
};

/** The names of the options that `parseInlineOptions` reads. Those of threads are refused as unknown. */
export const INLINE_OPTION_NAMES: readonly string[] = ['module', ...Object.keys(LIMIT_RULES)];

/** Validates the options and fills in the defaults; what they mean and their limits are those of `PoolOptions`. */
export function parseInlineOptions(raw: RawOptions): InlineOptions {
	if (!(raw.module instanceof WebAssembly.Module)) {
		throw invalid('module', raw.module, "a WebAssembly.Module: import it from 'holdfast/engine.unshared.wasm'");
	}
	return { module: raw.module, ...parseInlineLimits(raw) };
}

/** The same without the module. */
export function parseInlineLimits(raw: RawOptions): InlineLimits {
	return parseNumbers(LIMIT_RULES, raw);
}
