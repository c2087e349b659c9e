/** The source map is not there: the position of a trap without a panic's words is not known. */
export function mapPosition(): string | undefined {
	return undefined;
}
