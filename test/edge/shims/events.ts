import { PLATFORM_LACKS } from '../lacks.js';

/** Only Node tells who listens. */
export function getEventListeners(): never {
	throw new Error(`${PLATFORM_LACKS} getEventListeners of node:events`);
}
