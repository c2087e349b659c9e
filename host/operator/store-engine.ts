import { closedError } from '../pool/call-error.js';
import { type CallOptions, type Engine, type Reply, Request } from '../pool/request.js';
import type { Store } from '../services/service.js';
import { ignoreFailure } from './ignore-failure.js';

// opendal's users never close an operator. When nobody holds a store any more (no operator, reader, writer or lister, and no
// request that is on its way), it gives its share of the pool back.
const registry = new FinalizationRegistry<Store>((store) => {
	store.close().catch(ignoreFailure);
});

/** A request that keeps its store open until it is settled, although its caller may have dropped the operator. */
export class StoreRequest extends Request {
	readonly keeper: StoreEngine;

	constructor(keeper: StoreEngine, op: number, operation: string, path: string) {
		super(op, operation, path);
		this.keeper = keeper;
		this.root = keeper.store.root;
		this.flags = keeper.flags;
	}
}

/** The innermost engine of an operator: that of its store, as long as the store is open. The pool may serve others after it. */
export class StoreEngine implements Engine {
	readonly store: Store;
	/** `FLAG_` bits of every request. */
	readonly flags: number;
	readonly #closeListeners = new Set<() => void>();
	#isClosed = false;

	constructor(store: Store) {
		this.store = store;
		this.flags = store.flags ?? 0;
		registry.register(this, store, this);
	}

	submit(request: Request, options?: CallOptions): Promise<Reply> {
		if (this.#isClosed) return Promise.reject(closedError(request));
		return this.store.engine.submit(request, options);
	}

	submitSync(request: Request, options?: CallOptions): Reply {
		if (this.#isClosed) throw closedError(request);
		return this.store.engine.submitSync(request, options);
	}

	/** Calls back when the store is closed here; gives what takes that back. */
	whenClosed(listener: () => void): () => void {
		this.#closeListeners.add(listener);
		return () => this.#closeListeners.delete(listener);
	}

	/** Later requests say `Closed`, those in flight are settled by the store. */
	close(): Promise<void> {
		this.#isClosed = true;
		for (const listener of this.#closeListeners) listener();
		registry.unregister(this);
		return this.store.close();
	}
}
