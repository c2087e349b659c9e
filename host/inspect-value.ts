import { inspect } from 'node:util';

/** A value in one line, for messages; strings are cut. */
export function inspectValue(value: unknown, maxStringLength: number): string {
	// What the value would like to be shown as may be anything, a failure included.
	return inspect(value, { depth: 0, maxStringLength, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
}
