/** No file system of an operating system is asked here. */
export function diskMeaning(): undefined {
	return undefined;
}
