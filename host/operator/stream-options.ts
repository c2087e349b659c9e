import { parseBoolean } from '../config.js';
import type { LeaseOptions } from './lease.js';
import { CHUNK_MAX_BYTES, integer, parseByRules, parseSignal, type Rule, type Rules } from './parse-options.js';

/** A part of a file, in bytes, as Node's `createReadStream` has it: `end` is the last byte and not the one behind it. */
export interface ByteRange {
	start?: number | bigint | undefined;
	end?: number | bigint | undefined;
}

/** Options of `readableWebStream`. */
export interface ReadableWebStreamOptions extends ByteRange {
	/** Bytes of a chunk, at most 1 GiB, unless the consumer brings a buffer of its own; default: the chunk of the reader. */
	chunkBytes?: number | undefined;
	/** Errors the stream with its reason and closes the reader. */
	signal?: AbortSignal | undefined;
}

/** Options of `writableWebStream`. */
export interface WritableWebStreamOptions {
	/** Bytes that may wait before `writer.ready` makes the producer wait; default 2 MiB. */
	highWaterMark?: number | undefined;
}

export const flag: Rule = { parse: parseBoolean };
export const signal: Rule = { parse: parseSignal };
/** Looked at where the range is used. */
const position: Rule = { parse: (_, value) => value };
export const waterMark = integer(0, CHUNK_MAX_BYTES);
const chunk = integer(1, CHUNK_MAX_BYTES);

export const rangeRules: Rules<ByteRange> = { start: position, end: position };
const readableWebRules: Rules<ReadableWebStreamOptions> = { ...rangeRules, chunkBytes: chunk, signal };
const writableWebRules: Rules<WritableWebStreamOptions> = { highWaterMark: waterMark };
/** Bounds of the chunk depend on the pool, and are looked at there. */
const leaseRules: Rules<LeaseOptions> = { chunkBytes: position, poison: flag };

export const parseReadableWeb = parser<ReadableWebStreamOptions>(readableWebRules, 'readableWebStream');
export const parseWritableWeb = parser<WritableWebStreamOptions>(writableWebRules, 'writableWebStream');
export const parseLeases = parser<LeaseOptions>(leaseRules, 'leases');

/** Reads the options of one method; `ConfigInvalid` for whatever it does not know, or of the wrong type. */
export function parser<Options>(rules: Rules<Options>, operation: string): (given: unknown) => Options {
	return (given) =>
		parseByRules(rules as Readonly<Record<string, Rule>>, given, { operation }, undefined, true) as Options;
}
