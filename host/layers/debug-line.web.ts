/** One line for whoever looks at the console's debug messages. */
export function debugLine(line: string): void {
	console.debug(line);
}
