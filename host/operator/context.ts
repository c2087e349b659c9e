import type { Engine } from '../pool/request.js';
import type { Store } from '../services/service.js';
import { type Capability, capabilityOf } from './capability.js';
import type { Durability } from './durability.js';

/**
 * What an operator and everything that it hands out work with. Readers, writers and listers hold it too: a store gives its
 * share of the pool back when nobody holds it any more.
 */
export class OperatorContext {
	readonly store: Store;
	/** The store's engine, inside of whatever layers were put around it. */
	readonly engine: Engine;
	readonly capability: Capability;
	readonly #durability: Durability;

	constructor(store: Store, engine: Engine, capability: Capability, durability: Durability) {
		this.store = store;
		this.engine = engine;
		this.capability = capability;
		this.#durability = durability;
	}

	/** The context of a store without layers. */
	static of(store: Store, durability: Durability): OperatorContext {
		return new OperatorContext(store, store.engine, capabilityOf(store.capability), durability);
	}

	/** The same store behind another engine. */
	with(engine: Engine, capability: Capability): OperatorContext {
		return new OperatorContext(this.store, engine, capability, this.#durability);
	}

	/** What counts for a call: its own wish, else the operator's. Where nothing outlives the process nothing is synced. */
	durability(wanted: Durability | undefined): Durability {
		return this.store.volatile === true ? 'none' : (wanted ?? this.#durability);
	}
}
