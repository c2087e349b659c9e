import { HoldfastError } from '../errors.js';

/** No store here can be changed by anybody else, so that there is nothing to watch: `plans.ts` says so before this is made. */
export class Watch {
	constructor() {
		throw new HoldfastError('Unsupported', 'this service cannot be watched', { operation: 'watch' });
	}
}
