import type { Engine } from '../pool/request.js';

/** What a service can do, in opendal's words; `capability()` shows it. Whatever is absent is `false` or `null`. */
export type CapabilityFields = Readonly<Record<string, boolean | bigint | null>>;

/** An opened root of a service: what an operator speaks to. */
export interface Store {
	readonly scheme: string;
	readonly capability: CapabilityFields;
	/** The pool that runs this store's requests. */
	readonly engine: Engine;
	/** Descriptor of the root, put into every request. */
	readonly root: number;
	/** Gives the share of the pool back and settles what is in flight. Further calls reject with `Closed`. */
	close(): Promise<void>;
}
