import type { Engine } from '../pool/request.js';
import { type Capability, capabilityOf } from '../services/capability.js';
import type { Store } from '../services/service.js';
import type { Durability } from './durability.js';
import { StoreEngine } from './store-engine.js';

/** What an operator and everything that it hands out work with. */
export class OperatorContext {
	/** The engine of the store, without layers. Whoever holds it keeps the store open. */
	readonly keeper: StoreEngine;
	/** The same inside of whatever layers were put around it. */
	readonly engine: Engine;
	readonly capability: Capability;
	readonly #durability: Durability;

	private constructor(keeper: StoreEngine, engine: Engine, capability: Capability, durability: Durability) {
		this.keeper = keeper;
		this.engine = engine;
		this.capability = capability;
		this.#durability = durability;
	}

	/** The context of a store without layers; `durability` is for calls that do not ask for another one. */
	static of(store: Store, durability: Durability): OperatorContext {
		const keeper = new StoreEngine(store);
		return new OperatorContext(keeper, keeper, capabilityOf(store.capability), durability);
	}

	/** The same store behind another engine. */
	with(engine: Engine, capability: Capability): OperatorContext {
		return new OperatorContext(this.keeper, engine, capability, this.#durability);
	}

	get store(): Store {
		return this.keeper.store;
	}

	/** What counts for a call: its own wish, else the operator's. Where nothing outlives the process nothing is synced. */
	durability(wanted: Durability | undefined): Durability {
		return this.store.volatile === true ? 'none' : (wanted ?? this.#durability);
	}
}
