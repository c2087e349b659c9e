import { type RawOptions, refuseUnknown, show } from '../config.js';
import { HoldfastError } from '../errors.js';
import { POOL_OPTION_NAMES, parsePoolOptions } from '../pool/options.js';
import type { PoolInternals } from '../pool/pool.js';
import { fs } from './fs.js';
import { memory } from './memory.js';
import type { Service, Store } from './service.js';

const SERVICES: readonly Service[] = [fs, memory];

/** Opens a root of a service. `ConfigInvalid` for a scheme or an option that does not exist, or a value that cannot be. */
export function openStore(scheme: string, options: RawOptions, internals?: PoolInternals): Store {
	const service = SERVICES.find((candidate) => candidate.scheme === scheme);
	if (service === undefined) {
		const known = SERVICES.map((candidate) => `'${candidate.scheme}'`).join(', ');
		throw new HoldfastError('ConfigInvalid', `unknown scheme ${show(scheme)}; known are ${known}`);
	}
	refuseUnknown(options, [...service.optionNames, ...POOL_OPTION_NAMES]);
	return service.open(options, parsePoolOptions(options), internals);
}
