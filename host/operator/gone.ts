import { hasCode } from '../errors.js';

/** A directory was there when its parent was read. Meanwhile somebody may have removed it, or put a symlink in its place. */
export function isGone(error: unknown): boolean {
	return hasCode(error, 'NotFound', 'InvalidPath');
}
