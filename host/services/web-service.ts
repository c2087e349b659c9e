import type { RawOptions } from '../config.js';
import type { Store } from './service.js';

/** A kind of storage whose engine runs in the thread of its caller. */
export interface WebService {
	readonly scheme: string;
	/** Options of its own, beside those of the engine. */
	readonly optionNames: readonly string[];
	/** Opens a store; fails with `ConfigInvalid` when its options cannot be used. */
	open(options: RawOptions): Store;
}
