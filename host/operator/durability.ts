import { FLAG_SYNC_DIRECTORY, FLAG_SYNC_FILE } from '../../assembly/layout.js';
import { parseChoice } from '../config.js';

const DURABILITIES = ['full', 'file', 'none'] as const;

/**
 * What is on the disk when a call that changes something has succeeded. Whatever is chosen, a replacement is atomic.
 *
 * - `full`: the content and its name; it survives a power cut. The default.
 * - `file`: the content; a power cut may bring the old name back.
 * - `none`: nothing in particular; the system writes it out when it sees fit.
 */
export type Durability = (typeof DURABILITIES)[number];

export const DEFAULT_DURABILITY: Durability = 'full';

/** The validator of the option of that name. */
export function parseDurability(name: string, value: unknown, place = {}): Durability {
	return parseChoice(name, value, DURABILITIES, place);
}

/** Flags of a request that stores content under a name. */
export function contentSyncFlags(durability: Durability): number {
	if (durability === 'none') return 0;
	return durability === 'full' ? FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY : FLAG_SYNC_FILE;
}

/** Flags of a request that only makes, moves or removes names. */
export function nameSyncFlags(durability: Durability): number {
	return durability === 'full' ? FLAG_SYNC_DIRECTORY : 0;
}
