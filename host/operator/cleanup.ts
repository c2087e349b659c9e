import type { Engine, Request } from '../pool/request.js';
import type { Steps } from './drivers.js';
import { ignoreFailure } from './ignore-failure.js';

interface Leftovers {
	readonly engine: Engine;
	readonly requests: Set<Request>;
}

// opendal's users drop readers, writers and listers without closing them: what they held is given back when they are collected.
const registry = new FinalizationRegistry<Leftovers>(({ engine, requests }) => {
	for (const request of requests) engine.submit(request).catch(ignoreFailure);
});

/** The requests that give back what an object holds. Those that are still in here when it is collected are sent then. */
export class Cleanup {
	readonly #requests = new Set<Request>();

	/** The requests must not refer to the owner: it could never be collected. */
	constructor(owner: object, engine: Engine) {
		registry.register(owner, { engine, requests: this.#requests });
	}

	add(request: Request): Request {
		this.#requests.add(request);
		return request;
	}

	/** Takes a request out, to be sent now; false when it was sent already. */
	take(request: Request): boolean {
		return this.#requests.delete(request);
	}

	/** Sends a request now, if it was not sent already. */
	*send(request: Request | undefined): Steps<void> {
		if (request === undefined || !this.take(request)) return;
		try {
			yield request;
		} catch (error) {
			// What is given back ends with the pool, or with its instance, if not before.
			ignoreFailure(error);
		}
	}
}
