/** A claim of a case does not hold. */
export class AssertionError extends Error {
	override readonly name = 'AssertionError';
}

const SHOWN_MAX = 200;

/** A value as a short text, for messages. */
export function shown(value: unknown): string {
	const text = typeof value === 'string' ? JSON.stringify(value) : describe(value);
	return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** Equal in structure: own properties that are undefined count as absent, bytes and dates by what they hold. */
export function isEqual(a: unknown, b: unknown): boolean {
	if (Object.is(a, b)) return true;
	if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
	if (a instanceof Uint8Array || b instanceof Uint8Array) return areBytesEqual(a, b);
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	if (a instanceof Set || a instanceof Map || a instanceof Date) {
		return a.constructor === b.constructor && isEqual(parts(a), parts(b));
	}
	const names = new Set([...Object.keys(a), ...Object.keys(b)]);
	const [first, second] = [a as Record<string, unknown>, b as Record<string, unknown>];
	if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
	return [...names].every((name) => isEqual(first[name], second[name]));
}

function areBytesEqual(a: object, b: object): boolean {
	if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.length !== b.length) return false;
	return a.every((byte, index) => byte === b[index]);
}

function parts(value: object): unknown {
	return value instanceof Date ? value.getTime() : [...(value as Iterable<unknown>)];
}

function describe(value: unknown): string {
	if (value instanceof Error) return `${value.name}: ${value.message}`;
	if (typeof value === 'bigint') return `${value}n`;
	if (value instanceof Uint8Array) return `${value.length} bytes [${[...value.subarray(0, 16)].join(' ')}]`;
	if (typeof value !== 'object' || value === null) return String(value);
	return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
}
