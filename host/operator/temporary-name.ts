/** Content that has no name yet stands under one that begins and ends like this, in the directory of its later name. */
export const TEMPORARY_PREFIX = '.holdfast-';
export const TEMPORARY_SUFFIX = '.tmp';

/** Whether a name is that of a temporary file of ours: such a file is never listed, and no path may name one. */
export function isTemporaryName(name: string): boolean {
	return name.startsWith(TEMPORARY_PREFIX) && name.endsWith(TEMPORARY_SUFFIX);
}
