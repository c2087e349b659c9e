import { type RawOptions, refuseUnknown } from '../config.js';
import { HoldfastError } from '../errors.js';
import { INLINE_OPTION_NAMES } from '../inline/options.js';
import { memory } from './memory.js';
import type { Store } from './service.js';
import type { WebService } from './web-service.js';

const SERVICES: readonly WebService[] = [memory as unknown as WebService];

/** Opens a store of a service. `ConfigInvalid` for a scheme or an option that does not exist, or a value that cannot be. */
export function openStore(scheme: string, options: RawOptions): Store {
	const service = SERVICES.find((candidate) => candidate.scheme === scheme);
	if (service === undefined) {
		const known = SERVICES.map((candidate) => `'${candidate.scheme}'`).join(', ');
		throw new HoldfastError('ConfigInvalid', `unknown scheme '${scheme}'; known here are ${known}`);
	}
	refuseUnknown(options, [...service.optionNames, ...INLINE_OPTION_NAMES]);
	return service.open(options);
}
