import type { ReadableOptions, WritableOptions } from 'node:stream';
import { invalid, type OptionPlace, parseBoolean, parseInteger } from '../config.js';
import type { LeaseOptions } from './lease.js';
import { CHUNK_MAX_BYTES, parseByRules, parseSignal, type Rule, type Rules } from './parse-options.js';

/** A part of a file, in bytes, as Node's `createReadStream` has it: `end` is the last byte and not the one behind it. */
export interface ByteRange {
	start?: number | bigint | undefined;
	end?: number | bigint | undefined;
}

/** Options of `createReadStream`: the part of the file, and those of a Node `Readable` that mean something for bytes. */
export interface ReadStreamOptions
	extends Pick<ReadableOptions, 'highWaterMark' | 'encoding' | 'emitClose' | 'autoDestroy' | 'signal'>,
		ByteRange {}

/** Options of `createWriteStream`: those of a Node `Writable` that mean something for bytes. */
export interface WriteStreamOptions
	extends Pick<WritableOptions, 'highWaterMark' | 'defaultEncoding' | 'emitClose' | 'autoDestroy' | 'signal'> {}

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

const flag: Rule = { parse: parseBoolean };
const signal: Rule = { parse: parseSignal };
const encoding: Rule = { parse: parseEncoding };
/** Looked at where the range is used. */
const position: Rule = { parse: (_, value) => value };
const waterMark: Rule = { parse: (name, value, place) => parseInteger(name, value, 0, CHUNK_MAX_BYTES, place) };
const chunk: Rule = { parse: (name, value, place) => parseInteger(name, value, 1, CHUNK_MAX_BYTES, place) };

const rangeRules: Rules<ByteRange> = { start: position, end: position };
const readStreamRules: Rules<ReadStreamOptions> = {
	...rangeRules,
	highWaterMark: waterMark,
	encoding,
	emitClose: flag,
	autoDestroy: flag,
	signal,
};
const writeStreamRules: Rules<WriteStreamOptions> = {
	highWaterMark: waterMark,
	defaultEncoding: encoding,
	emitClose: flag,
	autoDestroy: flag,
	signal,
};
const readableWebRules: Rules<ReadableWebStreamOptions> = { ...rangeRules, chunkBytes: chunk, signal };
const writableWebRules: Rules<WritableWebStreamOptions> = { highWaterMark: waterMark };
/** Bounds of the chunk depend on the pool, and are looked at there. */
const leaseRules: Rules<LeaseOptions> = { chunkBytes: position, poison: flag };

export const parseReadStream = parser<ReadStreamOptions>(readStreamRules, 'createReadStream');
export const parseWriteStream = parser<WriteStreamOptions>(writeStreamRules, 'createWriteStream');
export const parseReadableWeb = parser<ReadableWebStreamOptions>(readableWebRules, 'readableWebStream');
export const parseWritableWeb = parser<WritableWebStreamOptions>(writableWebRules, 'writableWebStream');
export const parseLeases = parser<LeaseOptions>(leaseRules, 'leases');

/** Reads the options of one method; `ConfigInvalid` for whatever it does not know, or of the wrong type. */
function parser<Options>(rules: Rules<Options>, operation: string): (given: unknown) => Options {
	return (given) =>
		parseByRules(rules as Readonly<Record<string, Rule>>, given, { operation }, undefined, true) as Options;
}

function parseEncoding(name: string, value: unknown, place: OptionPlace): BufferEncoding {
	if (typeof value === 'string' && Buffer.isEncoding(value)) return value;
	throw invalid(name, value, "an encoding such as 'utf8' or 'hex'", place);
}
