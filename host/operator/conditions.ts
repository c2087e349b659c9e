import { invalid, type OptionPlace } from '../config.js';
import type { EtagParts } from '../pool/request.js';
import { NANOSECONDS_PER_SECOND, parseEtag } from './metadata.js';

/** No file has this size, so an etag that cannot be ours matches none. */
const MATCHES_NOTHING: EtagParts = { inode: 0n, size: 2n ** 64n - 1n, modifiedNs: 0n };
const TIME_MAX_NS = 2n ** 64n - 1n;

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** Date, time to the second, fraction, offset. */
const RFC_3339 = /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** An etag, with its quotes or without, or `*`. */
export function parseEtagOption(name: string, value: unknown, place: OptionPlace): EtagParts | '*' {
	if (typeof value !== 'string' || value === '') throw invalid(name, value, "an etag as stat gives it, or '*'", place);
	return value === '*' ? '*' : (parseEtag(value) ?? MATCHES_NOTHING);
}

/**
 * A time in nanoseconds since 1970. A form that cannot tell what is below a second (HTTP) or below a millisecond (Date) means
 * the end of it: whoever sends back the time of a file that it rounded down has not seen an older file.
 */
export function parseTimeOption(name: string, value: unknown, place: OptionPlace): bigint {
	const ns = typeof value === 'string' ? timeOfString(value) : value instanceof Date ? timeOfDate(value) : undefined;
	if (ns === undefined) throw invalid(name, value, 'a time as RFC 3339 or HTTP write it, or a Date', place);
	if (ns < 0n) return 0n;
	return ns > TIME_MAX_NS ? TIME_MAX_NS : ns;
}

function timeOfString(text: string): bigint | undefined {
	const match = RFC_3339.exec(text);
	if (match === null) return HTTP_DATE.test(text) ? endOf(Date.parse(text), NANOSECONDS_PER_SECOND) : undefined;
	const [, time, fraction = '', zone] = match;
	const ms = Date.parse(`${time.toUpperCase().replace(' ', 'T')}${zone.toUpperCase()}`);
	return Number.isNaN(ms) ? undefined : BigInt(ms) * NANOSECONDS_PER_MILLISECOND + BigInt(fraction.padEnd(9, '0'));
}

function timeOfDate(date: Date): bigint | undefined {
	return endOf(date.getTime(), NANOSECONDS_PER_MILLISECOND);
}

function endOf(ms: number, resolutionNs: bigint): bigint | undefined {
	return Number.isNaN(ms) ? undefined : BigInt(ms) * NANOSECONDS_PER_MILLISECOND + resolutionNs - 1n;
}
