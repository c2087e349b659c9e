import { FLAG_SYNC_DIRECTORY, FLAG_SYNC_FILE } from '../../assembly/layout.js';
import { parseChoice } from '../config.js';

/** Flags of a request that stores content under a name. Of one that only makes, moves or removes names that of the directory counts. */
export const SYNC_FLAGS = { full: FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY, file: FLAG_SYNC_FILE, none: 0 };

/**
 * What is on the disk when a call that changes something has succeeded. Whatever is chosen, a replacement is atomic.
 *
 * - `full`: the content and its name; it survives a power cut. The default.
 * - `file`: the content; a power cut may bring the old name back.
 * - `none`: nothing in particular; the system writes it out when it sees fit.
 */
export type Durability = keyof typeof SYNC_FLAGS;

const DURABILITIES = Object.keys(SYNC_FLAGS) as Durability[];

export const DEFAULT_DURABILITY: Durability = 'full';

/** The validator of the option of that name. */
export function parseDurability(name: string, value: unknown, place = {}): Durability {
	return parseChoice(name, value, DURABILITIES, place);
}
