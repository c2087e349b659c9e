import { type RawOptions, refuseUnknown, show } from '../config.js';
import { HoldfastError } from '../errors.js';
import { INLINE_OPTION_NAMES } from '../inline/options.js';
import { memory } from './memory.js';
import type { Store } from './service.js';
import type { WebService } from './web-service.js';

const service = memory as unknown as WebService;

/** Opens a store of a service. `ConfigInvalid` for a scheme or an option that does not exist, or a value that cannot be. */
export function openStore(scheme: string, options: RawOptions): Store {
	if (scheme !== service.scheme) {
		throw new HoldfastError('ConfigInvalid', `unknown scheme ${show(scheme)}; known here are '${service.scheme}'`);
	}
	refuseUnknown(options, [...service.optionNames, ...INLINE_OPTION_NAMES]);
	return service.open(options);
}
