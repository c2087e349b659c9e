/** A value in one line, for messages; strings are cut. */
export function inspectValue(value: unknown, maxStringLength: number): string {
	if (typeof value === 'string') return `'${value.slice(0, maxStringLength)}'`;
	if (typeof value === 'bigint') return `${value}n`;
	if (typeof value !== 'object' || value === null) return String(value);
	return Object.prototype.toString.call(value);
}
