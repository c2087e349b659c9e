import { invalid, type OptionPlace } from '../config.js';
import type { EtagParts } from '../pool/request.js';
import { NANOSECONDS_PER_SECOND, parseEtag } from './metadata.js';

const U64_MAX = 2n ** 64n - 1n;
/** No file has this size, so an etag that cannot be ours matches none. */
const MATCHES_NOTHING: EtagParts = { inode: 0n, size: U64_MAX, modifiedNs: 0n };

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** Date, time to the second, fraction, offset; in capitals. */
const RFC_3339 = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/;
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
	let ns: bigint | undefined;
	if (typeof value === 'string') ns = timeOfString(value);
	else if (value instanceof Date) ns = timeAt(value.getTime(), NANOSECONDS_PER_MILLISECOND - 1n);
	if (ns === undefined) throw invalid(name, value, 'a time as RFC 3339 or HTTP write it, or a Date', place);
	if (ns < 0n) return 0n;
	return ns > U64_MAX ? U64_MAX : ns;
}

function timeOfString(text: string): bigint | undefined {
	const match = RFC_3339.exec(text.toUpperCase());
	if (match === null) return HTTP_DATE.test(text) ? timeAt(Date.parse(text), NANOSECONDS_PER_SECOND - 1n) : undefined;
	const [, time, fraction = '', zone] = match;
	return timeAt(Date.parse(time.replace(' ', 'T') + zone), BigInt(fraction.padEnd(9, '0')));
}

/** A time in milliseconds, and what comes to it in nanoseconds. */
function timeAt(ms: number, restNs: bigint): bigint | undefined {
	return Number.isNaN(ms) ? undefined : BigInt(ms) * NANOSECONDS_PER_MILLISECOND + restNs;
}
