import type { Engine } from '../pool/request.js';
import type { CapabilityFields } from '../services/service.js';

/**
 * Something put around the engine of an operator by `op.layer(...)`: what the `build()` of a layer class gives. It sees every
 * request of the operator, on its way there and back. The layer that was added last is the outermost one.
 */
export abstract class Layer {
	/** @internal */
	abstract wrap(inner: Engine): Engine;

	/** @internal What the operator shows, and what its methods may use. */
	changeCapability(fields: CapabilityFields): CapabilityFields {
		return fields;
	}
}

/** A layer that only wraps the engine. */
export class EngineLayer extends Layer {
	readonly #wrap: (inner: Engine) => Engine;

	constructor(wrap: (inner: Engine) => Engine) {
		super();
		this.#wrap = wrap;
	}

	override wrap(inner: Engine): Engine {
		return this.#wrap(inner);
	}
}
