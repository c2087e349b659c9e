import type { ReadableOptions, WritableOptions } from 'node:stream';
import { invalid, type OptionPlace } from '../config.js';
import type { Rule, Rules } from './parse-options.js';
import { type ByteRange, flag, parser, rangeRules, signal, waterMark } from './stream-options.js';

/** Options of `createReadStream`: the part of the file, and those of a Node `Readable` that mean something for bytes. */
export interface ReadStreamOptions
	extends Pick<ReadableOptions, 'highWaterMark' | 'encoding' | 'emitClose' | 'autoDestroy' | 'signal'>,
		ByteRange {}

/** Options of `createWriteStream`: those of a Node `Writable` that mean something for bytes. */
export interface WriteStreamOptions
	extends Pick<WritableOptions, 'highWaterMark' | 'defaultEncoding' | 'emitClose' | 'autoDestroy' | 'signal'> {}

const encoding: Rule = { parse: parseEncoding };

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

export const parseReadStream = parser<ReadStreamOptions>(readStreamRules, 'createReadStream');
export const parseWriteStream = parser<WriteStreamOptions>(writeStreamRules, 'createWriteStream');

function parseEncoding(name: string, value: unknown, place: OptionPlace): BufferEncoding {
	if (typeof value === 'string' && Buffer.isEncoding(value)) return value;
	throw invalid(name, value, "an encoding such as 'utf8' or 'hex'", place);
}
